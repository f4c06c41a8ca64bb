// Writes a synthetic workspace to look at the window without an engine: make_workspace_fixture FILE
// [LAYERS]
#include <cstdio>
#include <cstdlib>

#include "synthetic_workspace.h"

int main(int argc, char** argv) {
    if (argc < 2) return std::fputs("usage: make_workspace_fixture FILE [LAYERS]\n", stderr), 2;
    const skd::Status status =
        skd::test::writeSyntheticWorkspace(argv[1], argc > 2 ? std::atoi(argv[2]) : 30);
    if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return status ? 0 : 1;
}
