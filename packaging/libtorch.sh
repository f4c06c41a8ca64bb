# shellcheck shell=bash
# LibTorch out of the torch wheel into .deps/torch. Sourced by packaging/setup after lib.sh.

TORCH_VERSION=2.13.0
TORCH_DIR=$SKD_DEPS/torch
# Interpreters whose wheels are tried where this machine's own Python has none: the wheel is only
# unpacked, so any will do.
TORCH_PYTHONS=(3.11 3.12 3.13 3.10)
# Parts that need the Python runtime or serve PyTorch's own tests.
TORCH_UNUSED=(torch/lib/libtorch_python.so 'torch/lib/lib*_test.so' torch/lib/libtorchbind_test.so
    torch/lib/libbackend_with_compiler.so torch/lib/libaoti_custom_ops.so)
# Parts of a CUDA wheel that a machine without a GPU does without.
TORCH_CUDA_PARTS=(torch/lib/libtorch.so 'torch/lib/libtorch_cuda*.so' 'torch/lib/libc10_cuda.so'
    'torch/lib/libtorch_nvshmem.so' 'torch/lib/libcaffe2_nvrtc.so')

# newest_wheel PATTERN [EXCEPT]: the newest matching file in .deps/download, or nothing.
newest_wheel() {
    find "$SKD_DEPS/download" -maxdepth 1 -name "$1" ! -name "${2:-}" -printf '%T@ %p\n' | sort -rn | sed -n '1s/^[^ ]* //p'
}

has_nvidia_gpu() {
    [ -e /dev/nvidia0 ] || { have nvidia-smi && [[ $(nvidia-smi -L 2>/dev/null) == GPU* ]]; }
}

# torch_home DIR: DIR or DIR/torch, whichever holds lib/libtorch_cpu.so; else nothing.
torch_home() {
    local home
    for home in "$1/torch" "$1"; do
        if [ -f "$home/lib/libtorch_cpu.so" ] && [ -d "$home/include/ATen" ]; then
            echo "$home"
            return 0
        fi
    done
}

# torch_version HOME: such as 2.13.0, read from its headers.
torch_version() {
    local header
    for header in headeronly/version.h csrc/api/include/torch/version.h; do
        if grep -qs '^#define TORCH_VERSION_MAJOR' "$1/include/torch/$header"; then
            sed -nE 's/^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ([0-9]+).*/\2/p' "$1/include/torch/$header" | paste -sd.
            return 0
        fi
    done
}

torch_build_of() { if [ -e "$1/lib/libtorch_cuda.so" ]; then echo cuda; else echo cpu; fi; }

# torch_ready KIND: .deps/torch holds this version, and the asked-for build (auto takes either).
torch_ready() {
    local home
    home=$(torch_home "$TORCH_DIR")
    [ -n "$home" ] && [ "$(torch_version "$home")" = $TORCH_VERSION ] || return 1
    [ "$1" = auto ] || [ "$(torch_build_of "$home")" = "$1" ]
}

# check_own_libtorch DIR: the folder that the user named.
check_own_libtorch() {
    local home
    home=$(torch_home "$1")
    [ -n "$home" ] || die "no LibTorch in $1: lib/libtorch_cpu.so and include/ATen are expected there" \
        "give the folder of an unpacked LibTorch or of an installed torch package," \
        "or drop --libtorch (and SKD_LIBTORCH) to fetch $TORCH_VERSION"
    note "using your LibTorch $(torch_version "$home") in $home"
}

# fetch_torch KIND: leaves a wheel in .deps/download. KIND: cpu, cuda, or cuda-or-cpu (cuda if it can be had).
fetch_torch() {
    local log=$SKD_DEPS/log/pip-torch.log spec python specs=()
    local cpu="torch==$TORCH_VERSION+cpu" plain="torch==$TORCH_VERSION,!=$TORCH_VERSION+cpu"
    case $1 in
        cpu) specs=("$cpu" "$plain") ;;
        cuda) specs=("$plain") ;;
        *) specs=("$plain" "$cpu") ;;
    esac
    find_pip
    for spec in "${specs[@]}"; do
        note "fetching $spec through ${SKD_PIP[*]}"
        ! pip_download "$log" "$spec" || return 0
        case $(pip_failure "$log") in
            network | trust) continue ;;
            absent) ;;
            *) break ;;
        esac
        for python in "${TORCH_PYTHONS[@]}"; do
            ! pip_download "$log" --only-binary=:all: --platform "manylinux_2_28_$(uname -m)" \
                --implementation cp --python-version "$python" "$spec" || return 0
        done
        note "not on the package index for $(uname -m): $spec"
    done
    die_of_pip "torch $TORCH_VERSION" "$log"
}

# cached_torch KIND: a wheel of that kind that was fetched before, or nothing. A CUDA wheel serves
# as cpu build too: its CUDA parts are then left in the wheel.
cached_torch() {
    local cpu cuda
    cpu=$(newest_wheel "torch-$TORCH_VERSION+cpu-*.whl")
    cuda=$(newest_wheel "torch-$TORCH_VERSION*.whl" '*+cpu-*')
    case $1 in
        cpu) echo "${cpu:-$cuda}" ;;
        cuda) echo "$cuda" ;;
        *) echo "${cuda:-$cpu}" ;;
    esac
}

