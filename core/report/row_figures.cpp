#include "report/row_figures.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace skd {
namespace {

/// What one run has to say in a row.
struct Figures {
    std::optional<double> removed, parametersRemoved, dense, pruned, final, teacher;
};

Figures roundFigures(const RunSummary& summary, std::int64_t number) {
    const RoundSummary* round = summary.findRound(number);
    if (round == nullptr || round->rolledBack) return {};
    return {round->mlpRemoved, round->parametersRemoved, summary.densePpl,
            round->preKdPpl,   round->postKdPpl,         {}};
}

/// Perplexity of the dense or the final model under another protocol than the run's own.
double alsoFigure(const StudyRun& run, const StudyTableRow& row) {
    if (row.protocol.empty() || row.protocol == enumName(run.spec.eval.protocol))
        return row.dense ? valueOrNan(run.summary.densePpl) : run.summary.finalPpl();
    const ProtocolSummary* both = run.summary.findAlso(row.protocol);
    return both == nullptr ? kNan : valueOrNan(row.dense ? both->dense : both->final);
}

Figures endFigures(const StudyRun& run, const StudyTableRow& row) {
    const RunSummary& summary = run.summary;
    Figures figures{.dense = summary.densePpl};
    figures.removed = row.dense ? 0.0 : summary.mlpRemoved;
    figures.parametersRemoved = row.dense ? 0.0 : summary.parametersRemoved;
    if (withControl(run.spec).prune.method != PruneMethod::None && !row.dense)
        figures.pruned = summary.postPrunePpl;
    const double ppl = valueOrNan(summary.lineage.teacher.value_or(TeacherSummary{}).ppl);
    figures.teacher = std::isnan(ppl) && run.spec.teacher.path.empty() ? summary.densePpl : ppl;
    if (row.dense || run.spec.distill.steps > 0 || !row.protocol.empty())
        figures.final = alsoFigure(run, row);
    return figures;
}

/// Of points of a grid that cut the model alike, such as learning rates, the best one by its live
/// curve; null where there is no such choice.
const ArmRuns* bestPoint(const std::vector<ArmRuns>& arms,
                         const std::vector<const StudyRun*>& runs) {
    std::vector<const ArmRuns*> points;
    for (const ArmRuns& arm : arms)
        if (std::find(runs.begin(), runs.end(), arm.runs.front()) != runs.end())
            points.push_back(&arm);
    if (points.size() < 2) return nullptr;
    for (const ArmRuns* point : points)
        if (point->cut != points.front()->cut) return nullptr;
    const ChosenArm best = chooseArm(points, points.front()->budget);
    return best.byCurve ? best.arm : nullptr;
}

std::vector<const StudyRun*> runsOf(const StudyResults& results, const StudyTableRow& row) {
    if (!row.variant.empty()) return results.complete(row.variant);
    std::vector<const StudyRun*> all;
    std::set<std::int64_t> seeds;
    // The dense model is the same in every run of a seed: one of them counts.
    for (const StudyRun& run : results.runs)
        if (row.dense && run.complete() && !std::isnan(alsoFigure(run, row)) &&
            seeds.insert(run.seed).second)
            all.push_back(&run);
    // It is measured on the test text, which no seed changes: equal figures are one measurement.
    std::set<double> different;
    std::erase_if(
        all, [&](const StudyRun* run) { return !different.insert(alsoFigure(*run, row)).second; });
    return all;
}

/// Against the dense and the tuned dense model, after distillation and under the run's own
/// protocol.
void compare(RowFigures& row, const std::vector<ArmRuns>& arms,
             const std::vector<const StudyRun*>& runs) {
    if (row.dense || runs.empty() || row.final.count == 0 || !row.protocol.empty()) return;
    const RunSpec& spec = runs.front()->spec;
    const std::vector<Measured> own = logPerplexities(runs, row.round);
    row.budget = budgetOf(spec, row.round);
    row.budgetUsed =
        over(runs, [&](const StudyRun& run) { return budgetUsed(run, row.round); }).mean;
    row.againstDense = difference(own, denseLogPerplexities(runs));
    const ChosenArm tuned = tunedDense(arms, spec, row.budget);
    if (!tuned || tuned.arm->variant == runs.front()->variant) return;
    row.tuned = {tuned.arm->variant, tuned.how(), tuned.arm->budget};
    row.againstTuned = difference(own, logPerplexities(tuned.arm->runs));
}

RowFigures figuresOf(const StudyResults& results, const std::vector<ArmRuns>& arms,
                     const StudyTableRow& row) {
    std::vector<const StudyRun*> runs = runsOf(results, row);
    const ArmRuns* point = row.variant.empty() ? nullptr : bestPoint(arms, runs);
    if (point != nullptr) runs = point->runs;
    std::erase_if(runs, [&](const StudyRun* run) { return row.seed > 0 && run->seed != row.seed; });
    const auto statistic = [&](std::optional<double> Figures::*figure) {
        return over(runs, [&](const StudyRun& run) {
            const Figures figures = row.round > 0 && !row.dense
                                        ? roundFigures(run.summary, row.round)
                                        : endFigures(run, row);
            return figures.*figure;
        });
    };
    RowFigures figures{row};
    if (row.label.empty()) figures.label = row.variant;
    if (point != nullptr) figures.point = point->variant;
    figures.removed = statistic(&Figures::removed);
    figures.parametersRemoved = statistic(&Figures::parametersRemoved);
    figures.denseFigure = statistic(&Figures::dense);
    figures.pruned = statistic(&Figures::pruned);
    figures.final = statistic(&Figures::final);
    figures.teacher = statistic(&Figures::teacher);
    compare(figures, arms, runs);
    return figures;
}

}  // namespace

double RowFigures::paperFigure(const std::string& name) const {
    const auto found = paper.find(name);
    return found == paper.end() ? kNan : found->second;
}

double RowFigures::recovery() const {
    if (!(pruned.mean > denseFigure.mean)) return kNan;
    return (pruned.mean - final.mean) / (pruned.mean - denseFigure.mean);
}

std::vector<RowFigures> rowFigures(const StudyResults& results) {
    std::vector<RowFigures> rows;
    const std::vector<ArmRuns> arms = armsOf(results);
    for (const StudyTableRow& row : results.study.table.rows)
        rows.push_back(figuresOf(results, arms, row));
    if (!rows.empty()) return rows;
    rows.push_back(figuresOf(results, arms, {.label = "Dense", .dense = true}));
    for (const StudyRun* run : results.firstRuns())
        rows.push_back(figuresOf(results, arms,
                                 {.label = run->variant,
                                  .variant = run->variant,
                                  .paper = results.study.variants[run->variantIndex].paper}));
    return rows;
}

double paperDensePerplexity(const std::vector<RowFigures>& rows) {
    for (const RowFigures& row : rows)
        if (const double value = row.paperFigure("dense_ppl"); !std::isnan(value)) return value;
    return kNan;
}

}  // namespace skd
