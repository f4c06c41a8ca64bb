#!/usr/bin/env python3
"""A study on a Slurm cluster of this host whose jobs, nodes and controller are killed at random.

Carries out a study of tiny runs once in one process and once on a cluster (tests/bench/slurm/cluster), where it kills
workers, slurmd with all its processes, slurmctld and the coordinator, and requeues jobs onto another node after it has
deleted the first one's folder. Then every run must be accounted for once, with the same figures, curves and weights, and
nothing may be left: no job, no process, no file on a node. Needs root, and Debian's slurm-wlm and munge.

    kill_jobs.py [--runs 100] [--moves 20] [--seed 1] [--sparsekd build/bin/sparsekd] [--keep]
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
VARIANTS = [
    {"name": "student", "overrides": {"teacher.path": "variant:dense", "prune.ranks": "uniform"}},
    {"name": "uniform", "overrides": {"prune.ranks": "uniform"}},
    {"name": "dense", "overrides": {"control": "dense-kd"}},
    {"name": "ce", "overrides": {"prune.ranks": "uniform", "distill.alpha": 1}},
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--moves", type=int, default=20, help="requeues onto another node, the first one's folder deleted")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=40, help="optimiser steps of a run")
    parser.add_argument("--minutes", type=float, default=60, help="after which it has failed")
    parser.add_argument("--sparsekd", default=str(ROOT / "build/bin/sparsekd"))
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.random = random.Random(options.seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="skd-slurm-"))
        self.cluster = self.folder / "cluster"
        self.shared = self.folder / "shared"
        self.environment = dict(os.environ, XDG_DATA_HOME=str(self.folder), OMP_NUM_THREADS="1",
                                SPARSEKD_RESOURCES=str(ROOT / "resources"))
        self.counts = {"workers": 0, "nodes": 0, "controllers": 0, "coordinators": 0, "moves": 0}
        self.coordinator = None

    # --- the study

    def make_study(self):
        command = [self.options.sparsekd, "study", "table-ii", "--model", self.model(), "--dry-run", "--json"]
        spec = json.loads(self.output(command))["runs"][0]["spec"]
        shares = spec["corpus"]["shares"]
        for share in shares:
            source = ROOT / "resources" / share["path"].removeprefix("resource:")
            text = source.read_bytes()[:100_000]
            copy = self.folder / source.name
            copy.write_bytes(text[: text.rindex(b"\n") + 1])
            share["path"] = str(copy)
        seeds = list(range(1, (self.options.runs + len(VARIANTS) - 1) // len(VARIANTS) + 1))
        base = {"model.path": self.model(), "model.threads": 1, "corpus.sequence_length": 48, "corpus.samples": 24,
                "corpus.shares": shares, "prune.target": 0.3, "prune.rank_multiple": 4,
                "prune.calibration_tokens": 240, "prune.probe_tokens": 48, "distill.steps": self.options.steps,
                "distill.batch": 2, "distill.warmup": 2, "distill.learning_rate": 0.002, "distill.eval_every": 10,
                "distill.checkpoint_every": 2, "distill.stop_on_rise": False, "distill.stop_on_plateau": False,
                "eval.max_tokens": 400, "eval.live_tokens": 200, "eval.context": 64}
        study = {"name": "kill-jobs", "seeds": seeds, "base": base, "variants": VARIANTS}
        (self.folder / "study.json").write_text(json.dumps(study))

    @staticmethod
    def model():
        return str(ROOT / "tests/fixtures/models/workbench")

    def output(self, command, check=True):
        done = subprocess.run(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if check and done.returncode != 0:
            sys.exit(f"{' '.join(command)}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def study(self, workspace, *more):
        return [self.options.sparsekd, "study", str(self.folder / "study.json"), "--workspace",
                str(self.folder / workspace), *more]

    def on_slurm(self, *more):
        return self.study("cluster.sqlite", "--engine", "slurm", "--results", str(self.shared), "--memory", "500",
                          "--minutes", "30", "--cpus", "1", "--checkpoint-seconds", "0.5", "--job-template",
                          str(self.folder / "job.sh"), *more)

    def record(self, workspace):
        """Figures, curves and weights of every run, by its name."""
        path = str(self.folder / workspace)
        runs = json.loads(self.output([self.options.sparsekd, "runs", "list", "--workspace", path, "--json"]))["runs"]
        found = {}
        for run in runs:
            number = str(run["run_id"])
            show = json.loads(self.output([self.options.sparsekd, "runs", "show", number, "--workspace", path, "--json"]))
            metrics = {name: values for name, values in show["metrics"].items() if name != "kd.tokens_per_second"}
            weights = pathlib.Path(path + ".files") / "runs" / number / "model.safetensors"
            if show["name"] in found:
                sys.exit(f"{show['name']} is there twice")
            found[show["name"]] = json.dumps(
                [show["status"], show["post_kd_ppl"], show["post_prune_ppl"], show["dense_ppl"], metrics,
                 hashlib.sha256(weights.read_bytes()).hexdigest() if weights.exists() else "none"])
        return found

    # --- what goes wrong

    def slurm(self, *command):
        return self.output(list(command), check=False)

    def run_folder(self):
        return next(self.shared.glob("*/runs"), None)

    def running(self):
        lines = self.slurm("squeue", "--noheader", "--array", "--states=running", "--format=%i|%N").split()
        return [line.split("|") for line in lines]

    def processes_of(self, node):
        """Pids of a node's slurmd, its steps and their workers."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environment = (entry / "environ").read_bytes()
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            ours = str(self.cluster).encode() in environment
            if ours and f"SLURMD_NODENAME={node}".encode() in environment.split(b"\0"):
                found.append(int(entry.name))
            elif ours and command[0].endswith(b"slurmd") and node.encode() in command:
                found.append(int(entry.name))
        return found

    @staticmethod
    def kill(pid):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def kill_worker(self):
        entries = sorted(pathlib.Path("/proc").glob("[0-9]*"))
        for entry in self.random.sample(entries, len(entries)):
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"study-worker" in command and str(self.shared).encode() in b" ".join(command):
                self.kill(int(entry.name))
                self.counts["workers"] += 1
                return

    def kill_node(self):
        node = f"n{self.random.randint(1, self.options.nodes)}"
        for pid in self.processes_of(node):
            self.kill(pid)
        (self.cluster / f"slurmd-{node}.pid").unlink(missing_ok=True)
        shutil.rmtree(self.cluster / "local" / node, ignore_errors=True)
        (self.cluster / "local" / node).mkdir()
        self.counts["nodes"] += 1
        return lambda: subprocess.run([HERE / "cluster", "node", self.cluster, node], env=self.environment, check=False)

    def kill_controller(self):
        pid = self.cluster / "slurmctld.pid"
        if pid.exists():
            self.kill(int(pid.read_text()))
        self.counts["controllers"] += 1
        time.sleep(4)
        subprocess.run([HERE / "cluster", "control", self.cluster], env=self.environment, check=False)

    def kill_coordinator(self):
        self.coordinator.kill()
        self.coordinator.wait()
        self.counts["coordinators"] += 1
        self.follow()

    def move(self):
        """A job is requeued and may not start where it ran; what it had there is deleted."""
        running = self.running()
        if not running:
            return
        job, node = self.random.choice(running)
        self.slurm("scontrol", "requeue", job)
        time.sleep(1)
        self.slurm("scontrol", "update", f"JobId={job}", f"ExcNodeList={node}")
        shutil.rmtree(self.cluster / "local" / node, ignore_errors=True)
        (self.cluster / "local" / node).mkdir(exist_ok=True)
        self.counts["moves"] += 1

    # --- the whole

    def follow(self):
        log = open(self.folder / "coordinator.log", "ab")
        self.coordinator = subprocess.Popen(self.on_slurm(), env=self.environment, stdout=log, stderr=log)

    def disturb(self):
        deadline = time.monotonic() + 60 * self.options.minutes
        restarts = []
        while time.monotonic() < deadline:
            for due, restart in [one for one in restarts if one[0] < time.monotonic()]:
                restart()
            restarts = [one for one in restarts if one[0] >= time.monotonic()]
            if self.coordinator.poll() is not None:
                if self.coordinator.returncode == 0:
                    return
                # Killed twice without a checkpoint between is an end: as a user would, ask for more.
                self.output(self.on_slurm("--resubmit", "--detach"), check=False)
                self.follow()
            action = self.random.random()
            if action < 0.35:
                self.kill_worker()
            elif action < 0.75 and self.counts["moves"] < self.options.moves:
                self.move()
            elif action < 0.80 and not restarts:
                restarts.append((time.monotonic() + 20, self.kill_node()))
            elif action < 0.84:
                self.kill_controller()
            elif action < 0.88:
                self.kill_coordinator()
            time.sleep(self.random.uniform(0.5, 4))
        sys.exit(f"not done in {self.options.minutes} minutes: {self.counts}\n" + self.output(self.on_slurm("--status"), check=False))

    def check(self, expected, found):
        if set(found) != set(expected):
            sys.exit(f"runs differ: {set(found) ^ set(expected)}")
        different = [name for name in expected if found[name] != expected[name]]
        if different:
            sys.exit(f"{len(different)} of {len(expected)} runs have other figures: {different[:5]}")
        jobs = self.slurm("squeue", "--noheader").strip()
        left = [str(path) for path in (self.cluster / "local").glob("*/*")]
        if jobs or left:
            sys.exit(f"left over: jobs {jobs!r}, files {left}")

    def run(self):
        self.make_study()
        begin = time.monotonic()
        self.output(self.study("alone.sqlite"))
        expected = self.record("alone.sqlite")
        alone = time.monotonic() - begin
        subprocess.run([HERE / "cluster", "up", self.cluster, str(self.options.nodes)], check=True)
        self.environment["SLURM_CONF"] = str(self.cluster / "slurm.conf")
        template = (ROOT / "resources/slurm/job.sh").read_text()
        export = f'export SPARSEKD_SCRATCH="{self.cluster}/local/$SLURMD_NODENAME"\n'
        (self.folder / "job.sh").write_text(template.replace("exec {{worker}}", export + "exec {{worker}}"))
        begin = time.monotonic()
        self.follow()
        self.disturb()
        seconds = time.monotonic() - begin
        self.check(expected, self.record("cluster.sqlite"))
        print(json.dumps({"runs": len(expected), "equal": len(expected), "seconds_in_one_process": round(alone),
                          "seconds_on_the_cluster": round(seconds), "kills": self.counts}))

    def close(self):
        if self.coordinator is not None and self.coordinator.poll() is None:
            self.coordinator.kill()
        if self.cluster.exists():
            subprocess.run([HERE / "cluster", "down", self.cluster], check=False)
        if self.options.keep:
            print(self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    if os.geteuid() != 0 or not all(map(shutil.which, ("munged", "slurmctld", "slurmd", "sbatch"))):
        print("needs root, and Debian's slurm-wlm and munge")
        sys.exit(77)
    bench = Bench(arguments())
    try:
        bench.run()
    finally:
        bench.close()
