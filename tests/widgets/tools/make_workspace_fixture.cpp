// Writes a synthetic workspace to look at the window without an engine: make_workspace_fixture FILE
// [LAYERS | empty | crowded [RUNS]]
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "widgets/support/crowded_workspace.h"
#include "widgets/support/synthetic_workspace.h"

int main(int argc, char** argv) {
    if (argc < 2)
        return std::fputs("usage: make_workspace_fixture FILE [LAYERS | empty | crowded [RUNS]]\n",
                          stderr),
               2;
    const std::string_view what = argc > 2 ? argv[2] : "30";
    skd::test::Crowd crowd;
    if (argc > 3) crowd.runs = std::atoi(argv[3]);
    const skd::Status status =
        what == "empty"     ? skd::test::writeEmptyWorkspace(argv[1])
        : what == "crowded" ? skd::test::writeCrowdedWorkspace(argv[1], crowd)
                            : skd::test::writeSyntheticWorkspace(argv[1], std::atoi(what.data()));
    if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
    return status ? 0 : 1;
}
