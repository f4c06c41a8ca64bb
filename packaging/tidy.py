"""Runs clang-tidy over folders with the flags of a build's compile_commands.json; called by packaging/lint."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# clang cannot read GCC's precompiled headers; what they hold every source includes itself.
GCC_ONLY = re.compile(r" -include \S*cmake_pch\.hxx| -Winvalid-pch")
# __builtin_cpu_supports knows the levels of x86-64 from clang 18 on.
CLANG_CANNOT = ("core/base/instruction_set.cpp",)
LAUNCHER = re.compile(r"^.*?(?=\S*(?:c\+\+|g\+\+|clang\+\+)\S* )")


def readable_database(build):
    """Writes the database as clang reads it into BUILD/lint and returns that folder."""
    entries = json.loads((build / "compile_commands.json").read_text())
    kept = []
    for entry in entries:
        if "cmake_pch" in entry["file"] or entry["file"].endswith(CLANG_CANNOT):
            continue
        entry["command"] = GCC_ONLY.sub("", LAUNCHER.sub("", entry["command"]))
        kept.append(entry)
    folder = build / "lint"
    folder.mkdir(exist_ok=True)
    part = folder / f"compile_commands.json.{os.getpid()}"  # several may run at once
    part.write_text(json.dumps(kept))
    part.replace(folder / "compile_commands.json")
    return folder


def sources_of(paths):
    for path in paths:
        full = ROOT / path
        if not full.exists():
            sys.exit(f"packaging/lint: there is no {path}")
        for source in [full] if full.is_file() else sorted(full.rglob("*.cpp")):
            if not source.as_posix().endswith(CLANG_CANNOT):
                yield source


def check(source, options, database):
    """Seconds that clang-tidy took on `source`, whether it found something, and its words."""
    start = time.monotonic()
    folders = "|".join(("core", "app", "widgets", "tests"))
    done = subprocess.run(
        [options.program, "--quiet", "-p", database, f"--header-filter=^{ROOT}/({folders})/",
         "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument",
         source],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    words = re.sub(r"(?m)^\d+ warnings?( treated as errors?| generated\.?).*\n", "", done.stdout)
    return time.monotonic() - start, done.returncode != 0, words


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="clang-tidy-14")
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    database = readable_database(options.build)
    sources = list(sources_of(options.paths))
    failed, start = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda source: check(source, options, database), sources)
        for source, (_, found, words) in zip(sources, results):
            if found:
                failed += 1
                print(f"{source.relative_to(ROOT)}:\n{words}", flush=True)
    print(f"    {len(sources)} sources, {failed} with findings, {time.monotonic() - start:.0f} s")
    sys.exit(1 if failed or not sources else 0)


if __name__ == "__main__":
    main()
