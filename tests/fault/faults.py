#!/usr/bin/env python3
"""Commands of build/bin/sparsekd with one system call that fails, or before which the process is killed.

  faults.py sample [COUNT]     so many points of all, drawn by seed (by default 100)
  faults.py all                every call of every kind with every fault; hours
  faults.py kill-loop [COUNT]  a run killed at random times and resumed, until so many kills have happened (100)

A point is a command (run, study, import, ...), a kind of call, a number n and a fault at the n-th such call. The
command has to succeed, or say in a sentence why it did not and exit 1 or 2 (a killed one ends by the signal). Then
the workspace has to be readable, and repeating or resuming has to lead to what an undisturbed one computes. Exits 1
where a point fails; --keep leaves its folder.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import random
import shutil
import signal
import sys
import threading
import time

from scenarios import ROOT, SCENARIOS, UNCLEAR, Failure, Program, make_base, runs_of, scratch_folder

# What a kind of call can fail with (its manual page), besides being killed before it.
FAULTS = {"open": ("EIO", "ENOSPC", "EMFILE"), "read": ("EIO",), "write": ("EIO", "ENOSPC"),
          "sync": ("EIO", "ENOSPC"), "rename": ("EIO", "ENOSPC"), "link": ("EIO", "ENOSPC"), "unlink": ("EIO",),
          "mmap": ("ENOMEM",), "mkdir": ("EIO", "ENOSPC"), "truncate": ("EIO",), "close": ("EIO",)}


@dataclasses.dataclass(frozen=True)
class Point:
    command: str
    kind: str
    number: int
    fault: str

    def __str__(self):
        return f"{self.command}, {self.kind} {self.number}: {self.fault}"


class Harness:
    """Undisturbed results and counts of all commands, and what one point does."""

    def __init__(self, options, work):
        self.program = Program(options.program, options.shim)
        self.work, self.keep = work, options.keep
        self.base = work / "base"
        self.base.mkdir()
        make_base(self.program, self.base)
        self.counts, self.expected, self.warnings = {}, {}, {}
        for command in options.command or SCENARIOS:
            self.measure(command)

    def folder_for(self, name, command):
        folder = self.work / name
        folder.mkdir()
        SCENARIOS[command].prepare(self.program, self.base, folder)
        return folder

    def measure(self, command):
        """Counts the calls; two undisturbed ones have to give the same result, else nothing could be compared."""
        results = []
        for attempt in range(2):
            folder = self.folder_for(f"{command}-{attempt}", command)
            state = folder / "fault-state"
            outcome = self.program.run(folder, SCENARIOS[command].command, state=state)
            if outcome.code != 0:
                sys.exit(f"{command} fails without a fault: {outcome.err}")
            self.counts[command], _ = read_state(state)
            results.append(SCENARIOS[command].result(self.program, folder))
            self.warnings[command] = warnings_in(outcome.err)
            shutil.rmtree(folder)
        if results[0] != results[1]:
            sys.exit(f"{command} gives another result each time: {difference(*results)}")
        self.expected[command] = results[0]

    def points(self):
        return [Point(command, kind, number, fault) for command, counts in self.counts.items()
                for kind, count in counts.items() for number in range(1, count + 1)
                for fault in ("kill", *FAULTS[kind])]

    def draw(self, count, seed):
        """Commands in turn, then a kind, a call and a fault by chance: reads do not crowd out the rest."""
        chance, points = random.Random(seed), {}
        count = min(count, len(self.points()) // 2)
        while len(points) < count:
            command = list(self.counts)[len(points) % len(self.counts)]
            kind = chance.choice([kind for kind, calls in self.counts[command].items() if calls > 0])
            number = chance.randint(1, self.counts[command][kind])
            points[Point(command, kind, number, chance.choice(("kill", *FAULTS[kind])))] = True
        return list(points)

    def try_point(self, index, point):
        """(what is wrong or "", whether the call was reached, how it ended)."""
        folder = self.folder_for(f"point-{index}", point.command)
        scenario, state = SCENARIOS[point.command], folder / "fault-state"
        hit, ending = "", "none"
        try:
            outcome = self.program.run(folder, scenario.command, f"{point.kind}:{point.number}:{point.fault}", state)
            _, hit = read_state(state)
            ending = check_ending(point, outcome, hit)
            if ending == "success" and warnings_in(outcome.err) <= self.warnings[point.command]:
                self.compare(point, folder, "it succeeds without a word, but")
            scenario.recover(self.program, folder)
            self.compare(point, folder, "after repeating or resuming it")
        except Failure as failure:
            kept = f" [{folder}]" if self.keep else ""
            return f"{point} ({hit or 'not reached'}): {failure}{kept}", bool(hit), ending
        finally:
            if not self.keep:
                shutil.rmtree(folder, ignore_errors=True)
        if self.keep:
            shutil.rmtree(folder, ignore_errors=True)
        return "", bool(hit), ending

    def compare(self, point, folder, when):
        found = SCENARIOS[point.command].result(self.program, folder)
        if found != self.expected[point.command]:
            raise Failure(f"{when} the result is another: {difference(found, self.expected[point.command])}")


def read_state(path):
    """Counts by kind, and what the shim says it hit."""
    counts, hit = dict.fromkeys(FAULTS, 0), ""
    for line in path.read_bytes().decode(errors="replace").replace("\0", "\n").split("\n"):
        name, _, rest = line.partition(" ")
        if name in counts:
            counts[name] = int(rest)
        elif name == "hit":
            hit = rest
    return counts, hit


def warnings_in(words):
    """What a command warned of: a result that lacks something has to be said."""
    return {line for line in words.splitlines() if "warning" in line.lower()}


def check_ending(point, outcome, hit):
    """How the disturbed command ended, in a word; Failure where it may not end so."""
    words = outcome.err.strip()
    if hit and point.fault == "kill":
        if outcome.code != -signal.SIGKILL:
            raise Failure(f"it was killed and exits {outcome.code}")
        return "killed"
    if outcome.code < 0:
        raise Failure(f"it ends by signal {-outcome.code}: {words[-300:]}")
    if outcome.code == 0:
        return "success"
    if outcome.code not in (1, 2) or not words:
        raise Failure(f"it exits {outcome.code} with these words: {words[-300:]!r}")
    unclear = [word for word in UNCLEAR if word in words]
    if unclear:
        raise Failure(f"its words are unclear ({unclear[0]}): {words[-300:]}")
    if not hit:
        raise Failure(f"it fails without a fault: {words[-300:]}")
    return "refused"


def difference(found, expected):
    """Where two results first differ."""
    if isinstance(found, dict) and isinstance(expected, dict):
        for key in sorted(found.keys() | expected.keys()):
            if found.get(key) != expected.get(key):
                return f"{key}: {difference(found.get(key), expected.get(key))}"
    return f"{str(found)[:120]} instead of {str(expected)[:120]}"


def try_points(harness, points, jobs):
    """Tries them all, prints figures; the number of those that failed."""
    endings, failed, start = collections.Counter(), 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for problem, reached, ending in pool.map(harness.try_point, range(len(points)), points):
            endings[ending if reached else "not reached"] += 1
            if problem:
                failed += 1
                print(f"FAILED {problem}", flush=True)
    figures = ", ".join(f"{count} {ending}" for ending, count in sorted(endings.items()))
    print(f"{len(points)} faults tried, {failed} failed ({figures}), {time.monotonic() - start:.0f} s")
    return failed


def kill_loop(harness, kills, seed, jobs):
    """Chains of a run, killed at random times and resumed until it ends; the number of chains that failed."""
    chance, lock, figures = random.Random(seed), threading.Lock(), collections.Counter()
    start = time.monotonic()

    def chain(number):
        with lock:
            if figures["kills"] >= kills:
                return False
            seed_here = chance.random()
        problem = kill_chain(harness, number, random.Random(seed_here), figures, lock)
        with lock:
            figures["chains"] += 1
            figures["failed"] += bool(problem)
        if problem:
            print(f"FAILED chain {number}: {problem}", flush=True)
        return True

    def worker(first):
        number = first
        while chain(number):
            number += jobs

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        list(pool.map(worker, range(jobs)))
    print(f"{figures['kills']} kills in {figures['chains']} runs, {figures['failed']} runs failed, "
          f"{time.monotonic() - start:.0f} s")
    return figures["failed"]


def kill_chain(harness, number, chance, figures, lock):
    """One run: killed at a random time, resumed, killed again, up to four times; what is wrong or ""."""
    program, folder = harness.program, harness.folder_for(f"chain-{number}", "run")
    try:
        for _ in range(4):
            runs = runs_of(program, folder)
            if runs and runs[0]["status"] == "completed":
                break
            command = SCENARIOS["run"].command
            if runs:
                command = ["run", "--resume", str(runs[0]["run_id"]), *command[2:]]
            process = program.start(folder, command)
            time.sleep(chance.uniform(0.05, harness.run_seconds))
            process.send_signal(signal.SIGKILL)
            _, words = process.communicate()
            if process.returncode == -signal.SIGKILL:
                with lock:
                    figures["kills"] += 1
            elif process.returncode != 0:
                raise Failure(f"it exits {process.returncode}: {words.strip()[-300:]}")
        SCENARIOS["run"].recover(program, folder)
        harness.compare(Point("run", "time", 0, "kill"), folder, "after the last resume")
        return ""
    except Failure as failure:
        return f"{failure} [{folder}]" if harness.keep else str(failure)
    finally:
        if not harness.keep:
            shutil.rmtree(folder, ignore_errors=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("sample", "all", "kill-loop"))
    parser.add_argument("count", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--command", action="append", choices=list(SCENARIOS), help="only this one; may be repeated")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/bin/sparsekd")
    parser.add_argument("--shim", type=pathlib.Path, default=ROOT / "build/bin/libskd_fault_shim.so")
    parser.add_argument("--keep", action="store_true", help="keep the folders of points that failed")
    options = parser.parse_args()
    for file in (options.program, options.shim):
        if not file.is_file():
            sys.exit(f"{file} is not there; build it first (packaging/build)")
    options.program, options.shim = options.program.resolve(), options.shim.resolve()
    if options.mode == "kill-loop":
        options.command = ["run"]
    return options


def main():
    options = parse_options()
    with scratch_folder("skd-faults-", options.keep) as work:
        start = time.monotonic()
        harness = Harness(options, work)
        for command, counts in harness.counts.items():
            print(f"{command}: " + ", ".join(f"{count} {kind}" for kind, count in counts.items() if count))
        if options.mode == "kill-loop":
            harness.run_seconds = max(0.3, (time.monotonic() - start) / 3)
            failed = kill_loop(harness, options.count, options.seed, options.jobs)
        else:
            points = harness.points() if options.mode == "all" else harness.draw(options.count, options.seed)
            failed = try_points(harness, points, options.jobs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
