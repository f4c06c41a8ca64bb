#pragma once

#include <optional>
#include <vector>

#include "model/files/decoder_file.h"
#include "spec/run_reference.h"
#include "store/run_paths.h"

namespace skd {

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
