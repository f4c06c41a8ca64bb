"""Serves an exported folder with vLLM's Transformers backend, greedily, in f32.

Usage: bench_export_vllm.py CASE.json with {"folder", "prompts", "tokens", "tensor_parallel", "implementation"}:
prompts are lists of ids, implementation is "transformers", or "vllm" for vLLM's own class. Prints
{"tokens": [[id]], "bytes": [of the weights in each process]}.
"""
import json
import os
import sys

os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
# For the function that counts bytes, which is sent to the processes of this very test.
os.environ.setdefault("VLLM_ALLOW_INSECURE_SERIALIZATION", "1")
os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")


def weight_bytes(model):
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in model.parameters()}
    # Matrices that vLLM has packed for its kernels and taken out of the module: as large as they were loaded.
    packed = [
        sum(module.output_partition_sizes) * getattr(module, "input_size_per_partition", module.input_size)
        for module in model.modules()
        if hasattr(module, "output_partition_sizes") and module.weight.numel() == 0
    ]
    return sum(storages.values()) + 4 * sum(packed)


def serve(case):
    from vllm import LLM, SamplingParams

    llm = LLM(
        model=case["folder"],
        model_impl=case["implementation"],
        trust_remote_code=True,
        dtype="float32",
        enforce_eager=True,
        tensor_parallel_size=case["tensor_parallel"],
        max_model_len=256,
        max_num_batched_tokens=256,
        skip_tokenizer_init=True,
    )
    sampling = SamplingParams(temperature=0, max_tokens=case["tokens"], ignore_eos=True, detokenize=False)
    outputs = llm.generate([{"prompt_token_ids": ids} for ids in case["prompts"]], sampling, use_tqdm=False)
    return {"tokens": [list(output.outputs[0].token_ids) for output in outputs], "bytes": llm.apply_model(weight_bytes)}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        wanted = json.load(file)
    # Libraries print to stdout as well, from other processes too.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    out.write(json.dumps(serve(wanted)) + "\n")
    out.close()
