#pragma once

#include "results/task_scores.h"

namespace skd {

/// What a run's first model made of a task: the dense one, else the one that the run started from;
/// null where neither was asked.
const TaskOutcomes* firstModel(const TaskScores& task);
/// The same of its last model: the recovered one, else the cut one.
const TaskOutcomes* lastModel(const TaskScores& task);

}  // namespace skd
