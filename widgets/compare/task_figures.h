#pragma once

#include <array>

#include "compare/compare_data.h"
#include "controls/grid_model.h"

namespace skd {

/// A published task as a column of the figures: one measure of it.
struct TaskColumn {
    std::string task, measure;
    [[nodiscard]] QString title() const;
    bool operator==(const TaskColumn&) const = default;
};

/// The tasks that any of these runs was asked, in the order of the runs: of each the measure that
/// it is known by, accuracy by characters before plain accuracy before exact matches.
std::vector<TaskColumn> taskColumns(const CompareData& data, const std::vector<RunGroup>& groups);

/// The last model's measure, and its change against the model that the run began with, paired by
/// document, with McNemar's exact test. Of several runs the mean of both, without a test.
std::array<GridCell, 2> taskCells(const CompareData& data, const RunGroup& group,
                                  const TaskColumn& column);

}  // namespace skd
