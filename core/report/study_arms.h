#pragma once

#include "report/contrast.h"
#include "spec/arm.h"

namespace skd {

/// How much a run may train: its budget in token-equivalents, else its planned tokens.
struct TrainingBudget {
    double tokens = 0;
    bool equivalents = false;

    /// Within 5 %, and of the same kind.
    [[nodiscard]] bool equals(const TrainingBudget& other) const;
    [[nodiscard]] std::string text() const;
};
/// Through a round of its schedule, or of the whole run (0).
TrainingBudget budgetOf(const RunSpec& spec, std::int64_t round = 0);
/// The share of it that a run has used: less where it stopped early; nothing where it is not known.
std::optional<double> budgetUsed(const StudyRun& run, std::int64_t round = 0);

/// The complete runs of a variant (of one point of a grid) over seeds, and what they are among the
/// arms of a recovery.
struct ArmRuns {
    Arm arm = Arm::Other;
    std::string variant;
    std::vector<const StudyRun*> runs;
    TrainingBudget budget;
    Json cut;  ///< all fields that decide the model which is trained again and how it is measured

    [[nodiscard]] const RunSpec& spec() const { return runs.front()->spec; }
    /// Lowest perplexity of the live curve, mean of logarithms over seeds: what arms are chosen by,
    /// never the evaluation text. NaN without curves.
    [[nodiscard]] double selectionLoss() const;
};
/// Those that have complete runs, in the plan's order; a dense arm whose model was pruned is Other.
std::vector<ArmRuns> armsOf(const StudyResults& results);
/// Whether a run that is a dense arm by its spec has lost parameters all the same.
bool isContradicted(const StudyRun& run);

/// An arm chosen among `among` by its live curve; by the plan's order where `byCurve` is false.
struct ChosenArm {
    const ArmRuns* arm = nullptr;
    std::size_t among = 0;
    bool byCurve = false;
    explicit operator bool() const { return arm != nullptr; }
    /// "the best of 3 by its live curve".
    [[nodiscard]] std::string how() const;
};
/// The best of `candidates` at the budget, or at the nearest one there is.
ChosenArm chooseArm(const std::vector<const ArmRuns*>& candidates, const TrainingBudget& budget);
/// The dense model trained by cross-entropy or by KD, on the model that `spec` starts from.
ChosenArm tunedDense(const std::vector<ArmRuns>& arms, const RunSpec& spec,
                     const TrainingBudget& budget);
/// The arm that trains the same cut model as `arm` by cross-entropy alone.
ChosenArm crossEntropyAlone(const std::vector<ArmRuns>& arms, const ArmRuns& arm);

/// "KD + CE", "CE only".
std::string armText(Arm arm);

}  // namespace skd
