#!/usr/bin/env python3
"""What lm-evaluation-harness 0.4 says of tasks whose documents are our own.

    reference.py MODEL FOLDER [--documents N] [--examples K] [--tasks NAME,..] [--threads T]

MODEL is a folder with config.json, model.safetensors and tokenizer.json, or a .gguf file; f32. Writes NAME.jsonl and
NAME-examples.jsonl of each task to FOLDER, and prints per document the log-likelihoods, which of them are greedy, and the
measures; prompts, choices and measures are the harness's own task files, whose documents alone come from FOLDER. Needs
lm-eval 0.4.13, torch and transformers >= 5 (of a .gguf file gguf as well).
"""
import argparse, contextlib, json, os, pathlib, sys, tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false", DISABLE_MULTIPROC="1")
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import lm_eval, torch
from documents import SUBJECTS, make, write
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager
from lm_eval.tasks._yaml_loader import load_yaml
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

FILES = dict(hellaswag="hellaswag/hellaswag", piqa="piqa/piqa", arc_easy="arc/arc_easy", arc_challenge="arc/arc_challenge",
             winogrande="winogrande/default", openbookqa="openbookqa/openbookqa", boolq="super_glue/boolq/default",
             mathqa="mathqa/mathqa", mmlu="mmlu/default/mmlu_{}", lambada_openai="lambada/lambada_openai", gsm8k="gsm8k/gsm8k")


def harness_of(path):
    if path.suffix == ".gguf":
        from sample_tokenizer import tokenizer_of
        model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
        return HFLM(pretrained=model.eval(), tokenizer=tokenizer_of(path), batch_size=1)
    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    end = "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path / "tokenizer.json"), bos_token=end, eos_token=end, pad_token=end)
    return HFLM(pretrained=model.eval(), tokenizer=tokenizer, batch_size=1)


def config_of(task, files, subject=None):
    """The harness's task, its documents out of `files`."""
    root = pathlib.Path(lm_eval.__file__).parent / "tasks"
    config = load_yaml(root / (FILES[task].format(subject) + ".yaml"), resolve_func=True)
    config = {key: value for key, value in config.items() if key not in ("tag", "group", "dataset_name", "task_alias")}
    return {**config, "dataset_path": "json", "dataset_kwargs": {"data_files": files}}


def ask(harness, config, examples):
    result = lm_eval.simple_evaluate(model=harness, tasks=[config], task_manager=TaskManager(include_defaults=False), num_fewshot=examples,
                                     bootstrap_iters=2, log_samples=True)
    name = config["task"]
    samples = {}
    for sample in result["samples"][name]: samples.setdefault(sample["doc_id"], []).append(sample)
    documents = []
    for index in sorted(samples):
        first = samples[index][0]
        entry = {metric: first[metric] for metric in first["metrics"]}
        if config["output_type"] == "generate_until":
            entry = {"answer": first["resps"][0][0]}
            for sample in samples[index]: entry["exact_match," + sample["filter"]] = float(sample["exact_match"])
        else:
            answers = [response[0] for response in first["resps"]]
            entry["log_likelihood"] = [float(a[0]) for a in answers]
            entry["greedy"] = [str(a[1]) == "True" for a in answers]
            entry.pop("perplexity", None)
        documents.append({key: (float(v) if isinstance(v, (int, float)) else v) for key, v in entry.items()})
    measures = {k: v for k, v in result["results"][name].items() if isinstance(v, float)}
    return dict(documents=documents, measures=measures)


def reference(harness, task, folder, count, examples):
    rows, shots = make(task, count, 1), make(task, max(24, 4 * examples), 2)
    write(folder / f"{task}.jsonl", rows), write(folder / f"{task}-examples.jsonl", shots)
    parts = [None] if task != "mmlu" else SUBJECTS
    answers = []
    for part in parts:
        of_part = lambda all: [row for row in all if part is None or row["subject"] == part]
        with tempfile.TemporaryDirectory() as work:
            os.environ["HF_DATASETS_CACHE"] = work
            files = {}
            for split, some in dict(train=shots, dev=shots, validation=rows, test=rows).items():
                files[split] = f"{work}/{split}.jsonl"
                write(files[split], of_part(some))
            answers.append(ask(harness, config_of(task, files, part), examples))
    return dict(documents=[d for a in answers for d in a["documents"]], measures=answers[0]["measures"] if len(answers) == 1 else {})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path), parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--examples", type=int, default=0)
    parser.add_argument("--tasks", default=",".join(FILES))
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads: torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(sys.stderr):  # the harness prints as well
        harness = harness_of(options.model)
        tasks = {task: reference(harness, task, options.folder, options.documents, options.examples)
                 for task in options.tasks.split(",")}
    json.dump(dict(lm_eval=lm_eval.__version__, examples=options.examples, tasks=tasks), sys.stdout)


if __name__ == "__main__":
    main()
