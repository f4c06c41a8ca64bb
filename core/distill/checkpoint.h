#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"
#include "distill/adamw.h"
#include "events/run_context.h"
#include "model/decoder.h"

namespace skd {

/// What training needs to continue: tensors, and everything else as JSON.
struct Checkpoint {
    std::int64_t step = 0;  ///< optimiser steps done; of a part its number
    Json state;
    std::vector<NamedTensor> tensors;
};

/// The checkpoints of one run: folders step-N, the two newest of which are kept, best-N with the
/// weights of the lowest perplexity, and part-N with one part of a model. In each the tensors are
/// written first (NAME.tmp, fsync, rename, fsync of the folder), manifest.json with sizes and
/// SHA-256 last; one without a sound manifest does not exist. Every changed byte is noticed on
/// loading.
class CheckpointFolder {
public:
    explicit CheckpointFolder(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    /// Writes step-N, reads its manifest back, then removes all but the two newest, and the best-N
    /// that neither names in state["best_step"]. Errors of writing leave earlier checkpoints as
    /// they were.
    Status save(const Checkpoint& checkpoint) const;
    /// The newest sound checkpoint; one that is damaged is skipped with a warning. Empty when
    /// there is none; Corrupt when there are some but all are damaged.
    [[nodiscard]] Result<std::optional<Checkpoint>> loadNewest(const RunContext& context) const;

    /// One checkpoint by its own folder.
    static Result<Checkpoint> load(const std::filesystem::path& folder);

    Status saveBest(const Checkpoint& checkpoint) const;
    /// Writes part-N; other parts stay.
    Status savePart(const Checkpoint& checkpoint) const;

    [[nodiscard]] std::filesystem::path stepPath(std::int64_t step) const {
        return m_folder / ("step-" + std::to_string(step));
    }
    [[nodiscard]] std::filesystem::path bestPath(std::int64_t step) const {
        return m_folder / ("best-" + std::to_string(step));
    }
    [[nodiscard]] std::filesystem::path partPath(std::int64_t part) const {
        return m_folder / ("part-" + std::to_string(part));
    }

private:
    /// Steps of the folders called PREFIX-N, ascending.
    [[nodiscard]] std::vector<std::int64_t> steps(const std::string& prefix) const;
    /// It was being written when the program ended, and never counted: there is no manifest.
    [[nodiscard]] bool isUnfinished(std::int64_t step) const;
    /// Removes what the checkpoint just written replaces, and what is proven to be damaged; what
    /// cannot be read for another reason stays, and with it every best-N.
    void removeOld(std::int64_t newest) const;
    std::filesystem::path m_folder;
};

/// Keeps the weights that `student` has after `step` steps as the best so far.
Status saveBestWeights(const CheckpointFolder& checkpoints, Decoder& student, std::int64_t step,
                       double perplexity);
/// Gives `student` those that were kept after `step` steps; Corrupt where one is missing or of
/// another shape.
Status takeBestWeights(const CheckpointFolder& checkpoints, Decoder& student, std::int64_t step);

}  // namespace skd
