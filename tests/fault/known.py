#!/usr/bin/env python3
"""Inputs that once broke the program or gave wrong figures (known_inputs.py), each made anew and tried.

  known.py [NAME...]   all of them by default; exits 1 where one fails
"""

import argparse
import pathlib
import shutil
import sys

from known_inputs import CASES, Stage
from scenarios import ROOT, Failure, Program, make_base, scratch_folder


def try_case(name, program, work, base):
    """What is wrong, or ""."""
    folder = work / name
    folder.mkdir()
    try:
        CASES[name](Stage(program, folder, base))
    except Failure as failure:
        return str(failure)
    return ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="*")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/bin/sparsekd")
    options = parser.parse_args()
    if unknown := set(options.name) - CASES.keys():
        sys.exit(f"no such input: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    failed = 0
    with scratch_folder("skd-known-") as work:
        program, base = Program(options.program.resolve(), ""), work / "base"
        base.mkdir()
        make_base(program, base)
        shutil.copy(ROOT / "resources/held-out/wikitext-2-valid-rest.txt", base / "plain.txt")
        for name in options.name or CASES:
            if problem := try_case(name, program, work, base):
                failed += 1
                print(f"FAILED {name}: {problem}", flush=True)
        print(f"{len(options.name or CASES)} known inputs tried, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
