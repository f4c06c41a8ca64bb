#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/statistics.h"

namespace skd {
namespace {

using PromptValues = std::vector<double> ConsistencyFigures::*;

/// Prompt by prompt the mean over runs; empty where these were asked different numbers of prompts.
std::vector<double> overRuns(const std::vector<const ConsistencySummary*>& runs,
                             ConsistencyFigures ConsistencySummary::*model, PromptValues figure) {
    std::vector<double> sums;
    for (const ConsistencySummary* run : runs) {
        const std::vector<double>& values = (run->*model).*figure;
        if (sums.empty()) sums.resize(values.size());
        if (sums.size() != values.size()) return {};
        for (std::size_t i = 0; i < sums.size(); ++i)
            sums[i] += values[i] / static_cast<double>(runs.size());
    }
    return sums;
}

/// Of the means over prompts of each run: half of the 95 % interval of their mean; 0 of one run.
double seedHalfWidth(const std::vector<const ConsistencySummary*>& runs, PromptValues figure) {
    std::vector<double> means;
    for (const ConsistencySummary* run : runs)
        means.push_back(differenceOverPrompts(run->dense.*figure, run->final.*figure).mean);
    const Statistic all = summarise(means);
    if (all.count < 2) return 0;
    return studentQuantile(all.count - 1) * all.deviation /
           std::sqrt(static_cast<double>(all.count));
}

std::string promptMeanText(const PromptMean& value) {
    if (std::isnan(value.mean)) return "–";
    const std::string mean = formatFixed(value.mean, 3);
    return std::isnan(value.halfWidth) ? mean
                                       : strCat(mean, " ± ", formatFixed(value.halfWidth, 3));
}

std::vector<const ConsistencySummary*> askedRuns(const StudyResults& results,
                                                 const std::string& variant) {
    std::vector<const ConsistencySummary*> runs;
    for (const StudyRun* run : results.complete(variant))
        if (run->summary.consistency) runs.push_back(&*run->summary.consistency);
    return runs;
}

std::vector<std::string> consistencyRow(const std::string& variant,
                                        const std::vector<const ConsistencySummary*>& runs) {
    std::vector<std::string> row{variant};
    for (const PromptValues figure :
         {&ConsistencyFigures::distinct, &ConsistencyFigures::similarity,
          &ConsistencyFigures::common}) {
        const std::vector<double> dense = overRuns(runs, &ConsistencySummary::dense, figure),
                                  final = overRuns(runs, &ConsistencySummary::final, figure);
        PromptMean change = differenceOverPrompts(dense, final);
        change.halfWidth = std::hypot(change.halfWidth, seedHalfWidth(runs, figure));
        row.push_back(promptMeanText(meanOverPrompts(dense)));
        row.push_back(promptMeanText(meanOverPrompts(final)));
        row.push_back((change.mean > 0 ? "+" : "") + promptMeanText(change));
    }
    return row;
}

}  // namespace

ReportTable consistencyTable(const StudyResults& results) {
    const std::string& caption = results.study.table.caption;
    const bool main = results.study.table.layout == TableLayout::Consistency;
    ReportTable table{
        .title = main && !caption.empty() ? caption : "Consistency of repeated answers",
        .header = {"variant", "distinct, dense", "final", "change", "similarity, dense", "final",
                   "change", "most frequent, dense", "final", "change"}};
    const ConsistencySummary* any = nullptr;
    for (const StudyRun* first : results.firstRuns()) {
        const std::vector<const ConsistencySummary*> runs = askedRuns(results, first->variant);
        if (runs.empty()) continue;
        any = runs.front();
        table.rows.push_back(consistencyRow(first->variant, runs));
    }
    if (any == nullptr) return table;
    table.notes.push_back(strCat(
        any->dense.similarity.size(), " prompts, ", any->answers, " answers each of at most ",
        any->tokens, " tokens, temperature ", formatNumber(any->temperature, 3),
        any->chat ? ", by the chat template" : ", as plain text",
        ". Distinct: share of answers that differ, token by token; similarity: over all pairs of "
        "answers, 1 − edit distance / tokens of the longer one; most frequent: share of the answer "
        "that comes most often."));
    table.notes.push_back(
        "± is half of the 95 % interval, of prompts as the sample; changes are paired by prompt, "
        "and "
        "of several seeds the scatter between them is added.");
    return table;
}

}  // namespace skd
