#!/usr/bin/env python3
"""Stands for sparsekd and sparsekd-workbench in demo_workspace_test.py: a workspace is a file of JSON, and a run takes
no time. Every call is a line of $STUB_LOG. While the file $STUB_CUT holds a number above 0, run and study are cut off
as by Ctrl-C, and the number goes down. $STUB_PADDING bytes make what is imported larger."""

import json
import os
import pathlib
import sys

STAGES = ("dense", "cut", "recovered")


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def read(path):
    file = pathlib.Path(path)
    return json.loads(file.read_text()) if file.exists() else {"runs": [], "views": [], "measured": []}


def write(path, workspace):
    pathlib.Path(path).write_text(json.dumps(workspace))


def cut_off():
    file = pathlib.Path(os.environ["STUB_CUT"])
    left = int(file.read_text()) if file.exists() else 0
    if left > 0:
        file.write_text(str(left - 1))
    return left > 0


def add_run(workspace, name, seed, removed):
    number = len(workspace["runs"]) + 1
    rounds = [{"round": i, "mlp_removed": i / 10, "pre_kd_ppl": 50.0 + i + seed, "post_kd_ppl": 40.0 + i + seed}
              for i in range(1, 9)]
    run = {"run_id": number, "name": name, "status": "completed", "model": "stub", "seed": seed, "dense_ppl": 30.0,
           "post_prune_ppl": 60.0 + seed, "post_kd_ppl": 25.0 + seed, "mlp_removed": removed, "damaged": False,
           "environment": {"threads": 2}, "summary": {"rounds": rounds, "kd_steps": 7},
           "spec": {"eval": {"max_tokens": 1000, "text": "t.raw", "protocol": "p"}},
           "answers": [{"stage": stage, "answers": [{"prompt": f"Q{i}", "text": f"{stage} {i}"} for i in range(3)]}
                       for stage in STAGES]}
    workspace["runs"].append(run)
    return run


def run(path):
    workspace = read(path)
    if "--resume" in sys.argv:
        found = next(run for run in workspace["runs"] if run["run_id"] == int(option("--resume")))
        assert found["status"] == "interrupted"
    else:
        found = add_run(workspace, json.loads(pathlib.Path(sys.argv[2]).read_text())["name"], 42, 0.15)
    stopped = cut_off()
    found["status"] = "interrupted" if stopped else "completed"
    write(path, workspace)
    return 130 if stopped else 0


def study(path):
    workspace = read(path)
    names = [run["name"] for run in workspace["runs"]]
    for seed in (1, 2):
        for variant, removed in (("SparseKD", 0.8), ("Dense+KD", 0), ("Dense+CE-only", 0)):
            if f"{variant} · seed {seed}" not in names:
                add_run(workspace, f"{variant} · seed {seed}", seed, removed)
        write(path, workspace)
        if seed == 1 and cut_off():
            return 130
    return 0


def runs(path):
    workspace, action = read(path), sys.argv[2]
    if action == "list":
        print(json.dumps({"runs": workspace["runs"][::-1]}))
    elif action == "show":
        print(json.dumps(workspace["runs"][int(sys.argv[3]) - 1]))
    elif action == "export":
        kept = workspace["runs"]
        if "--study" not in sys.argv:
            kept = [run for run in kept if run["run_id"] == int(sys.argv[3])]
        write(option("--out"), {"runs": kept})
    else:
        for one in read(sys.argv[3])["runs"]:
            workspace["runs"].append({**one, "run_id": len(workspace["runs"]) + 1})
        workspace["padding"] = "x" * int(os.environ.get("STUB_PADDING", "0"))
        write(path, workspace)
    return 0


def keep(path):
    workspace = read(path)
    if sys.argv[1] == "views":
        workspace["views"] = read(sys.argv[3])["views"]
    else:
        workspace.setdefault("measured", []).append(sys.argv[1:4])
    write(path, workspace)
    return 0


def pictures():
    pages = pathlib.Path(option("--screenshots"))
    for name in os.environ["STUB_PICTURES"].split():
        (pages / name).write_text("of " + pathlib.Path(option("--workspace")).read_text()[:40])
    return 0


def main():
    with open(os.environ["STUB_LOG"], "a", encoding="utf-8") as log:
        print(*sys.argv[1:], file=log)
    if "--screenshots" in sys.argv:
        return pictures()
    if sys.argv[1] == "--version":
        print(os.environ.get("STUB_VERSION", "1"))
        return 0
    if sys.argv[1] == "inspect":
        print('{"weights_sha256": "abc"}')
        return 0
    commands = {"run": run, "study": study, "runs": runs, "views": keep, "benchmark": keep, "profile": keep}
    return commands[sys.argv[1]](option("--workspace"))


sys.exit(main())
