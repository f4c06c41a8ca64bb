#include "cli/keep_measurement.h"

#include <iostream>

#include "store/run_writer.h"

namespace skd::cli {

std::shared_ptr<bool> addKeepFlag(CLI::App& command) {
    auto keep = std::make_shared<bool>(false);
    command.add_flag("--keep", *keep,
                     "keep the result in the workspace, for the window's Profile page");
    return keep;
}

Status keepMeasurement(const TaskRequest& task, Json result, const std::string& workspace) {
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(const std::int64_t id,
            writer->apply(KeepMeasurement{measurementOf(task, std::move(result))}));
    std::cerr << "kept as measurement " << id << " in " << workspace << "\n";
    return {};
}

}  // namespace skd::cli
