#include "run/published_tasks.h"

#include "base/hash.h"
#include "base/text.h"
#include "run/stage_scope.h"
#include "spec/study_spec.h"

namespace skd {
namespace {

/// Of one model, by the name of the task.
using OutcomesByTask = NamedValues<TaskOutcomes>;

std::string tasksKey(const char* stage, std::size_t round) {
    return strCat("tasks.", stage, ".", round);
}

std::string figureName(const PreparedTask& task, const std::string& measure, const char* stage) {
    return strCat("task.", enumName(task.task.kind), ".", taskMeasureTitle(measure), ".", stage);
}

Json figuresOf(const std::vector<PreparedTask>& tasks, const OutcomesByTask& outcomes,
               const char* stage) {
    Json figures = Json::object();
    for (std::size_t i = 0; i < outcomes.size(); ++i)
        for (const auto& [name, values] : outcomes[i].second.measures)
            figures[figureName(tasks[i], name, stage)] = toJson(taskMeasure(name, values));
    return figures;
}

void takeModel(const RunState& state, const char* stage, std::size_t round,
               std::vector<TaskScores>& tasks) {
    const auto known = state.find(tasksKey(stage, round));
    if (!known) return;
    OutcomesByTask outcomes;
    readMember(*known, outcomes);
    for (auto& [name, values] : outcomes)
        for (TaskScores& task : tasks)
            if (task.task == name) task.models.emplace_back(stage, std::move(values));
}

/// The last round with a cut: a recovery before it is of a larger model.
std::size_t lastCut(const RunState& state, std::size_t rounds) {
    for (std::size_t round = rounds; round > 0; --round)
        if (state.find(tasksKey(kCutAnswers, round))) return round;
    return 0;
}

}  // namespace

Status readTasks(RunWork& work) {
    if (work.spec.tasks.files.empty()) return {};
    auto tasks = prepareTasks(work.spec.tasks);
    if (!tasks) return fail(tasks.error().in("tasks"));
    work.tasks = std::move(*tasks);
    SKD_TRY(Dialogue dialogue, readDialogue(work.model));
    work.taskStop = std::move(dialogue.stop);
    return {};
}

std::string tasksSha256(const RunWork& work) {
    std::string parts;
    for (const PreparedTask& task : work.tasks)
        parts += strCat(enumName(task.task.kind), " ", task.task.sha256, " ", task.count, " ",
                        sha256Hex(joined(task.prefixes, "\n")), "\n");
    return parts.empty() ? parts : sha256Hex(parts);
}

Status scoreTasks(RunWork& work, const Decoder& model, const char* stage, std::size_t round) {
    const std::string key = tasksKey(stage, round);
    if (work.tasks.empty() || work.isStopped() || work.state.find(key)) return {};
    StageScope scope(work.context, Stage::Evaluate, strCat("tasks of the ", stage, " model"));
    const TaskModel asked{model, *work.model.tokenizer, work.taskStop};
    OutcomesByTask outcomes;
    for (const PreparedTask& task : work.tasks) {
        SKD_TRY(auto values, scoreTask(asked, task, work.context));
        if (!values) return work.stop();
        outcomes.emplace_back(enumName(task.task.kind), std::move(*values));
    }
    work.tally.setFree(true);
    scope.finish(figuresOf(work.tasks, outcomes, stage));
    work.tally.setFree(false);
    return work.conclude(key, memberJson(outcomes));
}

Status scoreFirstTasks(RunWork& work) {
    const bool pruned = !valueAt(work.model.about, "dense").is_null();
    return scoreTasks(work, work.model.decoder, pruned ? kStartAnswers : kDenseAnswers, 0);
}

std::vector<TaskScores> recordedTasks(const RunWork& work, std::size_t rounds) {
    std::vector<TaskScores> tasks;
    for (const PreparedTask& task : work.tasks)
        tasks.push_back(task.scores(work.spec.tasks.examples));
    for (const char* stage : {kDenseAnswers, kStartAnswers}) takeModel(work.state, stage, 0, tasks);
    const std::size_t cut = lastCut(work.state, rounds);
    takeModel(work.state, kCutAnswers, cut, tasks);
    for (std::size_t round = rounds; round >= std::max<std::size_t>(cut, 1); --round) {
        if (!work.state.find(tasksKey(kRecoveredAnswers, round))) continue;
        takeModel(work.state, kRecoveredAnswers, round, tasks);
        break;
    }
    return tasks;
}

}  // namespace skd
