#include <array>

#include "base/text.h"
#include "report/report.h"
#include "report/row_figures.h"
#include "results/run_tasks.h"

namespace skd {
namespace {

/// What is shown of a task: LAMBADA's perplexity beside its accuracy, of choices acc and acc_norm.
constexpr std::array kShownMeasures{kAccuracy, kAccuracyByCharacters, kLogLikelihood, kStrictMatch,
                                    kFlexibleMatch};

std::string taskMeasureText(const TaskOutcomes* outcomes, const char* measure) {
    const std::vector<double>* values = outcomes == nullptr ? nullptr : outcomes->find(measure);
    if (values == nullptr) return "–";
    return measureText(taskMeasure(measure, *values));
}

/// The last model against the first, document by document.
std::string taskChangeText(const TaskScores& task, const char* measure) {
    const TaskOutcomes *first = firstModel(task), *last = lastModel(task);
    const auto* before = first == nullptr ? nullptr : first->find(measure);
    const auto* after = last == nullptr ? nullptr : last->find(measure);
    if (before == nullptr || after == nullptr) return "–";
    return differenceText(taskDifference(*before, *after));
}

bool isMeasured(const TaskScores& task, const char* measure) {
    const TaskOutcomes* first = firstModel(task);
    return first != nullptr && first->find(measure) != nullptr;
}

void addTaskRows(const StudyRun& run, ReportTable& table) {
    for (const TaskScores& task : run.summary.tasks)
        for (const char* measure : kShownMeasures)
            if (isMeasured(task, measure))
                table.rows.push_back({run.variant, std::to_string(run.seed), task.task,
                                      taskMeasureTitle(measure),
                                      taskMeasureText(firstModel(task), measure),
                                      taskMeasureText(task.find(kCutAnswers), measure),
                                      taskMeasureText(task.find(kRecoveredAnswers), measure),
                                      taskChangeText(task, measure), groupDigits(task.documents)});
}

}  // namespace

ReportTable tasksTable(const StudyResults& results) {
    ReportTable table{.title = "Published tasks",
                      .header = {"variant", "seed", "task", "measure", "dense or start", "cut",
                                 "recovered", "change", "documents"}};
    for (const StudyRun* first : results.firstRuns())
        for (const StudyRun* run : results.complete(first->variant)) addTaskRows(*run, table);
    if (table.rows.empty()) return table;
    table.notes.push_back(
        "Definitions of lm-evaluation-harness 0.4; ± is a standard error, documents being the "
        "sample. Change: of the last model against the first, paired by document, with half of its "
        "95 % interval and McNemar's exact test; of a perplexity that of the mean log-likelihood.");
    return table;
}

std::vector<std::pair<std::string, std::string>> taskFigures(const RunSummary& summary) {
    std::vector<std::pair<std::string, std::string>> figures;
    for (const TaskScores& task : summary.tasks)
        for (const char* measure : kShownMeasures)
            if (isMeasured(task, measure))
                figures.emplace_back(strCat(task.task, " ", taskMeasureTitle(measure)),
                                     strCat(taskMeasureText(lastModel(task), measure), " (from ",
                                            taskMeasureText(firstModel(task), measure), ")"));
    return figures;
}

}  // namespace skd
