#pragma once

#include <cstddef>
#include <filesystem>
#include <utility>

namespace skd {

/// Where the model files of one run are.
class RunFolder {
public:
    explicit RunFolder(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    [[nodiscard]] std::filesystem::path final() const { return m_folder / "model.safetensors"; }
    /// After the cut of a round, and after its distillation; rounds count from 1.
    [[nodiscard]] std::filesystem::path pruned(std::size_t round) const;
    [[nodiscard]] std::filesystem::path recovered(std::size_t round) const;
    [[nodiscard]] std::filesystem::path checkpoints(std::size_t round) const;

    /// Removes the checkpoints from which the training of a finished round could have resumed.
    void dropTrainingStates(std::size_t round) const;
    /// Removes what a complete run does not need: where `keepRounds` is false everything but the
    /// final model; with `keepModel` false that goes as well.
    void tidy(bool keepRounds, bool keepModel) const;

private:
    std::filesystem::path m_folder;
};

}  // namespace skd
