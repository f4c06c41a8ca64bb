#pragma once

#include "run/run_work.h"

namespace skd {

/// Reads the documents of spec.tasks; errors of a file that is no such task, before any stage.
Status readTasks(RunWork& work);
/// Hash of what is asked, for the parts that a resumed run begins with; "" where nothing is.
std::string tasksSha256(const RunWork& work);
/// Asks a model the tasks, and keeps the outcomes in the run's state; `stage` and `round` are those
/// of AnswerSet. What the state knows is not asked again. Stops the work when cancelled; nothing is
/// kept then.
Status scoreTasks(RunWork& work, const Decoder& model, const char* stage, std::size_t round);
/// Of the model that the run starts from.
Status scoreFirstTasks(RunWork& work);
/// What the state of a run of so many rounds has, task by task: the first model, the one after the
/// last cut, and what was recovered from it.
std::vector<TaskScores> recordedTasks(const RunWork& work, std::size_t rounds);

}  // namespace skd
