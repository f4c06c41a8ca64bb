#include "cli/keep_measurement.h"

#include <iostream>

#include "store/run_writer.h"

namespace skd::cli {

void addKeepFlag(CLI::App* command, bool& keep) {
    command->add_flag("--keep", keep,
                      "keep the result in the workspace, for the window's Profile page");
}

Status keepMeasurement(const TaskRequest& task, Json result, const std::string& workspace) {
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(const std::int64_t id,
            writer->apply(KeepMeasurement{measurementOf(task, std::move(result))}));
    std::cerr << "kept as measurement " << id << " in " << workspace << "\n";
    return {};
}

}  // namespace skd::cli
