#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/break_even.h"
#include "store/run_store.h"
#include "study/run_estimate.h"

namespace skd {

/// A stored run as the Carve page sees it: its figures and the rank of every matrix.
struct CarveRun {
    RunRow row;
    std::map<std::string, std::int64_t> ranks;  ///< by matrix, 0 = dense

    /// Its ranks in the order of an analysis' matrices; empty where it was cut from other matrices.
    [[nodiscard]] std::vector<std::int64_t> ranksFor(const Analysis& analysis) const;
};

/// Some matrix is not dense.
bool isCut(const std::vector<std::int64_t>& ranks);

/// What the workspace knows before any model is open.
struct CarveHistory {
    static constexpr std::size_t kRuns = 60;  ///< newest with ranks
    AnalysisPtr analysis;
    std::vector<CarveRun> runs;  ///< newest first, whatever became of them
};
Result<CarveHistory> readCarveHistory(const RunStore& store);

/// What was measured of a model's speed: on this machine times of its matrices, in the workspace
/// the share of a forward pass that its MLP takes.
struct MeasuredSpeed {
    BreakEvenTable times;          ///< without shapes where nothing was timed
    double mlpShare = 0;           ///< of the time of a forward pass; 0 = no profile
    std::int64_t profileRows = 0;  ///< rows of input in that profile
    std::string profile;           ///< its title, and where it was measured
};
/// `dtype` as in ModelSummary; times of the number of threads that this machine has are preferred.
MeasuredSpeed readMeasuredSpeed(const RunStore& store, const RunPaths& paths,
                                const ModelSummary& model);

}  // namespace skd
