#pragma once

#include <optional>
#include <string_view>

#include "model/files/decoder_file.h"
#include "store/run_paths.h"

namespace skd {

/// "run:12" stands for the model run 12 ended with, "run:12@40" for the one it had after 40
/// optimiser steps, "run:12@0" for the one it had right after the first cut.
struct RunReference {
    RunId run;
    std::optional<std::int64_t> step;
    [[nodiscard]] std::string text() const;
};
/// Nothing for text that does not begin with "run:"; InvalidInput for one that goes on wrongly.
Result<std::optional<RunReference>> parseRunReference(std::string_view text);

/// The model files in one run's folder.
class RunModels {
public:
    explicit RunModels(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    [[nodiscard]] std::filesystem::path final() const { return m_folder / "model.safetensors"; }
    /// After the cut of a round, and after its distillation; rounds count from 1.
    [[nodiscard]] std::filesystem::path pruned(std::size_t round) const;
    [[nodiscard]] std::filesystem::path recovered(std::size_t round) const;
    [[nodiscard]] std::filesystem::path checkpoints(std::size_t round) const;

    /// The model at a step, from whichever file still holds it. NotFound lists the steps there are.
    [[nodiscard]] Result<DecoderFile> open(std::optional<std::int64_t> step,
                                           const LoadOptions& options) const;
    /// Steps whose model can be opened, ascending.
    [[nodiscard]] std::vector<std::int64_t> steps() const;
    /// Removes what training of a finished round went on from.
    void dropTrainingStates(std::size_t round) const;
    /// Removes what a complete run does not need: where `keepRounds` is false everything but the
    /// final model; with `keepModel` false that goes as well.
    void tidy(bool keepRounds, bool keepModel) const;

private:
    [[nodiscard]] Result<DecoderFile> openCheckpoint(std::size_t round,
                                                     const std::filesystem::path& folder,
                                                     const LoadOptions& options) const;
    std::filesystem::path m_folder;
};

/// Opens what a reference names; NotFound says what the run has left.
Result<DecoderFile> openRunModel(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options);

}  // namespace skd