# unpack_torch WHEEL KIND: into .deps/torch.partial; 0 done, 1 the wheel is broken.
unpack_torch() {
    local partial=$TORCH_DIR.partial unused=("${TORCH_UNUSED[@]}") status=0
    [ "$2" != cpu ] || [[ $1 == *+cpu-* ]] || unused+=("${TORCH_CUDA_PARTS[@]}")
    rm -rf -- "$partial"
    mkdir -p -- "$partial"
    unzip -q -o "$1" 'torch/lib/*' 'torch/include/*' torch/version.py 'torch-*.dist-info/*' \
        -x "${unused[@]}" -d "$partial" >"$SKD_DEPS/log/unzip.log" 2>&1 || status=$?
    if [ $status -eq 50 ] || [ "$(free_mb "$SKD_DEPS")" -lt 10 ]; then
        rm -rf -- "$partial"
        die "the disk filled up while LibTorch was unpacked" "free 2000 MB below $SKD_DEPS, then run again"
    fi
    [ $status -eq 0 ] && [ -n "$(torch_home "$partial")" ]
}

# missing_libraries HOME: shared libraries that the loader cannot find for LibTorch.
missing_libraries() {
    local library
    for library in "$1"/lib/lib{c10,torch_cpu,c10_cuda,torch_cuda}.so; do
        [ ! -e "$library" ] || LC_ALL=C ldd "$library" 2>&1 | awk '/not found/ { print $1, $2, $3, $4 }'
    done | sort -u
}

# cuda_runtime_of DIR KIND: the wheel's requirements on NVIDIA's libraries; for a machine without a
# GPU only the two that libtorch_cpu.so itself is linked with.
cuda_runtime_of() {
    sed -nE 's/^Requires-Dist: ((cuda-toolkit|nvidia-)[^;]*).*/\1/p' "$1"/torch-*.dist-info/METADATA |
        if [ "$2" != cpu ]; then cat; else
            sed -nE 's/^(cuda-toolkit)\[[^]]*\](.*)/\1[cudart,cupti]\2/p; /^nvidia-cuda-(runtime|cupti)/p'
        fi
}

# add_cuda_runtime DIR KIND: where the loader misses libraries, puts NVIDIA's packages beside torch/,
# in the place that the wheel's own RPATH ($ORIGIN/../../nvidia/...) names.
add_cuda_runtime() {
    local needs=$SKD_DEPS/log/cuda-requirements.txt log=$SKD_DEPS/log/pip-cuda.log
    [ -n "$(missing_libraries "$1/torch")" ] || return 0
    cuda_runtime_of "$1" "$2" >"$needs"
    [ -s "$needs" ] || return 0
    [ "$2" = cpu ] || need_disk "$SKD_DEPS" 5000 "NVIDIA's runtime libraries"
    find_pip
    note "fetching the runtime libraries that this build is linked with: $(paste -sd' ' "$needs")"
    "${SKD_PIP[@]}" install --quiet --no-warn-conflicts --only-binary=:all: --target "$1" \
        --requirement "$needs" 2>"$log" || die_of_pip "NVIDIA's runtime libraries" "$log"
}

# check_loads HOME: the loader finds everything, so that programs linked with it will start.
check_loads() {
    local missing
    missing=$(missing_libraries "$1" | paste -sd';')
    [ -z "$missing" ] || die "LibTorch $TORCH_VERSION cannot be loaded on this machine: $missing" \
        "a GLIBC or GLIBCXX version means that the system is too old (Debian 12 or Ubuntu 24.04 is needed);" \
        "otherwise install that library, or fetch the other build: $SKD_ME --torch cpu"
}

# place_torch WHEEL KIND: unpacks, completes, checks, and only then takes the place of the old one.
place_torch() {
    local partial=$TORCH_DIR.partial
    unpack_torch "$1" "$2" || return 1
    add_cuda_runtime "$partial" "$2"
    check_loads "$partial/torch"
    rm -rf -- "$TORCH_DIR.old"
    [ ! -e "$TORCH_DIR" ] || mv -- "$TORCH_DIR" "$TORCH_DIR.old" || die "cannot replace $TORCH_DIR"
    mv -- "$partial" "$TORCH_DIR" || die "cannot move $partial to $TORCH_DIR"
    rm -rf -- "$TORCH_DIR.old"
}

# need_disk_for_torch KIND: room for the wheel (pip holds it twice for a moment) and what comes out of it.
need_disk_for_torch() {
    local wheel=1200 unpacked=700
    [ "$1" = cpu ] || unpacked=5500
    [ -z "$(cached_torch "$1")" ] || wheel=0
    need_disk "$SKD_DEPS" $((wheel + unpacked)) "LibTorch's $1 build"
}

# install_libtorch OWN_DIR KIND
install_libtorch() {
    local kind=$2 wheel try home
    if [ -n "$1" ]; then
        check_own_libtorch "$1"
        return 0
    fi
    if torch_ready "$kind"; then
        home=$(torch_home "$TORCH_DIR")
        note "in place: $home ($(torch_build_of "$home") build)"
        [ "$kind" != auto ] || [ "$(torch_build_of "$home")" = cuda ] || ! has_nvidia_gpu ||
            note "an NVIDIA GPU is present; to use it: $SKD_ME --torch cuda"
        return 0
    fi
    [ "$kind" != auto ] || { kind=cpu; ! has_nvidia_gpu || kind='cuda-or-cpu'; }
    note "taking the $kind build"
    need_disk_for_torch "$kind"
    for try in 1 2; do
        wheel=$(cached_torch "$kind")
        [ -n "$wheel" ] || { fetch_torch "$kind"; wheel=$(cached_torch "$kind"); }
        note "unpacking $(basename -- "$wheel")"
        if place_torch "$wheel" "$kind"; then
            note "in place: $TORCH_DIR/torch"
            return 0
        fi
        note "$(basename -- "$wheel") is broken (.deps/log/unzip.log); fetching it again (try $try of 2)"
        rm -f -- "$wheel"
    done
    die "the torch wheel arrives broken" \
        "clear pip's cache (${SKD_PIP[*]:-pip} cache purge) and run again, or give a LibTorch of your own: --libtorch DIR"
}
