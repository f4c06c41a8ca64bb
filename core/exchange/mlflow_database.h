#pragma once

#include <filesystem>

#include "base/result.h"
#include "exchange/foreign_runs.h"

namespace skd {

/// True for a file that begins as SQLite's do.
bool isSqliteFile(const std::filesystem::path& file);

/// The runs of an MLflow database (SQLite, the store of MLflow since 3.7), which is only read.
/// MLflow keeps NaN as a flag and infinities as the largest doubles. Corrupt where its tables are
/// not MLflow's.
Result<ForeignRuns> readMlflowDatabase(const std::filesystem::path& file);

}  // namespace skd
