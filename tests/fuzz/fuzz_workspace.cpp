// A workspace's SQLite file: everything is read; one in eight is also taken, migrated and written
// to.
#include "fuzz/fuzz_store.h"
#include "fuzz/fuzz_target.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    clearFolder();
    const std::filesystem::path file = putFile("w.sqlite", input);
    readWorkspace(file);
    if (!isEighth(input)) return;
    const auto writer = RunWriter::open(file);
    if (!writer) return;
    const auto run = (*writer)->createRun("fuzz", Json::object(), "hash");
    if (!run) return;
    (*writer)->appendMetrics(*run, {{"kd.ce", 1, 2.5, 3}});
    static_cast<void>((*writer)->flush());
    readWorkspace(file);
}

}  // namespace skd::fuzz
