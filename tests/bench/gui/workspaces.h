#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd::bench {

/// A workspace of `runs` short runs.
Status writeManyRuns(const std::filesystem::path& file, int runs);
/// A workspace of about `megabytes` on disk: few runs with very long curves.
Status writeLargeWorkspace(const std::filesystem::path& file, int megabytes);

}  // namespace skd::bench
