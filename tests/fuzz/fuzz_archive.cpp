// A file of runs: imported into a new workspace, which then is read.
#include "exchange/run_archive.h"
#include "fuzz/fuzz_store_reading.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    clearFolder();
    const std::filesystem::path archive = putFile("runs.skdruns", input);
    const auto taken = importArchive(folder() / "w.sqlite", archive);
    if (!taken) return;
    readWorkspace(folder() / "w.sqlite");
    for (const ArchiveImport::Entry& entry : taken->imported)
        static_cast<void>(restoreFiles(archive, entry.source, folder() / "files"));
}

}  // namespace skd::fuzz
