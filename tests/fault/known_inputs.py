"""Inputs that once broke the program or gave wrong figures: how each is made of fixtures, and what has to come out."""

import dataclasses
import gzip
import json
import shutil
import sqlite3
import struct
from typing import Callable

from scenarios import MODEL, UNCLEAR, Failure, in_workspace, spec_of

CONTROL = [chr(code) for code in (*range(9), *range(11, 32), 127, 155)]
CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


@dataclasses.dataclass
class Stage:
    """What a case works with: the program, a folder of its own, and the shared base (a text, a finished run)."""

    program: object
    folder: object
    base: object

    def run(self, *arguments, code=0, says=""):
        """Both streams as one text; Failure where it ends otherwise than with `code`, or does not say `says`."""
        outcome = self.program.run(self.folder, list(arguments))
        words = outcome.out + outcome.err
        if outcome.code != code:
            raise Failure(f"{' '.join(arguments)} exits {outcome.code}, not {code}: {words.strip()[-300:]}")
        if says not in words:
            raise Failure(f"{' '.join(arguments)} does not say {says!r}: {words.strip()[-300:]}")
        if any(control in words for control in CONTROL):
            raise Failure(f"{' '.join(arguments)} writes control characters")
        if unclear := [word for word in UNCLEAR if word in words]:
            raise Failure(f"{' '.join(arguments)} has unclear words ({unclear[0]}): {words.strip()[-300:]}")
        return words

    def model(self, name, change_config=None, change_tensors=None):
        """A copy of the fixture, with another config and other tensors ({name: (dtype, shape, bytes)})."""
        path = self.folder / name
        shutil.copytree(MODEL, path)
        config = json.loads((path / "config.json").read_text())
        if change_config:
            change_config(config)
            (path / "config.json").write_text(json.dumps(config))
        if change_tensors:
            tensors = read_tensors(path / "model.safetensors")
            (path / "model.safetensors").write_bytes(written(change_tensors(tensors)))
        return name

    def perplexity(self, model):
        text = str(self.base / "plain.txt")
        return self.program.ask(self.folder, ["eval", model, "--text", text, "--context", "64", "--stride", "32",
                                              "--max-tokens", "500", "--dtype", "f32", "--no-quality"])["ppl"]

    def spec(self, **fields):
        spec = spec_of(self.base)
        for name, value in fields.items():
            group, _, field = name.partition("__")
            spec[group][field] = value
        (self.folder / "spec.json").write_text(json.dumps(spec))
        return in_workspace("run", "spec.json")

    def finished(self):
        shutil.copytree(self.base / "done", self.folder, dirs_exist_ok=True)


def read_tensors(path):
    raw = path.read_bytes()
    size, = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8:8 + size])
    return {name: (entry["dtype"], entry["shape"], raw[8 + size + entry["data_offsets"][0]:
                                                       8 + size + entry["data_offsets"][1]])
            for name, entry in header.items() if name != "__metadata__"}


def written(tensors):
    header, data = {}, b""
    for name, (dtype, shape, raw) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def scaled(tensor, factor):
    dtype, shape, raw = tensor
    values = struct.unpack(f"<{len(raw) // 4}f", raw)
    return dtype, shape, struct.pack(f"<{len(values)}f", *(value * factor for value in values))


