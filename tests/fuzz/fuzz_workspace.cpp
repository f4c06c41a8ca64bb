// A workspace's SQLite file: everything is read, then the file is taken, migrated and written to.
#include "fuzz/fuzz_store_reading.h"
#include "fuzz/fuzz_target.h"
#include "store/run_writer.h"

namespace skd::fuzz {

void tryInput(std::string_view input) {
    clearFolder();
    const std::filesystem::path file = putFile("w.sqlite", input);
    readWorkspace(file);
    const auto writer = RunWriter::open(file);
    if (!writer) return;
    const auto run = (*writer)->createRun("fuzz", Json::object(), "hash");
    if (!run) return;
    (*writer)->appendMetrics(*run, {{"kd.ce", 1, 2.5, 3}});
    static_cast<void>((*writer)->flush());
    readWorkspace(file);
}

}  // namespace skd::fuzz
