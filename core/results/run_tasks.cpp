#include "results/run_tasks.h"

#include "results/recorded_answers.h"

namespace skd {

const TaskOutcomes* firstModel(const TaskScores& task) {
    const TaskOutcomes* dense = task.find(kDenseAnswers);
    return dense == nullptr ? task.find(kStartAnswers) : dense;
}

const TaskOutcomes* lastModel(const TaskScores& task) {
    const TaskOutcomes* recovered = task.find(kRecoveredAnswers);
    return recovered == nullptr ? task.find(kCutAnswers) : recovered;
}

}  // namespace skd
