#!/usr/bin/env python3
"""What packaging/demo-workspace reads from workspaces, through `sparsekd runs list` and `show` alone.

record.py state PROGRAM WORKSPACE NAME        "none", or "STATUS NUMBER" of the newest run of that name
record.py answers PROGRAM WORKSPACE NAME      fails unless dense, cut and recovered model answered three prompts
record.py views PROGRAM WORKSPACE NAME FILE   FILE with the numbers of runs instead of their names
record.py readme PROGRAM WORKSPACE NAME PRESET COMMAND README [--check]
                                              rewrites the results of README; --check only says if they differ

In FILE, "*" stands for any text in a name, and for no run of the name NAME; a run is taken once. A message on stderr
and exit code 1 say what is wrong; exit code 3 is --check's answer that README differs.
"""

import fnmatch
import json
import pathlib
import statistics
import subprocess
import sys

BEGIN = "<!-- demo-workspace: results; packaging/demo-workspace writes what follows, do not edit it -->"
END = "<!-- demo-workspace: end -->"
SEED = " · seed "
STAGES = ("dense", "cut", "recovered")
DIFFERS = 3
# Of the controls that the preset's table leaves out, the one that tells what the teacher adds.
ENTROPY, DISTILLED = "Dense+CE-only", "Dense+KD"


def fail(message):
    sys.exit(f"record.py: {message}")


