"""Loads exported folders with transformers and compares logits with those the workbench wrote down.

Usage: bench_export_reference.py CASES.json; each case is {"folder", "expected"}: a model folder and a safetensors
file with `ids` [length] and `logits` [length, vocabulary]. Prints {"FOLDER": {"error", "class", "tokens"}}.
"""
import json
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def check(case):
    expected = load_file(case["expected"])
    model, report = AutoModelForCausalLM.from_pretrained(
        case["folder"], trust_remote_code=True, dtype=torch.float32, output_loading_info=True)
    model.eval()
    with torch.no_grad():
        logits = model(expected["ids"].unsqueeze(0)).logits[0]
        # The same with a cache, token by token behind a prefix.
        half = expected["ids"].shape[0] // 2
        first = model(expected["ids"][:half].unsqueeze(0), use_cache=True)
        rest = model(expected["ids"][half:].unsqueeze(0), past_key_values=first.past_key_values, use_cache=True).logits[0]
    scale = expected["logits"].abs().max()
    result = {"error": float((logits - expected["logits"]).abs().max() / scale),
              "cached_error": float((rest - expected["logits"][half:]).abs().max() / scale),
              "class": type(model).__name__,
              "missing": sorted(report["missing_keys"]), "unexpected": sorted(report["unexpected_keys"]),
              "mismatched": [str(key) for key in report["mismatched_keys"]]}
    if "text" in case:
        result["tokens"] = AutoTokenizer.from_pretrained(case["folder"])(case["text"])["input_ids"]
    if "save" in case:
        model.save_pretrained(case["save"])
    return result


if __name__ == "__main__":
    torch.set_num_threads(1)
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    # Libraries print to stdout as well.
    out, sys.stdout = sys.stdout, sys.stderr
    json.dump({case["folder"]: check(case) for case in cases}, out)
