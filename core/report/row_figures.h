#pragma once

#include "report/study_arms.h"

namespace skd {

/// What the complete runs of one table row have measured; it has its label in any case.
struct RowFigures : StudyTableRow {
    Statistic removed = {}, parametersRemoved = {}, denseFigure = {}, pruned = {}, final = {},
              teacher = {};
    TrainingBudget budget = {};                ///< of what is distilled
    Contrast againstDense = {};                ///< of log perplexities after distillation
    Contrast againstTuned = {};                ///< the same against the tuned dense model
    std::string tuned = {};                    ///< which variant that is; empty where there is none
    std::optional<TrainingBudget> other = {};  ///< its budget where it is not the row's
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
