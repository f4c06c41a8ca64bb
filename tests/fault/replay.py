#!/usr/bin/env python3
"""A run is recorded, what a crash may leave of it is rebuilt, and each such state is read and resumed.

  replay.py [COUNT]   so many states, drawn by seed (by default 24), of every kind in turn
  replay.py --all     every state: an hour or two
  --command NAME      another command than run, which is repeated instead of resumed

What a crash may leave is said in crash_states.py. Each state has to be readable, and resuming has to lead to what the
undisturbed run computed; where the run had said that it was done, the state alone has to. Exits 1 where one fails.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import shutil
import sys
import time

from crash_states import SHARED_MEMORY, Model, States, read_records
from faults import difference
from scenarios import ROOT, SCENARIOS, UNCLEAR, Failure, Program, make_base, make_text, scratch_folder


def contents_of(folder):
    """{path: content}, folders with None."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes()
            for path in folder.rglob("*")}


def write_state(state, folder):
    folder.mkdir()
    for path, content in sorted(state.items()):
        if content is None:
            (folder / path).mkdir()
        else:
            (folder / path).write_bytes(content)


class Replay:
    """The recorded command, what it computed, and what becomes of one state."""

    def __init__(self, options, work):
        self.options, self.work = options, work
        self.program = Program(options.program, options.shim)
        self.scenario = SCENARIOS[options.command]
        base, folder = work / "base", work / "recorded"
        base.mkdir()
        folder.mkdir()
        if options.command in ("run", "study"):
            make_text(base)
        else:
            make_base(self.program, base)
        self.scenario.prepare(self.program, base, folder)
        initial = contents_of(folder)
        outcome = self.program.record(folder, self.scenario.command, work / "record")
        if outcome.code != 0:
            sys.exit(f"it fails while it is recorded: {outcome.err}")
        self.model = Model(read_records(work / "record"), initial)
        self.check_record(folder)
        self.expected = self.scenario.result(self.program, folder)

    def check_record(self, folder):
        """A record that missed a write would prove nothing: all of it together is what is there."""
        whole = States(self.model)
        end = len(self.model.records)
        rebuilt = self.model.state(end, lambda change: True, lambda file: whole.content(file, end, "data kept")[1])
        found = {path: content for path, content in contents_of(folder).items() if not path.endswith(SHARED_MEMORY)}
        if rebuilt != found:
            wrong = sorted(path for path in rebuilt.keys() | found.keys() if rebuilt.get(path) != found.get(path))
            sys.exit(f"the record does not hold all that was written: {', '.join(wrong)}")

    def draw(self, count, seed):
        """Kinds of states in turn; of one kind at random."""
        kinds, chance = collections.defaultdict(list), random.Random(seed)
        for state in States(self.model).all():
            kinds[state[1]].append(state)
        self.print_kinds({kind: len(states) for kind, states in kinds.items()})
        for states in kinds.values():
            chance.shuffle(states)
        drawn = []
        while len(drawn) < count and any(kinds.values()):
            drawn += [states.pop() for states in kinds.values() if states][:count - len(drawn)]
        return drawn

    def print_kinds(self, counts):
        print(f"{len(self.model.records)} records, {sum(counts.values())} states: "
              + ", ".join(f"{count} {kind}" for kind, count in counts.items()))

    def try_state(self, number, state):
        """What is wrong with a state, or ""."""
        moment, words, contents = state
        folder = self.work / f"state-{number}"
        write_state(contents, folder)
        try:
            if self.model.is_reported(moment):
                self.compare(folder, "it had said that it was done, but")
            self.scenario.recover(self.program, folder)
            self.compare(folder, "after resuming it")
        except Failure as failure:
            return f"after {self.describe(moment)}; {words}: {failure}{self.keep(contents, folder)}"
        finally:
            if folder.exists():
                shutil.rmtree(folder)
        return ""

    def keep(self, contents, folder):
        if not self.options.keep:
            return ""
        kept = folder.with_name(f"failed-{folder.name}")
        write_state(contents, kept)
        return f" [{kept}]"

    def describe(self, moment):
        record = self.model.records[moment - 1]
        return f"record {moment} ({record.op} {record.path}{' to ' if record.to else ''}{record.to})"

    def compare(self, folder, when):
        found = self.scenario.result(self.program, folder)
        if found != self.expected:
            raise Failure(f"{when} the result is another: {difference(found, self.expected)}")


def try_all(replay, states, jobs):
    """Tries them, prints figures; the number of those that failed."""
    failed, count, start = 0, 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        waiting = set()
        for number, state in enumerate(states):
            count += 1
            waiting.add(pool.submit(replay.try_state, number, state))
            if len(waiting) > 4 * jobs:  # states are large: they are made as they are tried
                done, waiting = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
                failed += say_failed(done)
        failed += say_failed(waiting)
    print(f"{count} crash states tried, {failed} failed, {time.monotonic() - start:.0f} s")
    return failed


def say_failed(tried):
    problems = [problem for problem in (one.result() for one in tried) if problem]
    for problem in problems:
        unclear = [word for word in UNCLEAR if word in problem]
        print(f"FAILED {problem}" + (f" (unclear: {unclear[0]})" if unclear else ""), flush=True)
    return len(problems)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=24)
    parser.add_argument("--all", action="store_true", help="every state")
    parser.add_argument("--command", choices=list(SCENARIOS), default="run")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/bin/sparsekd")
    parser.add_argument("--shim", type=pathlib.Path, default=ROOT / "build/bin/libskd_record_shim.so")
    parser.add_argument("--keep", action="store_true", help="keep the states that failed")
    options = parser.parse_args()
    for file in (options.program, options.shim):
        if not file.is_file():
            sys.exit(f"{file} is not there; build it first (packaging/build)")
    options.program, options.shim = options.program.resolve(), options.shim.resolve()
    return options


def main():
    options = parse_options()
    with scratch_folder("skd-replay-", options.keep) as work:
        replay = Replay(options, work)
        states = States(replay.model).all() if options.all else replay.draw(options.count, options.seed)
        failed = try_all(replay, states, options.jobs)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
