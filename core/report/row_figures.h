#pragma once

#include "report/statistics.h"
#include "report/study_results.h"

namespace skd {

/// What the complete runs of one table row have measured; it has its label in any case.
struct RowFigures : StudyTableRow {
    Statistic removed = {}, parametersRemoved = {}, denseFigure = {}, pruned = {}, final = {},
              teacher = {};

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
