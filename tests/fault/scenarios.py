"""Commands that are disturbed: what each starts from, what is asked afterwards, and what must come out."""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "tests/fixtures/models/workbench"
WORKSPACE = "w.sqlite"
# What differs from run to run of the same spec.
TIMED = ("kd.tokens_per_second",)
RECORD = ("name", "status", "dense_ppl", "post_prune_ppl", "post_kd_ppl", "ranks", "answers", "metrics")
# Words that no user should see: an exception nobody expected, an assertion, a library's own.
UNCLEAR = ("unexpected failure", "json.exception", "terminate called", "Assertion", "LibTorch failed",
           "Exception raised from", "Sanitizer", "basic_string", "std::")
TIMEOUT = 120


@contextlib.contextmanager
def scratch_folder(prefix, keep=False):
    """A folder in memory where that can be, for thousands of fsyncs need no disk; gone afterwards unless it is kept."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=memory)).resolve()
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


class Failure(Exception):
    """What a disturbed command left is not what it should be."""


@dataclasses.dataclass
class Outcome:
    code: int  # negative: ended by that signal
    out: str
    err: str


class Program:
    """The command line, with or without the shim."""

    def __init__(self, binary, shim):
        self.binary, self.shim = str(binary), str(shim)

    def start(self, folder, arguments, fault=None, state=None, log=None):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_DATA_HOME": str(folder),
                       "TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "SPARSEKD_RESOURCES": str(ROOT / "resources")}
        if state is not None:
            environment |= {"LD_PRELOAD": self.shim, "SKD_FAULT_STATE": str(state)}
        if fault is not None:
            environment["SKD_FAULT"] = fault
        if log is not None:
            environment |= {"LD_PRELOAD": self.shim, "SKD_RECORD": str(log), "SKD_RECORD_ROOT": str(folder)}
        return subprocess.Popen([self.binary, *arguments], cwd=folder, env=environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, folder, arguments, fault=None, state=None, log=None):
        process = self.start(folder, arguments, fault, state, log)
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Failure(f"{' '.join(arguments)} did not end within {TIMEOUT} s") from None
        return Outcome(process.returncode, out, err)

    def record(self, folder, arguments, log):
        """With record_shim.c as its shim: what it changes below `folder` is written to `log`."""
        return self.run(folder, arguments, log=log)

    def ask(self, folder, arguments):
        """The JSON of a command that has to succeed."""
        outcome = self.run(folder, [*arguments, "--json"])
        if outcome.code != 0:
            raise Failure(f"{' '.join(arguments)} exits {outcome.code}: {outcome.err.strip()[-300:]}")
        return json.loads(outcome.out)


def in_workspace(*arguments):
    return [*arguments, "--workspace", WORKSPACE]


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"


def runs_of(program, folder):
    """The runs of the workspace, where there is one: reading has to work, whatever has happened."""
    file = folder / WORKSPACE
    if not file.exists():
        return []
    outcome = program.run(folder, in_workspace("runs", "list", "--json"))
    if outcome.code == 2 and "open it once for writing" in outcome.err and file.stat().st_size == 0:
        return []  # it was being made: there is nothing in it yet, and it says what to do
    return program.ask(folder, in_workspace("runs", "list"))["runs"]


def record_of(program, folder, number):
    """What a run computed, without what takes its own time each time."""
    details = program.ask(folder, in_workspace("runs", "show", str(number)))
    record = {name: details.get(name) for name in RECORD}
    record["metrics"] = {name: points for name, points in record["metrics"].items() if name not in TIMED}
    record["model"] = hash_of(folder / f"{WORKSPACE}.files/runs/{number}/model.safetensors")
    return record


def again(program, folder, arguments, may_refuse=""):
    """Repeats a command undisturbed: it succeeds, or refuses with these words."""
    outcome = program.run(folder, arguments)
    if outcome.code == 0 or (may_refuse and outcome.code == 2 and may_refuse in outcome.err):
        return
    raise Failure(f"repeated without a fault it exits {outcome.code}: {outcome.err.strip()[-300:]}")


class Run:
    """A run from nothing; what is left is resumed."""

    command = in_workspace("run", "spec.json", "--json")

    def prepare(self, program, base, folder):
        (folder / "spec.json").write_text(json.dumps(spec_of(base)))

    def recover(self, program, folder):
        runs = runs_of(program, folder)
        if not runs:
            again(program, folder, self.command)
        elif runs[0]["status"] != "completed":
            again(program, folder, in_workspace("run", "--resume", str(runs[0]["run_id"])))

    def result(self, program, folder):
        runs = runs_of(program, folder)
        if len(runs) != 1:
            raise Failure(f"there are {len(runs)} runs instead of one")
        return record_of(program, folder, runs[0]["run_id"])


class Study:
    """Two runs of a study; the study is started again."""

    command = in_workspace("study", "study.json", "--json")

    def prepare(self, program, base, folder):
        (folder / "study.json").write_text(json.dumps(study_of(base)))

    def recover(self, program, folder):
        runs_of(program, folder)
        again(program, folder, self.command)

    def result(self, program, folder):
        return {run["name"]: record_of(program, folder, run["run_id"]) for run in runs_of(program, folder)}


class Import:
    """A run with its model out of an archive into a new workspace."""

    command = in_workspace("runs", "import", "one.skdruns")

    def prepare(self, program, base, folder):
        shutil.copy(base / "one.skdruns", folder)

    def recover(self, program, folder):
        runs_of(program, folder)
        again(program, folder, self.command, may_refuse="already")

    def result(self, program, folder):
        return [record_of(program, folder, run["run_id"]) for run in runs_of(program, folder)]


class Export:
    """What a run left, as files of one format."""

    def __init__(self, command, repeated):
        self.command, self.repeated = in_workspace(*command), in_workspace(*repeated)

    def prepare(self, program, base, folder):
        shutil.copytree(base / "done", folder, dirs_exist_ok=True)

    def recover(self, program, folder):
        runs_of(program, folder)
        again(program, folder, self.repeated)

    def result(self, program, folder):
        out = folder / "out"
        if out.is_file():
            return {"file": archived_rows(out)}
        return {str(file.relative_to(out)): hash_of(file) for file in sorted(out.rglob("*")) if file.is_file()}


class Migration:
    """A workspace of an older schema, taken by a command that writes."""

    def __init__(self, version):
        self.version = version
        self.command = in_workspace("runs", "delete", "1")

    def prepare(self, program, base, folder):
        with sqlite3.connect(folder / WORKSPACE) as database:
            database.executescript((ROOT / f"tests/fixtures/workspace/{self.version}.sql").read_text())
        database.close()

    def recover(self, program, folder):
        runs_of(program, folder)
        again(program, folder, self.command)

    def result(self, program, folder):
        database = sqlite3.connect(f"file:{folder / WORKSPACE}?mode=ro", uri=True)
        try:
            checked = database.execute("PRAGMA integrity_check").fetchall()
            return {"check": checked, "schema": database.execute("PRAGMA user_version").fetchall(),
                    "metrics": len(database.execute("SELECT * FROM metrics").fetchall())
                    if has_table(database, "metrics") else None,
                    "runs": program.ask(folder, in_workspace("runs", "list"))["runs"]}
        finally:
            database.close()


def has_table(database, name):
    return bool(database.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchall())


def archived_rows(path):
    """Every row of an archive's runs and files; its table archive keeps when it was made."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise Failure("the archive is damaged")
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: hashlib.sha256(repr(database.execute(f'SELECT * FROM "{name}"').fetchall()).encode()).hexdigest()
                for name in sorted(names) if not name.startswith("sqlite_") and name != "archive"}
    finally:
        database.close()


