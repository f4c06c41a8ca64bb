# shellcheck shell=bash
# shellcheck disable=SC2034  # what is set here is used where this is sourced
# What tests/fuzz/run, long and make-corpora share; sourced after packaging/lib.sh.

SKD_ME=tests/fuzz/$(basename -- "$0")
FUZZ_BUILD=$SKD_ROOT/build/fuzz
FUZZ_CORPORA=$SKD_ROOT/tests/fuzz/corpus
FUZZ_FINDINGS=$FUZZ_BUILD/findings
# Parsers in memory, then those that open a database or write files.
FUZZ_PURE=(safetensors gguf config tokenizer spec study)
FUZZ_TARGETS=("${FUZZ_PURE[@]}" corpus archive workspace tensorboard mlflow checkpoint teacher_cache)

# longest TARGET: bytes of its largest input.
longest() {
    case $1 in
        tokenizer | gguf) echo 65536 ;;
        workspace | archive | mlflow) echo 131072 ;;
        *) echo 16384 ;;
    esac
}

# build_targets TARGET...: with clang, libFuzzer and the sanitizers, in build/fuzz.
build_targets() {
    have clang++-14 || die "clang++-14 is missing" "packaging/setup --fuzz installs it"
    local target options=()
    for target in "$@"; do options+=(--target "fuzz_$target"); done
    bash "$SKD_ROOT/packaging/build" --preset fuzz "${options[@]}"
}

# make_scratch: a folder in memory where there is one, for the files that targets read; gone when the script ends.
make_scratch() {
    local memory=/dev/shm
    [ -w "$memory" ] || memory=${TMPDIR:-/tmp}
    FUZZ_SCRATCH=$(mktemp -d "$memory/skd-fuzz-XXXXXX")
    trap 'rm -rf -- "$FUZZ_SCRATCH"' EXIT
    export TMPDIR=$FUZZ_SCRATCH
    # Leaks are looked for where the system lets one process look at another.
    export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8:allocator_may_return_null=0
    export UBSAN_OPTIONS=print_stacktrace=1 LC_ALL=C.UTF-8
}

# What one input may take: 100 MB (counted in the target, and for one block by libFuzzer; the resident set holds the
# sanitizers' own as well) and 1 s of computing (counted in the target; by the clock 60 s, for what waits for ever).
FUZZ_LIMITS=(-timeout=60 -malloc_limit_mb=100 -rss_limit_mb=1536)

# fuzz TARGET GROWN OPTION...: one process; new inputs go into GROWN.
fuzz() {
    local target=$1 grown=$2
    mkdir -p -- "$grown" "$FUZZ_FINDINGS"
    "$FUZZ_BUILD/bin/fuzz_$target" "${FUZZ_LIMITS[@]}" -max_len="$(longest "$target")" -report_slow_units=60 \
        -artifact_prefix="$FUZZ_FINDINGS/$target-" -print_final_stats=1 "${@:3}" "$grown" "$FUZZ_CORPORA/$target"
}

# statistic LOG NAME: a figure of libFuzzer's final statistics; 0 where it did not get so far.
statistic() {
    local value
    value=$(sed -nE "s/^stat::$2: +([0-9]+).*/\1/p" "$1" | tail -n 1)
    echo "${value:-0}"
}

# findings_of TARGET: the inputs that failed, one a line.
findings_of() { find "$FUZZ_FINDINGS" -name "$1-*" -print; }

# in_parallel JOBS FUNCTION TARGET...: FUNCTION TARGET for each, so many at a time; 1 where one failed.
in_parallel() {
    local limit=$1 function=$2 target pid pids=() failed=0
    shift 2
    for target in "$@"; do
        while [ "$(jobs -rp | wc -l)" -ge "$limit" ]; do sleep 0.2; done
        "$function" "$target" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
    return $failed
}
