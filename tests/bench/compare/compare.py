#!/usr/bin/env python3
"""Times this program against transformers and PyTorch on the same weights and tokens, taking turns.

    compare.py eval MODEL.gguf --program build/bin/sparsekd
    compare.py step MODEL.gguf ... [--ours f32] [--theirs f32,bf16] [--rounds 7] [--threads 2]
    compare.py prefill|decode MODEL.gguf [--llama-bench PATH] [--theirs f32,bf16]
    compare.py tokenize MODEL.gguf --tokenizer FOLDER/tokenizer.json

eval: windows of 512 tokens, all positions scored. step: forward, backward and AdamW over 4 samples of
256 positions with the 32 most probable tokens of a teacher cached (cross-entropy and KL, T = 2, alpha
= 0.5). prefill: reading 512 tokens, logits after the last alone. decode: 32 tokens after a prompt of 128,
one sequence; with llama.cpp's llama-bench on the same file as well, which has no turn by turn: it runs
once a round, after them. tokenize: the text whole, one thread, against `tokenizers`. SKD_ISA limits both sides to an instruction set. Prints medians, tokens/s, their ratio and the
part of the bound: matrix products (of attention the causal half) at the rate of a product of good
shape, timed in the same rounds. Needs torch and transformers >= 5 (and tokenizers) in the Python that runs it.
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


class Prefill:
    """A prompt whole, logits after its last token."""

    def __init__(self, folder, ids, o, dtype, attention):
        self.model = load(folder, dtype, attention).eval()
        self.ids, self.generate = torch.tensor(ids[: o.prompt])[None], o.generate
        self.tokens = o.prompt

    def read(self):
        return self.model(self.ids, use_cache=True, logits_to_keep=1)

    def run(self):
        with torch.inference_mode():
            return {"next": self.read().logits[0, -1].argmax().item()}


class Decode(Prefill):
    """Token by token after a prompt; the prompt is not timed."""

    def __init__(self, folder, ids, o, dtype, attention):
        super().__init__(folder, ids, o, dtype, attention)
        self.tokens = o.generate

    def run(self):
        with torch.inference_mode():
            said = self.read()
            begin, begin_used = time.perf_counter(), time.process_time()
            for _ in range(self.generate):
                token = said.logits[:, -1].argmax(-1, keepdim=True)
                said = self.model(token, past_key_values=said.past_key_values, use_cache=True)
            return {"last": said.logits[0, -1].argmax().item(), "seconds": time.perf_counter() - begin, "cpu_seconds": time.process_time() - begin_used}


class Tokenize:
    """`tokenizers` on the whole text, one thread."""

    def __init__(self, file, text):
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        from tokenizers import Tokenizer

        self.tokenizer, self.text = Tokenizer.from_file(file), text
        self.tokens = len(text.encode()) / 1e6

    def run(self):
        return {"tokens": len(self.tokenizer.encode(self.text, add_special_tokens=False).ids)}


KINDS = {"eval": Eval, "step": Step, "prefill": Prefill, "decode": Decode}


class Ours:
    """`sparsekd bench turns`, which does a piece of work when a line asks for it."""

    def __init__(self, o, ids_file, dtype):
        command = [o.program, "bench", "--threads", str(o.threads), "--model", o.model, "--dtype", dtype, "turns", "--ids", ids_file]
        for name in ("window", "windows", "samples", "length", "prompt", "generate"):
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


def llama_rate(o):
    """llama-bench's tokens a second for the same prompt or tokens, one repetition."""
    sizes = ["-p", str(o.prompt), "-n", "0"] if o.work == "prefill" else ["-p", "0", "-n", str(o.generate), "-d", str(o.prompt)]
    said = subprocess.run([o.llama_bench, "-m", o.model, "-t", str(o.threads), *sizes, "-r", "1", "-o", "json"], check=True, capture_output=True, text=True).stdout
    return json.loads(said)[0]["avg_ts"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=(*KINDS, "tokenize")), parser.add_argument("model")
    parser.add_argument("--program", default="build/bin/sparsekd")
    parser.add_argument("--text", default=str(pathlib.Path(__file__).parents[3] / "resources/text/wikitext-2-test.raw"))
    parser.add_argument("--ours", default="f32", help="types of ours"), parser.add_argument("--theirs", default="f32", help="types of theirs")
    parser.add_argument("--attention", default="sdpa", help="transformers' attention: sdpa, eager, or both")
    parser.add_argument("--tokenizer", help="tokenize: the model's tokenizer.json"), parser.add_argument("--llama-bench", help="prefill, decode: llama.cpp's program, which reads the same file")
    for name, value in (("rounds", 7), ("threads", os.cpu_count()), ("windows", 4), ("window", 512), ("samples", 4), ("length", 256), ("top-k", 32), ("micro-batch", 0), ("prompt", 0), ("generate", 32)):
        parser.add_argument(f"--{name}", type=int, default=value)
    o = parser.parse_args()
    o.prompt = o.prompt or (128 if o.work == "decode" else 512)
    torch.set_num_threads(o.threads)
    whole = pathlib.Path(o.text).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        exported, ids_file, text_file = f"{folder}/model", f"{folder}/ids.json", f"{folder}/text"
        pathlib.Path(text_file).write_text(whole[:200000], encoding="utf-8")
        ids = json.loads(subprocess.run([o.program, "tokenize", o.model, "--text", text_file, "--ids", "--json"], check=True, capture_output=True, text=True).stdout)["ids"]
        pathlib.Path(ids_file).write_text(json.dumps(ids))
        ours = {f"ours {t}": Ours(o, ids_file, t) for t in o.ours.split(",")}
        types = {"f32": torch.float32, "bf16": torch.bfloat16}
        if o.work == "tokenize":
            theirs = {"theirs": Tokenize(o.tokenizer, whole)}
        else:
            subprocess.run([o.program, "export", o.model, "--format", "hf-dense", "--dtype", "f32", "--out", exported], check=True, stdout=subprocess.DEVNULL)
            theirs = {f"theirs {t} {a}": KINDS[o.work](exported, ids, o, types[t], a) for t in o.theirs.split(",") for a in o.attention.split(",")}
    request = f"tokenize {o.text}" if o.work == "tokenize" else o.work
    tokens = next(iter(theirs.values())).tokens
    flops = 0  # of decode and tokenize the products are no bound
    if o.work in ("eval", "step", "prefill"):
        config = next(iter(theirs.values())).model.config
        sequences, length = {"eval": (o.windows, o.window), "step": (o.samples, o.length), "prefill": (1, o.prompt)}[o.work]
        flops = products(config, tokens, sequences, length) * (3 if o.work == "step" else 1)
        if o.work == "prefill": flops -= 2 * (tokens - 1) * config.hidden_size * config.vocab_size
    seconds, used = ({name: [] for name in [*ours, *theirs]} for _ in range(2))
    rates, replies, llama = {name: [] for name in ours}, {}, []
    for round in range(o.rounds + 1):
        for name, one in ours.items():
            if round: rates[name].append(one.ask("gemm")["gflops"])
            replies[name] = one.ask(request)
            if round:
                seconds[name].append(replies[name]["seconds"])
                used[name].append(replies[name]["cpu_seconds"])
        for name, one in theirs.items():
            begin, begin_used = time.perf_counter(), time.process_time()
            replies[name] = one.run()
            if round:
                seconds[name].append(replies[name].get("seconds", time.perf_counter() - begin))
                used[name].append(replies[name].get("cpu_seconds", time.process_time() - begin_used))
        if not round: print({name: reply for name, reply in replies.items()}, file=sys.stderr)
        if o.llama_bench and round: llama.append(llama_rate(o))
    for one in ours.values(): one.process.stdin.close()
    best = min(statistics.median(seconds[name]) for name in theirs)
    result = {"work": o.work, "isa": os.environ.get("SKD_ISA", ""), "rounds": o.rounds}
    for name, values in seconds.items():
        middle = statistics.median(values)
        result[name] = {"ms": round_to(middle * 1e3), "cpu_ms": round_to(statistics.median(used[name]) * 1e3), "tokens_per_second": round_to(tokens / middle)}
        if name in ours:
            rate = statistics.median(rates[name])
            result[name] |= {"ratio": round_to(best / middle), "gemm_gflops": round_to(rate), "of_bound": round_to(flops / rate / 1e9 / middle) if flops else None}
            if llama: result[name]["ratio_llama"] = round_to(tokens / middle / statistics.median(llama))
    if llama: result["llama.cpp"] = {"tokens_per_second": round_to(statistics.median(llama))}
    print(json.dumps(result, indent=1))


def round_to(value):
    return float(f"{value:.4g}")


if __name__ == "__main__":
    main()
