#!/usr/bin/env python3
"""Times this program against transformers and PyTorch on the same weights and tokens, taking turns.

    compare.py eval MODEL.gguf --bench build/bin/skd_bench --program build/bin/sparsekd
    compare.py step MODEL.gguf ... [--ours f32] [--theirs f32,bf16] [--rounds 7] [--threads 2]

eval: windows of 512 tokens, all positions scored. step: forward, backward and AdamW over 4 samples of
256 positions with the 32 most probable tokens of a teacher cached (cross-entropy and KL, T = 2, alpha
= 0.5). SKD_ISA limits both sides to an instruction set. Prints medians, tokens/s, their ratio and the
part of the bound: matrix products (of attention the causal half) at the rate of a product of good
shape, timed in the same rounds. Needs torch and transformers >= 5 in the Python that runs it.
"""
import argparse, json, os, pathlib, statistics, subprocess, sys, tempfile, time

LIMITS = {"baseline": ("default", "SSE41", "SSE4_2"), "avx2": ("avx2", "AVX2", "AVX2"), "avx512": ("avx512", "AVX512_CORE", "AVX512")}
if os.environ.get("SKD_ISA"):
    for name, value in zip(("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS"), LIMITS[os.environ["SKD_ISA"]]):
        os.environ[name] = value
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM


def load(folder, dtype, attention):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=attention)


class Eval:
    """One window at a time; log-softmax in f32."""

    def __init__(self, folder, ids, o, dtype, attention):
        self.model = load(folder, dtype, attention).eval()
        self.ids = torch.tensor(ids[: o.windows * o.window]).view(o.windows, o.window)
        self.tokens = o.windows * o.window

    def run(self):
        total = 0.0
        with torch.inference_mode():
            for window in self.ids:
                logits = self.model(window[None], use_cache=False).logits[0, :-1].float()
                total += F.cross_entropy(logits, window[1:], reduction="sum").item()
        return {"nll": total}


class Step:
    """All samples in one batch; fused AdamW, gradients clipped at 1."""

    def __init__(self, folder, ids, o, dtype, attention):
        self.model = load(folder, dtype, attention).train()
        rows = torch.tensor(ids[: o.samples * (o.length + 1)]).view(o.samples, o.length + 1)
        self.inputs, self.labels = rows[:, :-1].contiguous(), rows[:, 1:].contiguous().flatten()
        self.tokens = o.samples * o.length
        with torch.no_grad():
            logits = self.model(self.inputs, use_cache=False).logits.float()
            self.log_p, self.top = torch.log_softmax(logits, -1).topk(o.top_k, -1)
            self.log_p = self.log_p.flatten(0, 1)
            self.top = self.top.flatten(0, 1)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)

    def run(self, temperature=2.0, alpha=0.5):
        logits = self.model(self.inputs, use_cache=False).logits.flatten(0, 1).float()
        ce = F.cross_entropy(logits, self.labels)
        teacher = torch.log_softmax(self.log_p / temperature, -1)
        student = torch.log_softmax(logits / temperature, -1).gather(-1, self.top)
        kl = F.kl_div(student, teacher, reduction="batchmean", log_target=True)
        loss = (1 - alpha) * ce + alpha * temperature**2 * kl
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return {"ce": ce.item(), "kl": kl.item()}


