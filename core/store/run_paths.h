#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/text.h"
#include "base/units.h"
#include "base/verified_file.h"

namespace skd {

/// Of RunFolder::state().
constexpr VerifiedFormat kRunStateFormat{"sparsekd-state"};

/// Where the model files of one run are.
class RunFolder {
public:
    explicit RunFolder(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    [[nodiscard]] std::filesystem::path final() const { return m_folder / "model.safetensors"; }
    /// What the run has measured, by stage.
    [[nodiscard]] std::filesystem::path state() const { return m_folder / "state.json"; }
    /// After the cut of a round, and after its distillation; rounds count from 1.
    [[nodiscard]] std::filesystem::path pruned(std::size_t round) const {
        return m_folder / strCat("pruned-", round, ".safetensors");
    }
    /// After the block refinement of a round, where it has one.
    [[nodiscard]] std::filesystem::path refined(std::size_t round) const {
        return m_folder / strCat("refined-", round, ".safetensors");
    }
    [[nodiscard]] std::filesystem::path recovered(std::size_t round) const {
        return m_folder / strCat("round-", round, ".safetensors");
    }
    [[nodiscard]] std::filesystem::path checkpoints(std::size_t round) const {
        return m_folder / strCat("checkpoints-", round);
    }
    /// The blocks of a round that are refined already.
    [[nodiscard]] std::filesystem::path blocks(std::size_t round) const {
        return m_folder / strCat("blocks-", round);
    }

    /// Removes the checkpoints and blocks from which a finished round could have resumed.
    void dropTrainingStates(std::size_t round) const;
    /// Removes what a complete run does not need: where `keepRounds` is false everything but the
    /// final model; with `keepModel` false that goes as well.
    void tidy(bool keepRounds, bool keepModel) const;

private:
    std::filesystem::path m_folder;
};

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
