#!/usr/bin/env python3
"""What lm-evaluation-harness 0.4 measures on its task wikitext with a GGUF model in f32.

    lm_eval_reference.py MODEL.gguf WIKITEXT.raw --pages N [--threads T] [--max-length L]

The task is the harness's own (detokeniser, measures, rolling windows); only its pages come from the
raw file instead of a download. Needs lm-eval 0.4, torch, transformers >= 5 and gguf. Prints JSON.
"""
import argparse, json, os, pathlib, tempfile

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import lm_eval
import torch
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from lm_eval.tasks.wikitext.preprocess_wikitext import process_results, wikitext_detokenizer
from sample_tokenizer import tokenizer_of
from transformers import AutoModelForCausalLM


def pages(text):
    """As the data set wikitext_document_level splits the raw file."""
    found, page = [], []
    for line in text.split("\n"):
        plain = line.replace("= = =", "===").replace("= =", "==").strip()
        if plain.startswith("= ") and plain.endswith(" =") and page:
            found.append("\n".join(page))
            page = []
        page.append(line)
    found.append("\n".join(page))
    return [p for p in found if p.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model"), parser.add_argument("text")
    parser.add_argument("--pages", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--max-length", type=int, default=None)
    options = parser.parse_args()
    if options.threads: torch.set_num_threads(options.threads)
    path = pathlib.Path(options.model)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    harness = HFLM(pretrained=model, tokenizer=tokenizer_of(path), batch_size=1, max_length=options.max_length)
    chosen = pages(pathlib.Path(options.text).read_text(encoding="utf8"))[:options.pages]
    with tempfile.TemporaryDirectory() as folder:
        rows = pathlib.Path(folder) / "pages.jsonl"
        rows.write_text("".join(json.dumps({"page": page}) + "\n" for page in chosen), encoding="utf8")
        os.environ["HF_DATASETS_CACHE"] = folder
        task = dict(task="wikitext_pages", dataset_path="json", dataset_kwargs={"data_files": {"test": str(rows)}}, test_split="test",
                    output_type="loglikelihood_rolling", doc_to_text="", doc_to_target=wikitext_detokenizer, process_results=process_results,
                    metric_list=[{"metric": m} for m in ("word_perplexity", "byte_perplexity", "bits_per_byte")])
        result = lm_eval.simple_evaluate(model=harness, tasks=[task], task_manager=TaskManager(), bootstrap_iters=0)["results"]["wikitext_pages"]
    measures = {key.split(",")[0]: value for key, value in result.items() if isinstance(value, float)}
    print(json.dumps({"pages": len(chosen), "max_length": harness.max_length, "prefix": harness.prefix_token_id, **measures}))


if __name__ == "__main__":
    main()
