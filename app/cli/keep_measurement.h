#pragma once

#include "cli/command.h"
#include "requests/task.h"

namespace skd::cli {

/// --keep: the result goes into the workspace, where the window's Profile page shows it.
void addKeepFlag(CLI::App* command, bool& keep);
/// Keeps a measurement in the workspace and says so on stderr; Busy where another process owns it.
Status keepMeasurement(const TaskRequest& task, Json result, const std::string& workspace);

}  // namespace skd::cli