def equal(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: {found} instead of {expected}")


# Models as they lie on disks, and descriptions that contradict themselves.

@case
def no_model_prefix(stage):
    stage.model("base", None, lambda tensors: {name.removeprefix("model."): one for name, one in tensors.items()})
    equal(stage.perplexity("base"), stage.perplexity(str(MODEL)), "perplexity without the prefix")


@case
def tied_but_different_head(stage):
    def with_head(tensors):
        return tensors | {"lm_head.weight": scaled(tensors["model.embed_tokens.weight"], 0.5)}
    stage.model("tied", lambda config: config.update(tie_word_embeddings=True), with_head)
    stage.model("open", lambda config: config.update(tie_word_embeddings=False), with_head)
    equal(stage.perplexity("tied"), stage.perplexity("open"), "perplexity with a head of its own")


@case
def rope_two_keys(stage):
    linear = {"rope_theta": 10000.0, "rope_scaling": {"type": "linear", "factor": 4.0}}

    def old_alone(config):
        config.pop("rope_parameters", None)
        config.update(linear)
    stage.model("both", lambda config: config.update(
        linear, rope_parameters={"rope_theta": 10000.0, "rope_type": "default"}))
    stage.model("old", old_alone)
    equal(stage.perplexity("both"), stage.perplexity("old"), "perplexity with both names of the scaling")
    if stage.perplexity("old") == stage.perplexity(str(MODEL)):
        raise Failure("the scaling changes nothing")


@case
def hub_name(stage):
    hub, commit = stage.folder / "hub/models--someorg--tiny-llama", "0123456789abcdef" * 2 + "01234567"
    snapshot = hub / "snapshots" / commit
    snapshot.mkdir(parents=True)
    (hub / "blobs").mkdir()
    (hub / "refs").mkdir()
    (hub / "refs/main").write_text(commit)
    for file in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(MODEL / file, hub / "blobs" / file)
        (snapshot / file).symlink_to(f"../../blobs/{file}")
    for path in (hub, snapshot):
        stage.run("inspect", str(path), says="tiny-llama")


@case
def teacher_padded_vocabulary(stage):
    def padded(tensors):
        dtype, (rows, width), raw = tensors["model.embed_tokens.weight"]
        return tensors | {"model.embed_tokens.weight": (dtype, [rows + 21, width], raw + bytes(21 * width * 4))}
    stage.model("padded", lambda config: config.update(vocab_size=config["vocab_size"] + 21), padded)
    command = stage.spec()
    stage.run(*command, "--set", "teacher.path=padded")


@case
def zero_gradient(stage):
    def silent(tensors):
        return {name: scaled(one, 0) if "layers.1." in name and ("down_proj" in name or "o_proj" in name) else one
                for name, one in tensors.items()}
    stage.model("silent", None, silent)
    stage.run(*stage.spec(), "--set", "model.path=silent", says="no influence")


@case
def infinite_perplexity(stage):
    stage.model("wild", None, lambda tensors: tensors | {
        "model.norm.weight": scaled(tensors["model.norm.weight"], 1e5)})
    stage.run(*stage.spec(distill__steps=0), "--set", "model.path=wild")
    stage.run(*in_workspace("runs", "list"), says="inf")
    shown = stage.program.ask(stage.folder, in_workspace("runs", "show", "1"))
    equal(shown["dense_ppl"], "inf", "the dense perplexity")


@case
def one_window_error(stage):
    (stage.folder / "short.txt").write_text("Only a few words are in this text.")
    report = stage.program.ask(stage.folder, ["eval", str(MODEL), "--text", "short.txt", "--dtype", "f32",
                                              "--no-quality"])
    equal(report["standard_error"], None, "the error of one window")


# Texts.

def rows_of(stage):
    return (stage.base / "text.jsonl").read_text().splitlines()


@case
def gzip_tail(stage):
    packed = gzip.compress("\n".join(rows_of(stage)).encode())
    for name, tail in (("zeros", bytes(512)), ("garbage", b"\nxyz")):
        (stage.folder / f"{name}.jsonl.gz").write_bytes(packed + tail)
        stage.run("corpus", "build", f"out-{name}", "--share", f"x={name}.jsonl.gz")
        manifest = json.loads((stage.folder / f"out-{name}/manifest.json").read_text())
        equal(manifest["shares"][0].get("refused", 0), 0, f"rows left out with {name} behind the data")


@case
def jsonl_one_row(stage):
    for name, row in (("surrogate", '{"text": "a whole row \\ud83d of words"}'), ("nan", '{"text": "words", "x": NaN}'),
                      ("null", '{"text": null}'), ("missing", '{"other": 1}')):
        rows = rows_of(stage)
        rows[20] = row
        (stage.folder / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
        stage.run("corpus", "build", f"out-{name}", "--share", f"x={name}.jsonl")


@case
def silent_repeats(stage):
    (stage.folder / "tiny.jsonl").write_text('{"text": "three words only"}\n')
    shares = json.dumps([{"name": "x", "path": str(stage.folder / "tiny.jsonl")}])
    stage.run(*stage.spec(), "--set", f"corpus.shares={shares}", says="repeat")


# What others have recorded.

def mlflow_run(folder, name, status, ending="\n", loss="1700000000000 2.5 0"):
    lines = ["end_time: 1700000009000", f"run_id: {name}", f"run_name: {name}", "start_time: 1700000000000",
             f"status: {status}", "lifecycle_stage: active"]
    for path, text in (("meta.yaml", ending.join(lines) + ending), ("metrics/loss", loss + ending),
                       ("params/lr", "0.001"), ("tags/mlflow.runName", name)):
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_bytes(text.encode())


@case
def import_loses_state(stage):
    experiment = stage.folder / "mlruns/5"
    for name, status in (("done", 3), ("broken", 4), ("stopped", 5)):
        mlflow_run(experiment, name, status)
    stage.run(*in_workspace("runs", "import", "mlruns", "--format", "mlflow"))
    runs = stage.program.ask(stage.folder, in_workspace("runs", "list"))["runs"]
    equal({run["name"]: run["status"] for run in runs},
          {"done": "completed", "broken": "failed", "stopped": "cancelled"}, "states of imported runs")


@case
def one_damaged_file(stage):
    experiment = stage.folder / "mlruns/5"
    mlflow_run(experiment, "whole", 3)
    mlflow_run(experiment, "crlf", 3, ending="\r\n")
    mlflow_run(experiment, "damaged", 3, loss="1700000000000 2.5 0\n\0\1 nonsense")
    (experiment / "whole/metrics/.DS_Store").write_bytes(b"\0\0\0\1Bud1")
    stage.run(*in_workspace("runs", "import", "mlruns", "--format", "mlflow"))
    equal(len(stage.program.ask(stage.folder, in_workspace("runs", "list"))["runs"]), 3, "imported runs")


@case
def mlflow_names(stage):
    experiment = stage.folder / "mlruns/5"
    mlflow_run(experiment, "one", 3)
    (experiment / "one/metrics/=1+1").write_text("1700000000000 0.5 0\n")
    stage.run(*in_workspace("runs", "import", "mlruns", "--format", "mlflow"))
    stage.run(*in_workspace("runs", "csv", "1", "--out", "csv"))
    table = "".join(file.read_text() for file in (stage.folder / "csv").iterdir())
    equal("'=1+1" in table and "\n=1+1" not in table, True, "names that a table would take for formulas are guarded")


# Files that somebody hands over.

@case
def terminal_escape(stage):
    stage.model("evil", lambda config: config.update(model_type="\x1b[2Jrwkv\nsparsekd: done"))
    stage.run("inspect", "evil", code=2)


def with_tokenizer(stage, change):
    stage.model("evil")
    path = stage.folder / "evil/tokenizer.json"
    tokenizer = json.loads(path.read_text())
    change(tokenizer)
    path.write_text(json.dumps(tokenizer))
    (stage.folder / "a.txt").write_text("a" * 64)
    stage.run("tokenize", "evil", "--text", "a.txt", code=2)


@case
def tokenizer_stack_overflow(stage):
    with_tokenizer(stage, lambda tokenizer: tokenizer.update(pre_tokenizer={"type": "Sequence", "pretokenizers": [
        {"type": "Digits", "individual_digits": True}] * 12000}))


@case
def tokenizer_normalizer_growth(stage):
    rule = {"type": "Replace", "pattern": {"String": "a"}, "content": "a" * 10}
    with_tokenizer(stage, lambda tokenizer: tokenizer.update(normalizer={"type": "Sequence",
                                                                         "normalizers": [rule] * 8}))


@case
def corpus_manifest_type(stage):
    (stage.folder / "rows.jsonl").write_text("\n".join(rows_of(stage)) + "\n")
    stage.run("corpus", "build", "out", "--share", "x=rows.jsonl")
    path = stage.folder / "out/manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"sequence_length": "run:99"}))
    stage.run("corpus", "sample", "out", "-n", "1", "--tokenizer", str(MODEL))  # with the default length


def altered_archive(stage, *statements):
    shutil.copy(stage.base / "one.skdruns", stage.folder / "evil.skdruns")
    with sqlite3.connect(stage.folder / "evil.skdruns") as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    stage.run(*in_workspace("runs", "import", "evil.skdruns"), code=2)


@case
def archive_view_endless(stage):
    altered_archive(stage, "ALTER TABLE runs RENAME TO runs0", "CREATE VIEW runs AS WITH RECURSIVE c(x) AS (SELECT 1 "
                    "UNION ALL SELECT x + 1 FROM c) SELECT r.* FROM runs0 r, c WHERE c.x < 0")


@case
def archive_view_memory(stage):
    altered_archive(stage, "ALTER TABLE runs RENAME TO runs0",
                    "CREATE VIEW runs AS SELECT id, hex(zeroblob(400000000)) AS name FROM runs0")


@case
def archive_origin_key(stage):
    altered_archive(stage, """UPDATE runs SET environment = '{"origin":{"key":5}}'""")


@case
def lock_symlink(stage):
    stage.finished()
    (stage.folder / "victim").write_text("precious")
    (stage.folder / "w.sqlite.lock").unlink(missing_ok=True)
    (stage.folder / "w.sqlite.lock").symlink_to("victim")
    stage.program.run(stage.folder, in_workspace("runs", "delete", "1"))
    equal((stage.folder / "victim").read_text(), "precious", "the file that the lock's link names")


@case
def probes_key_abort(stage):
    stage.finished()
    probes = list((stage.folder / "w.sqlite.files").rglob("*.probes.json"))
    if not probes:
        raise Failure("the run kept no measured weights")
    for path in probes:
        path.write_bytes(path.read_bytes().replace(b"probe", b"prube"))
    stage.run(*stage.spec())  # measured again


@case
def resume_ignores_changes(stage):
    stage.finished()
    stage.run(*in_workspace("run", "spec.json", "--resume", "1", "--set", "distill.steps=300"), code=2)


@case
def double_slash(stage):
    stage.finished()
    stage.run("runs", "list", "--workspace", f"/{stage.folder}/w.sqlite", says="tiny")
