# shellcheck shell=bash
# What packaging/deb and packaging/appimage share: the built programs as they are to be installed.

# project_version: as CMakeLists.txt says.
project_version() { sed -nE 's/^project\(.* VERSION ([0-9.]+).*/\1/p' "$SKD_ROOT/CMakeLists.txt"; }

# stage_tree BUILD ROOT: installs the build below ROOT/usr.
stage_tree() {
    local build=$1 root=$2
    [ -x "$build/bin/sparsekd-workbench" ] ||
        die "there is no $build/bin/sparsekd-workbench" "packaging/build makes it"
    if ldd "$build/bin/sparsekd" | grep -q libtorch_cuda; then
        say "this build uses LibTorch for CUDA, which is several gigabytes large and not packed;"
        say "packaging/setup --torch cpu and packaging/build make one that is"
        exit 77
    fi
    mkdir -p -- "$root/usr"
    cmake --install "$build" --prefix "$root/usr" >"$root.log" 2>&1 ||
        { tail -n 5 "$root.log" >&2; die "cmake --install failed (its words are above)" "mend that, then run $SKD_ME again"; }
    rm -f -- "$root.log"
}

# strip_programs ROOT: symbols only help where the sources are.
strip_programs() { ! have strip || strip --strip-unneeded "$1"/usr/bin/*; }

# needed_libraries FILE...: files that the dynamic linker loads from outside the tree.
needed_libraries() {
    local file
    for file in "$@"; do
        ldd "$file" | sed -nE 's/.* => (\/[^ ]+) .*/\1/p'
    done | sort -u | grep -v '/sparsekd/' | while read -r file; do readlink -f -- "$file"; done | sort -u
}
