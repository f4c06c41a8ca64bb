#include "compare/task_figures.h"

#include <QCoreApplication>
#include <algorithm>

#include "base/text.h"
#include "results/run_tasks.h"

namespace skd {

namespace {

struct TaskTexts {
    Q_DECLARE_TR_FUNCTIONS(TaskFigures)
};

/// What a run has of a column; null where it was not asked.
struct TaskRun {
    const TaskScores* task = nullptr;
    const std::vector<double>*before = nullptr, *after = nullptr;
};

TaskRun taskRun(const CompareData& data, RunId id, const TaskColumn& column) {
    const ComparedRun* run = data.find(id);
    if (run == nullptr) return {};
    for (const TaskScores& task : run->summary.tasks) {
        if (task.task != column.task || lastModel(task) == nullptr) continue;
        const TaskOutcomes* first = firstModel(task);
        return {&task, first == nullptr ? nullptr : first->find(column.measure),
                lastModel(task)->find(column.measure)};
    }
    return {};
}

std::string headlineOf(const TaskOutcomes& outcomes) {
    for (const char* measure : {kAccuracyByCharacters, kAccuracy, kStrictMatch, kLogLikelihood})
        if (outcomes.find(measure) != nullptr) return measure;
    return outcomes.measures.empty() ? "" : outcomes.measures.front().first;
}

/// Every measure of a run's task, and who answers what alone.
QString tipOf(const TaskRun& run) {
    QStringList lines{TaskTexts::tr("%1 documents").arg(run.task->documents)};
    for (const auto& [measure, values] : lastModel(*run.task)->measures) {
        QString line = asText(
            strCat(taskMeasureTitle(measure), " ", measureText(taskMeasure(measure, values))));
        const TaskOutcomes* first = firstModel(*run.task);
        if (const auto* before = first == nullptr ? nullptr : first->find(measure)) {
            const TaskDifference change = taskDifference(*before, values);
            line += QStringLiteral(" (%1)").arg(asText(differenceText(change)));
            if (!std::isnan(change.pValue))
                line += TaskTexts::tr("; right here alone %1, before alone %2")
                            .arg(change.won)
                            .arg(change.lost);
        }
        lines << line;
    }
    return lines.join(QLatin1Char('\n'));
}

GridCell figureCell(const QString& text, double exact, const QString& tip) {
    return {text, exact, false, {}, tip};
}

std::array<GridCell, 2> cellsOf(const TaskRun& run, const TaskColumn& column) {
    const QString none = QStringLiteral("–");
    if (run.after == nullptr)
        return {figureCell(none, std::nan(""), {}), figureCell(none, std::nan(""), {})};
    const TaskMeasure measure = taskMeasure(column.measure, *run.after);
    const QString tip = tipOf(run);
    std::array<GridCell, 2> cells{figureCell(asText(measureText(measure)), measure.value, tip),
                                  figureCell(none, std::nan(""), tip)};
    if (run.before == nullptr) return cells;
    const TaskDifference change = taskDifference(*run.before, *run.after);
    cells[1] = figureCell(asText(differenceText(change)), change.mean, tip);
    return cells;
}

/// Means over runs that were asked; documents of different seeds are the same ones, so that their
/// answers are no independent pairs and no test is made.
std::array<GridCell, 2> meansOf(const std::vector<TaskRun>& runs, const TaskColumn& column) {
    double value = 0, change = 0;
    int values = 0, changes = 0;
    for (const TaskRun& run : runs) {
        if (run.after == nullptr) continue;
        value += taskMeasure(column.measure, *run.after).value;
        ++values;
        if (run.before == nullptr) continue;
        change += taskDifference(*run.before, *run.after).mean;
        ++changes;
    }
    const QString tip =
        TaskTexts::tr("the mean of %1 runs; McNemar's test is one run's").arg(values);
    const auto cell = [&tip](double sum, int count) {
        const double mean = count > 0 ? sum / count : std::nan("");
        return figureCell(count > 0 ? asText(formatFixed(mean, 3)) : QStringLiteral("–"), mean,
                          tip);
    };
    return {cell(value, values), cell(change, changes)};
}

}  // namespace

QString TaskColumn::title() const {
    return asText(strCat(task, " ", taskMeasureTitle(measure)));
}

std::vector<TaskColumn> taskColumns(const CompareData& data, const std::vector<RunGroup>& groups) {
    std::vector<TaskColumn> columns;
    for (const RunGroup& group : groups)
        for (const RunId id : group.runs) {
            const ComparedRun* run = data.find(id);
            if (run == nullptr) continue;
            for (const TaskScores& task : run->summary.tasks)
                if (lastModel(task) != nullptr &&
                    std::ranges::find(columns, task.task, &TaskColumn::task) == columns.end())
                    columns.push_back({task.task, headlineOf(*lastModel(task))});
        }
    return columns;
}

std::array<GridCell, 2> taskCells(const CompareData& data, const RunGroup& group,
                                  const TaskColumn& column) {
    std::vector<TaskRun> runs;
    for (const RunId id : group.runs) runs.push_back(taskRun(data, id, column));
    return runs.size() == 1 ? cellsOf(runs.front(), column) : meansOf(runs, column);
}

}  // namespace skd
