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
# __builtin_cpu_supports knows the levels of x86-64 from clang 18 on; _Float16 needs AVX-512 FP16 in clang 14.
CLANG_CANNOT = ("core/base/instruction_set.cpp", "tests/core/formats/gguf_dequantize_test.cpp")
INCLUDED = re.compile(r'^#include "(.*\.cpp)"', re.MULTILINE)
LAUNCHER = re.compile(r"^.*?(?=\S*(?:c\+\+|g\+\+|clang\+\+)\S* )")


def unity_parts(file):
    """The sources that a unity source of CMake's compiles together; none for any other."""
    path = pathlib.Path(file)
    return INCLUDED.findall(path.read_text()) if path.suffix == ".cxx" else []


def readable_database(build):
    """Writes the database as clang reads it into BUILD/lint; returns that folder, its sources by command and all of them.

    A source that is compiled as a part of a unity source has an entry of its own beside that one's.
    """
    entries = json.loads((build / "compile_commands.json").read_text())
    kept, parts_of = [], {}
    for entry in entries:
        if "cmake_pch" in entry["file"]:
            continue
        command = GCC_ONLY.sub("", LAUNCHER.sub("", entry["command"]))
        parts = unity_parts(entry["file"])
        if not any(part.endswith(CLANG_CANNOT) for part in parts or [entry["file"]]):
            parts_of[entry["file"]] = parts
        for file in {entry["file"], *parts}:
            if not file.endswith(CLANG_CANNOT):
                kept.append({**entry, "file": file, "command": command.replace(entry["file"], file)})
    folder = build / "lint"
    folder.mkdir(exist_ok=True)
    part = folder / f"compile_commands.json.{os.getpid()}"  # several may run at once
    part.write_text(json.dumps(kept))
    part.replace(folder / "compile_commands.json")
    return folder, parts_of, {entry["file"] for entry in kept}


def sources_of(paths, parts_of, known):
    """What to run clang-tidy on: unity sources where all their parts are asked for, which is far faster."""
    asked = set()
    for path in paths:
        full = ROOT / path
        if not full.exists():
            sys.exit(f"packaging/lint: there is no {path}")
        found = [full] if full.is_file() else full.rglob("*.cpp")
        asked.update(source.as_posix() for source in found)
    asked = {source for source in asked if not source.endswith(CLANG_CANNOT)}
    missing = sorted(os.path.relpath(source, ROOT) for source in asked - known)
    if missing:
        print(f"    not compiled in this build, and so left out: {' '.join(missing)}")
    asked &= known
    whole = [unity for unity, parts in parts_of.items() if parts and asked.issuperset(parts)]
    covered = {part for unity in whole for part in parts_of[unity]}
    return sorted(whole) + sorted(asked - covered)


def check(source, options, database):
    """Seconds that clang-tidy took on `source`, whether it found something, and its words."""
    start = time.monotonic()
    folders = "|".join(("core", "app", "widgets", "tests"))
    left_out = []
    if source.endswith(".cxx"):
        left_out.append("-bugprone-suspicious-include")  # sources are what a unity source includes
    if "/tests/" in source:
        left_out.append("-performance-*")  # what a test copies costs nothing that counts
    checks = [f"--checks={','.join(left_out)}"] if left_out else []
    done = subprocess.run(
        [options.program, "--quiet", "-p", database, f"--header-filter=^{ROOT}/({folders})/",
         "--extra-arg=-Wno-unknown-warning-option", "--extra-arg=-Wno-ignored-optimization-argument",
         *checks, source],
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
    database, parts_of, known = readable_database(options.build)
    sources = sources_of(options.paths, parts_of, known)
    failed, start = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = pool.map(lambda source: check(source, options, database), sources)
        for source, (_, found, words) in zip(sources, results):
            if found:
                failed += 1
                print(f"{os.path.relpath(source, ROOT)}:\n{words}", flush=True)
    print(f"    {len(sources)} sources, {failed} with findings, {time.monotonic() - start:.0f} s")
    sys.exit(1 if failed or not sources else 0)


if __name__ == "__main__":
    main()
