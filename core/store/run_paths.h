#pragma once

#include <filesystem>

#include "base/units.h"

namespace skd {

/// Where a run keeps its large files: one cache folder per workspace, shared caches plus a folder a
/// run.
struct RunPaths {
    std::filesystem::path cache;

    /// Those of a workspace: beside its SQLite file, unless a folder is given.
    static RunPaths of(const std::filesystem::path& workspace,
                       const std::filesystem::path& cacheFolder = {}) {
        if (!cacheFolder.empty()) return {cacheFolder};
        return {workspace.string() + ".files"};
    }

    [[nodiscard]] std::filesystem::path spectra() const { return cache / "spectra"; }
    [[nodiscard]] std::filesystem::path teacher() const { return cache / "teacher"; }
    [[nodiscard]] std::filesystem::path timings() const { return cache / "timings"; }
    [[nodiscard]] std::filesystem::path scores() const { return cache / "scores"; }
    [[nodiscard]] std::filesystem::path run(RunId id) const {
        return cache / "runs" / std::to_string(id.value());
    }
};

}  // namespace skd
