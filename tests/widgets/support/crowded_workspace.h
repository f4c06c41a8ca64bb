#pragma once

#include <filesystem>

#include "base/result.h"

namespace skd::test {

/// How much a crowded workspace holds.
struct Crowd {
    int runs = 10'000;  ///< ordinary ones, behind the odd ones
    int studies = 12, tags = 40;
    int longestCurve = 200'000;  ///< steps of the longest run
};

/// A workspace at every extreme: names of 90 characters in several scripts, every status,
/// perplexities that are NaN, infinite or above a million, runs of one step and of very many,
/// rounds with a refused cut, notes, many studies, tags and models. Invented figures, never
/// shipped.
Status writeCrowdedWorkspace(const std::filesystem::path& file, const Crowd& crowd = {});

/// A workspace without any run.
Status writeEmptyWorkspace(const std::filesystem::path& file);

}  // namespace skd::test
