#pragma once

#include <optional>
#include <string_view>

#include "model/files/decoder_file.h"
#include "store/run_paths.h"

namespace skd {

/// The number that `text` is; nothing where it is no whole number, or below 0.
std::optional<std::int64_t> wholeNumber(std::string_view text);

/// "run:12" stands for the model run 12 ended with, "run:12@40" for the one it had after 40
/// optimiser steps, "run:12@0" for the one it had right after the first cut.
struct RunReference {
    RunId run;
    std::optional<std::int64_t> step;
    [[nodiscard]] std::string text() const;
};
/// Nothing for text that does not begin with "run:"; InvalidInput for one that continues wrongly.
Result<std::optional<RunReference>> parseRunReference(std::string_view text);

/// A run's folder whose models can be opened.
class RunModels : public RunFolder {
public:
    using RunFolder::RunFolder;

    /// The model at a step, from whichever file still holds it; without a step the final one. A
    /// round's distilled model is that of its best step, not of its last. NotFound lists the steps
    /// there are.
    [[nodiscard]] Result<DecoderFile> open(std::optional<std::int64_t> step,
                                           const LoadOptions& options) const;
    /// The model file that has the same shape: itself, or what a checkpoint belongs to.
    [[nodiscard]] Result<std::filesystem::path> describingFile(
        std::optional<std::int64_t> step) const;
    /// Steps whose model can be opened, ascending.
    [[nodiscard]] std::vector<std::int64_t> steps() const;
};

/// Opens what a reference names; NotFound says what the run has left.
Result<DecoderFile> openRunModel(const RunPaths& paths, const RunReference& reference,
                                 const LoadOptions& options);
/// RunModels::describingFile of what a reference names.
Result<std::filesystem::path> describingFile(const RunPaths& paths, const RunReference& reference);

}  // namespace skd
