#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "exchange/foreign_runs.h"

namespace skd {

/// Regular files below a folder, sorted; links are not followed. A folder that cannot be opened is
/// a warning; more entries than any logs have is an error.
Result<std::vector<std::filesystem::path>> filesBelow(const std::filesystem::path& folder,
                                                      std::vector<std::string>& warnings);

/// What was found; else why there is nothing: `what` is absent, deleted or damaged.
Result<ForeignRuns> foundIn(const std::filesystem::path& from, const char* what, ForeignRuns found);

}  // namespace skd
