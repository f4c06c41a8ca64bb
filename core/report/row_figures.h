#pragma once

#include "report/study_arms.h"

namespace skd {

/// The tuned dense model that a row is held against.
struct TunedModel {
    std::string variant;
    std::string how;  ///< it was chosen, in words
    TrainingBudget budget;
};

/// What the complete runs of one table row have measured; it has its label in any case.
struct RowFigures : StudyTableRow {
    Statistic removed = {}, parametersRemoved = {}, denseFigure = {}, pruned = {}, final = {},
              teacher = {};
    TrainingBudget budget = {};  ///< of what is distilled
    double budgetUsed = kNan;    ///< share of it, mean over runs; NaN where it is not known
    Contrast againstDense = {};  ///< of log perplexities after distillation
    Contrast againstTuned = {};  ///< the same against the tuned dense model
    std::optional<TunedModel> tuned = {};
    std::string point = {};  ///< of a grid, chosen by its live curve; empty without a choice

    /// NaN where the paper has no such figure.
    [[nodiscard]] double paperFigure(const std::string& name) const;
    /// Share of the collapse that distillation took back, (pre - post) / (pre - dense); NaN where
    /// nothing had collapsed.
    [[nodiscard]] double recovery() const;
    /// The final figure as a multiple of the dense one; NaN where either is missing.
    [[nodiscard]] double timesDense() const { return final.mean / denseFigure.mean; }
    [[nodiscard]] bool distilled() const {
        return pruned.count > 0 && final.count > 0 && removed.mean > 0;
    }
};

/// The rows of the study's table, or one row per planned variant without them.
std::vector<RowFigures> rowFigures(const StudyResults& results);

/// The dense model's perplexity in the paper's column; NaN where it has none.
double paperDensePerplexity(const std::vector<RowFigures>& rows);

}  // namespace skd
