// A file of runs: imported into an empty workspace, which then is read.
#include "exchange/run_archive.h"
#include "fuzz/fuzz_store.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    clearFolder();
    const std::filesystem::path archive = putFile("runs.skdruns", input),
                                workspace = emptyWorkspace();
    const auto taken = importArchive(workspace, archive);
    if (!taken) return;
    readWorkspace(workspace);
    for (const ArchiveImport::Entry& entry : taken->imported)
        static_cast<void>(restoreFiles(archive, entry.source, folder() / "files"));
}

}  // namespace skd::fuzz