class Ours:
    """skd_bench, which does a piece of work when a line asks for it."""

    def __init__(self, o, ids_file, dtype):
        command = [o.bench, "--threads", str(o.threads), "--model", o.model, "--ids", ids_file, "--dtype", dtype]
        for name in ("window", "windows", "samples", "length"):
            command += [f"--{name}", str(getattr(o, name))]
        command += ["--micro-batch", str(o.micro_batch)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def answer(self):
        return json.loads(self.process.stdout.readline())

    def ask(self, work):
        self.process.stdin.write(work + "\n")
        self.process.stdin.flush()
        return self.answer()


def products(config, tokens, sequences, length):
    """FLOPs of a forward pass' matrix products, of attention the causal half."""
    d, head = config.hidden_size, config.head_dim
    q, kv = config.num_attention_heads * head, config.num_key_value_heads * head
    layer = 2 * d * q + 2 * d * kv + 3 * d * config.intermediate_size
    linear = 2 * tokens * (config.num_hidden_layers * layer + d * config.vocab_size)
    return linear + config.num_hidden_layers * sequences * 2 * q * length * (length + 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=("eval", "step")), parser.add_argument("model")
    parser.add_argument("--bench", default="build/bin/skd_bench"), parser.add_argument("--program", default="build/bin/sparsekd")
    parser.add_argument("--text", default=str(pathlib.Path(__file__).parents[3] / "resources/text/wikitext-2-test.raw"))
    parser.add_argument("--ours", default="f32", help="types of ours"), parser.add_argument("--theirs", default="f32", help="types of theirs")
    parser.add_argument("--attention", default="sdpa", help="transformers' attention: sdpa, eager, or both")
    for name, value in (("rounds", 7), ("threads", os.cpu_count()), ("windows", 4), ("window", 512), ("samples", 4), ("length", 256), ("top-k", 32), ("micro-batch", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    kind = Eval if o.work == "eval" else Step
    with tempfile.TemporaryDirectory() as folder:
        exported, ids_file = f"{folder}/model", f"{folder}/ids.json"
        subprocess.run([o.program, "export", o.model, "--format", "hf-dense", "--dtype", "f32", "--out", exported], check=True, stdout=subprocess.DEVNULL)
        text = pathlib.Path(o.text).read_text(encoding="utf-8")[:200000]
        pathlib.Path(f"{folder}/text").write_text(text, encoding="utf-8")
        ids = json.loads(subprocess.run([o.program, "tokenize", o.model, "--text", f"{folder}/text", "--ids", "--json"], check=True, capture_output=True, text=True).stdout)["ids"]
        pathlib.Path(ids_file).write_text(json.dumps(ids))
        ours = {f"ours {t}": Ours(o, ids_file, t) for t in o.ours.split(",")}
        types = {"f32": torch.float32, "bf16": torch.bfloat16}
        theirs = {f"theirs {t} {a}": kind(exported, ids, o, types[t], a) for t in o.theirs.split(",") for a in o.attention.split(",")}
    tokens = o.windows * o.window if o.work == "eval" else o.samples * o.length
    config = next(iter(theirs.values())).model.config
    flops = products(config, o.windows * o.window, o.windows, o.window) if o.work == "eval" else 3 * products(config, tokens, o.samples, o.length)
    seconds, used = ({name: [] for name in [*ours, *theirs]} for _ in range(2))
    rates, replies = {name: [] for name in ours}, {}
    for round in range(o.rounds + 1):
        for name, one in ours.items():
            if round: rates[name].append(one.ask("gemm")["gflops"])
            replies[name] = one.ask(o.work)
            if round:
                seconds[name].append(replies[name]["seconds"])
                used[name].append(replies[name]["cpu_seconds"])
        for name, one in theirs.items():
            begin, begin_used = time.perf_counter(), time.process_time()
            replies[name] = one.run()
            if round:
                seconds[name].append(time.perf_counter() - begin)
                used[name].append(time.process_time() - begin_used)
        if not round: print({name: reply for name, reply in replies.items()}, file=sys.stderr)
    for one in ours.values(): one.process.stdin.close()
    best = min(statistics.median(seconds[name]) for name in theirs)
    result = {"work": o.work, "isa": os.environ.get("SKD_ISA", ""), "rounds": o.rounds}
    for name, values in seconds.items():
        middle = statistics.median(values)
        result[name] = {"ms": round_to(middle * 1e3), "cpu_ms": round_to(statistics.median(used[name]) * 1e3), "tokens_per_second": round_to(tokens / middle)}
        if name in ours:
            rate = statistics.median(rates[name])
            result[name] |= {"ratio": round_to(best / middle), "gemm_gflops": round_to(rate), "of_bound": round_to(flops / rate / 1e9 / middle)}
    print(json.dumps(result, indent=1))


def round_to(value):
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
