#include "report/row_figures.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace skd {
namespace {

struct Values {
    std::vector<double> removed, parametersRemoved, dense, pruned, final, teacher;
};

void addRound(const RunSummary& summary, std::int64_t number, Values& values) {
    const RoundSummary* round = summary.findRound(number);
    if (round == nullptr || round->rolledBack) return;
    values.removed.push_back(valueOrNan(round->mlpRemoved));
    values.parametersRemoved.push_back(valueOrNan(round->parametersRemoved));
    values.pruned.push_back(valueOrNan(round->preKdPpl));
    values.final.push_back(valueOrNan(round->postKdPpl));
    values.dense.push_back(valueOrNan(summary.densePpl));
}

/// Perplexity of the dense or the final model under another protocol than the run's own.
double alsoFigure(const StudyRun& run, const StudyTableRow& row) {
    if (row.protocol.empty() || row.protocol == enumName(run.spec.eval.protocol))
        return row.dense ? valueOrNan(run.summary.densePpl) : run.summary.finalPpl();
    const ProtocolSummary* both = run.summary.findAlso(row.protocol);
    return both == nullptr ? kNan : valueOrNan(row.dense ? both->dense : both->final);
}

void addRun(const StudyRun& run, const StudyTableRow& row, Values& values) {
    const RunSummary& summary = run.summary;
    const bool pruned = withControl(run.spec).prune.method != PruneMethod::None;
    const double dense = valueOrNan(summary.densePpl);
    values.removed.push_back(row.dense ? 0 : valueOrNan(summary.mlpRemoved));
    values.parametersRemoved.push_back(row.dense ? 0 : valueOrNan(summary.parametersRemoved));
    values.dense.push_back(dense);
    if (pruned && !row.dense) values.pruned.push_back(valueOrNan(summary.postPrunePpl));
    const auto& teacher = summary.lineage.teacher;
    const double ppl = teacher ? valueOrNan(teacher->ppl) : kNan;
    values.teacher.push_back(std::isnan(ppl) && run.spec.teacher.path.empty() ? dense : ppl);
    if (row.dense)
        values.final.push_back(alsoFigure(run, row));
    else if (run.spec.distill.steps > 0 || !row.protocol.empty())
        values.final.push_back(alsoFigure(run, row));
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

RowFigures figuresOf(const StudyResults& results, const StudyTableRow& row) {
    Values values;
    for (const StudyRun* run : runsOf(results, row)) {
        if (row.seed > 0 && run->seed != row.seed) continue;
        if (row.round > 0 && !row.dense)
            addRound(run->summary, row.round, values);
        else
            addRun(*run, row, values);
    }
    RowFigures figures;
    figures.label = row.label.empty() ? row.variant : row.label;
    figures.variant = row.variant;
    figures.protocol = row.protocol;
    figures.note = row.note;
    figures.round = row.round;
    figures.seed = row.seed;
    figures.dense = row.dense;
    figures.paper = row.paper;
    figures.removed = summarise(values.removed);
    figures.parametersRemoved = summarise(values.parametersRemoved);
    figures.denseFigure = summarise(values.dense);
    figures.pruned = summarise(values.pruned);
    figures.final = summarise(values.final);
    figures.teacher = summarise(values.teacher);
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
    for (const StudyTableRow& row : results.study.table.rows)
        rows.push_back(figuresOf(results, row));
    if (!rows.empty()) return rows;
    rows.push_back(figuresOf(results, {"Dense", "", 0, "", true, 0, {}, ""}));
    std::set<std::string> seen;
    for (const StudyRun& run : results.runs) {
        if (!seen.insert(run.variant).second) continue;
        const StudyVariant& variant = results.study.variants[run.variantIndex];
        rows.push_back(
            figuresOf(results, {run.variant, run.variant, 0, "", false, 0, variant.paper, ""}));
    }
    return rows;
}

double paperDensePerplexity(const std::vector<RowFigures>& rows) {
    for (const RowFigures& row : rows)
        if (const double value = row.paperFigure("dense_ppl"); !std::isnan(value)) return value;
    return kNan;
}

}  // namespace skd