SCENARIOS = {
    "run": Run(),
    "study": Study(),
    "import": Import(),
    "export": Export(["export", "run:1", "--format", "hf", "--out", "out"],
                     ["export", "run:1", "--format", "hf", "--out", "out", "--force"]),
    "export-gguf": Export(["export", "run:1", "--format", "gguf", "--out", "out"],
                          ["export", "run:1", "--format", "gguf", "--out", "out", "--force"]),
    "archive": Export(["runs", "export", "1", "--out", "out", "--weights"],
                      ["runs", "export", "1", "--out", "out", "--weights", "--force"]),
    "migration-v1": Migration("v1"),
    "migration-v2": Migration("v2"),
}


def spec_of(base):
    """A run of half a second or so."""
    return {"name": "tiny", "seed": 7, "model": {"path": str(MODEL), "dtype": "f32", "threads": 1},
            "corpus": {"sequence_length": 32, "samples": 12,
                       "shares": [{"name": "text", "path": str(base / "text.jsonl")}]},
            "prune": {"target": 0.3, "rank_multiple": 4, "calibration_tokens": 96, "probe_tokens": 32},
            "distill": {"steps": 6, "batch": 2, "warmup": 1, "learning_rate": 0.002, "eval_every": 3,
                        "checkpoint_every": 2, "stop_on_rise": False, "stop_on_plateau": False},
            "eval": {"max_tokens": 128, "live_tokens": 64, "context": 64}}


def study_of(base):
    fields = {}
    for group, value in spec_of(base).items():
        if isinstance(value, dict):
            fields |= {f"{group}.{name}": leaf for name, leaf in value.items()}
    return {"name": "tiny", "title": "Tiny study", "seeds": [7], "base": fields,
            "variants": [{"name": "uniform", "overrides": {"prune.ranks": "uniform"}},
                         {"name": "dense", "overrides": {"control": "dense-kd"}}]}


def make_text(base):
    rows = (ROOT / "resources/corpus/c4.jsonl").read_text().splitlines(keepends=True)
    (base / "text.jsonl").write_text("".join(rows[:40]))


def make_base(program, base):
    """What the scenarios share: a text, a finished run, and its archive."""
    make_text(base)
    done = base / "done"
    done.mkdir()
    SCENARIOS["run"].prepare(program, base, done)
    again(program, done, Run.command)
    again(program, done, in_workspace("runs", "export", "1", "--out", str(base / "one.skdruns"), "--weights"))