class Workspace:
    """The runs of a workspace as the program tells them, the oldest first."""

    def __init__(self, program, path):
        self.program, self.path, self.shown = program, path, {}
        self.runs = self.ask("list")["runs"][::-1] if pathlib.Path(path).exists() else []

    def ask(self, *command):
        done = subprocess.run([self.program, "runs", *command, "--workspace", self.path, "--json"],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            fail(done.stderr.strip() or f"{self.program} ended with exit code {done.returncode}")
        return json.loads(done.stdout)

    def show(self, run):
        number = run["run_id"]
        if number not in self.shown:
            self.shown[number] = self.ask("show", str(number))
        return self.shown[number]

    def newest(self, name):
        found = [run for run in self.runs if run["name"] == name]
        return found[-1] if found else None

    def demo(self, name):
        run = self.newest(name)
        if run is None or run["status"] != "completed":
            fail(f"{self.path} has no complete run \"{name}\"")
        return run

    def variants(self, demo):
        """Complete runs of the study, by variant."""
        groups = {}
        for run in self.runs:
            if run["run_id"] != demo["run_id"] and run["status"] == "completed":
                groups.setdefault(run["name"].split(SEED)[0], []).append(run)
        return groups


def figure(value):
    """Four digits or more of a perplexity; whole numbers of a preset as they stand."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.{decimals(value)}f}"


def decimals(value):
    return 2 if abs(value) < 100 else 1 if abs(value) < 1000 else 0


def spread(values):
    """Mean ± sample standard deviation; the value alone where there is one."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return figure(mean)
    return f"{figure(mean)} ± {statistics.stdev(values):,.{decimals(mean)}f}"


def of_paper(paper, key):
    if key not in paper:
        return ""
    text = figure(paper[key]) if isinstance(paper[key], int) else f"{paper[key]:,.2f}"
    return f"{text} ± {paper['std']:.2f}" if key == "post_kd_ppl" and "std" in paper else text


def percent(values):
    mean = statistics.fmean(values) * 100
    return "0 %" if mean == 0 else f"{mean:.1f} %"


def table_row(label, removed, before, after, paper):
    cells = [label, removed, before, of_paper(paper, "post_prune_ppl"), after, of_paper(paper, "post_kd_ppl")]
    return "|" + "|".join(f" {text} " if text else " " for text in cells) + "|"


def round_figures(shown, number):
    for entry in shown["summary"].get("rounds", []):
        if entry["round"] == number:
            return entry
    fail(f"run {shown['run_id']} has no round {number}")


def row_of_runs(label, runs, paper):
    cut = [run["mlp_removed"] for run in runs]
    before = spread([run["post_prune_ppl"] for run in runs]) if any(cut) else ""
    return table_row(label, percent(cut), before, spread([run["post_kd_ppl"] for run in runs]), paper)


def row_of_preset(workspace, row, groups):
    """A row of the preset's table; nothing where the study has no run for it."""
    paper = row.get("paper", {})
    if row.get("dense"):
        everything = [run["dense_ppl"] for runs in groups.values() for run in runs]
        return table_row(row["label"], "0 %", "", figure(statistics.fmean(everything)), paper)
    runs = groups.get(row["variant"], [])
    if not runs:
        return None
    label = row.get("label") or row["variant"]
    if "round" not in row:
        return row_of_runs(label, runs, paper)
    rounds = [round_figures(workspace.show(run), row["round"]) for run in runs]
    return table_row(label, percent([entry["mlp_removed"] for entry in rounds]),
                     spread([entry["pre_kd_ppl"] for entry in rounds]),
                     spread([entry["post_kd_ppl"] for entry in rounds]), paper)


def heading(shown, groups, preset, command):
    evaluation = shown["spec"]["eval"]
    tokens = evaluation["max_tokens"]
    text = pathlib.PurePath(evaluation["text"]).name
    names = {"wikitext-2-test.raw": "the WikiText-2 test split"}
    read = f"the first {tokens:,} tokens of " if tokens else ""
    seeds = max(len(runs) for runs in groups.values()) if groups else 0
    lines = [f"{shown['model']} on {read}{names.get(text, text)}, protocol `{evaluation['protocol']}`, "
             f"{shown['environment'].get('threads', '?')} threads.",
             "The demo (`sparsekd demo --full`) is one run. The other rows are",
             f"`{command}`:",
             f"mean ± sample standard deviation of {seeds} seeds. The paper's columns are "
             f"{', '.join(preset['table']['models'])} with its whole budget."]
    return "\n".join(lines)


def entropy_sentence(groups):
    """What share of Dense+KD's gain the control without a teacher has."""
    if ENTROPY not in groups or DISTILLED not in groups:
        return ""
    dense = statistics.fmean([run["dense_ppl"] for run in groups[DISTILLED]])
    kept = [statistics.fmean([run["post_kd_ppl"] for run in groups[name]]) for name in (ENTROPY, DISTILLED)]
    if kept[1] >= dense:
        return f"{DISTILLED} gains nothing here."
    share = (dense - kept[0]) / (dense - kept[1])
    return f"Cross-entropy alone ({ENTROPY}) has {share * 100:.0f} % of the gain of {DISTILLED}."


def last_answers(shown):
    """Answers by stage; of several rounds the last."""
    by_stage = {}
    for answers in shown.get("answers", []):
        by_stage[answers["stage"]] = answers["answers"]
    return by_stage


def cell(text):
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def answers_table(shown):
    by_stage = last_answers(shown)
    stages = [stage for stage in STAGES if stage in by_stage]
    if not stages:
        return []
    lines = ["", "What the models of the demo answered, greedily:", "",
             "| prompt | " + " | ".join(stages) + " |", "|---" * (len(stages) + 1) + "|"]
    for i, first in enumerate(by_stage[stages[0]]):
        texts = [cell(by_stage[stage][i]["text"]) for stage in stages]
        lines.append(f"| {cell(first['prompt'])} | " + " | ".join(texts) + " |")
    return lines


def results(workspace, name, preset, command):
    demo = workspace.demo(name)
    shown = workspace.show(demo)
    groups = workspace.variants(demo)
    steps = shown["summary"].get("kd_steps")
    lines = [heading(shown, groups, preset, command), "",
             "| run | MLP removed | before distillation | paper | after | paper |", "|---|---|---|---|---|---|"]
    rows = [row_of_preset(workspace, row, groups) for row in preset["table"]["rows"]]
    if ENTROPY in groups:
        rows.append(row_of_runs(ENTROPY, groups[ENTROPY], {}))
    rows.append(row_of_runs(f"the demo, {steps} steps" if steps else "the demo", [demo], {}))
    lines += [row for row in rows if row is not None]
    sentence = entropy_sentence(groups)
    lines += ["", sentence] if sentence else []
    return "\n".join(lines + answers_table(shown)) + "\n"


def rewrite(readme, text, check):
    page = pathlib.Path(readme)
    old = page.read_text(encoding="utf-8")
    if old.count(BEGIN) != 1 or old.count(END) != 1 or old.index(BEGIN) > old.index(END):
        fail(f"{readme} must have these two lines once, in this order: {BEGIN} and {END}")
    start = old.index(BEGIN) + len(BEGIN)
    new = f"{old[:start]}\n\n{text}\n{old[old.index(END):]}"
    if new == old:
        return 0
    if check:
        return DIFFERS
    unfinished = page.with_name(page.name + ".tmp")
    unfinished.write_text(new, encoding="utf-8")
    unfinished.replace(page)
    return 0


def readme(workspace, name, preset, command, page, *options):
    study = json.loads(pathlib.Path(preset).read_text(encoding="utf-8"))
    return rewrite(page, results(workspace, name, study, command), "--check" in options)


def state(workspace, name):
    run = workspace.newest(name)
    print(f"{run['status']} {run['run_id']}" if run else "none")
    return 0


def answers(workspace, name):
    by_stage = last_answers(workspace.show(workspace.demo(name)))
    for stage in STAGES:
        if len(by_stage.get(stage, [])) < 3:
            fail(f"\"{name}\" has no three answers of its {stage} model; give its spec three eval.prompts")
    return 0


def views(workspace, name, file):
    document = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    for view in document["views"]:
        numbers = []
        for pattern in view["document"]["runs"]:
            found = [run["run_id"] for run in workspace.runs
                     if run["name"] == pattern or (run["name"] != name and fnmatch.fnmatchcase(run["name"], pattern))]
            if not found:
                fail(f"{file}: the view \"{view['name']}\" names \"{pattern}\", and {workspace.path} has no such run")
            numbers += [number for number in found if number not in numbers]
        view["document"]["runs"] = numbers
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    return 0


def main():
    commands = {"state": (state, 1), "answers": (answers, 1), "views": (views, 2), "readme": (readme, 4)}
    if len(sys.argv) < 4 or sys.argv[1] not in commands:
        sys.exit(__doc__.strip())
    command, needed = commands[sys.argv[1]]
    if len(sys.argv) - 4 < needed:
        sys.exit(__doc__.strip())
    return command(Workspace(sys.argv[2], sys.argv[3]), *sys.argv[4:])


if __name__ == "__main__":
    sys.exit(main())
