#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/row_figures.h"

namespace skd {
namespace {

/// Mean over seeds at each step, with the band between the lowest and the highest seed.
ChartSeries recoveryOf(const std::string& variant, const std::vector<const StudyRun*>& runs) {
    std::map<double, std::vector<double>> bySteps;
    for (const StudyRun* run : runs)
        for (std::size_t i = 0; i < run->live.steps.size(); ++i)
            bySteps[run->live.steps[i]].push_back(run->live.values[i]);
    ChartSeries series{.name = variant};
    for (const auto& [step, values] : bySteps) {
        const Statistic s = summarise(values);
        series.x.push_back(step);
        series.y.push_back(s.mean);
        series.low.push_back(s.low);
        series.high.push_back(s.high);
    }
    return series;
}

/// Variants with a live curve; at most as many as colours can be told apart.
std::vector<ChartSeries> recoveryCurves(const StudyResults& results) {
    constexpr std::size_t kMost = 8;
    std::vector<ChartSeries> curves;
    for (const StudyRun* run : results.firstRuns()) {
        ChartSeries series = recoveryOf(run->variant, results.complete(run->variant));
        series.style = static_cast<int>(curves.size());
        if (series.x.size() > 1 && curves.size() < kMost) curves.push_back(std::move(series));
    }
    return curves;
}

void addRecovery(const StudyResults& results, std::vector<ReportFigure>& out) {
    const LineChart chart{
        .title = "Recovery during distillation",
        .description =
            "Mean perplexity over seeds by optimiser step, one line per variant; bands "
            "reach from the lowest to the highest seed.",
        .xLabel = "optimiser step",
        .yLabel = strCat("perplexity on the ", selectionName(results.runs.front().spec.eval)),
        .series = recoveryCurves(results)};
    if (chart.series.empty()) return;
    ReportTable twin{.title = chart.title,
                     .header = {"variant", "first", "lowest", "last", "steps"}};
    for (const ChartSeries& s : chart.series)
        twin.rows.push_back({s.name, figureText(s.y.front()),
                             figureText(*std::min_element(s.y.begin(), s.y.end())),
                             figureText(s.y.back()), tickText(s.x.back())});
    out.push_back({"recovery", toSvg(chart, "recovery"), std::move(twin)});
}

/// A point where both its figures are known; `removed` as a share.
void addPoint(ChartSeries& series, double removed, double ppl) {
    if (!std::isfinite(removed) || !std::isfinite(ppl)) return;
    series.x.push_back(removed * 100);
    series.y.push_back(ppl);
}

void addRemoval(const StudyResults& results, std::vector<ReportFigure>& out) {
    ChartSeries pre{.name = "pre-KD", .style = 1}, post{.name = "post-KD"};
    ChartSeries paperPre{.name = "paper, pre-KD", .points = true, .style = 1},
        paperPost{.name = "paper, post-KD", .points = true};
    std::vector<RowFigures> rows = rowFigures(results);
    std::erase_if(rows, [](const RowFigures& row) {
        return row.dense || row.seed > 0 || !(row.removed.mean > 0);
    });
    std::stable_sort(rows.begin(), rows.end(), [](const RowFigures& a, const RowFigures& b) {
        return a.removed.mean < b.removed.mean;
    });
    double dense = kNan;
    ReportTable twin{
        .title = "Perplexity against what was removed",
        .header = {"row", "MLP removed", "pre-KD", "post-KD", "paper, pre-KD", "paper, post-KD"}};
    for (const RowFigures& row : rows) {
        addPoint(pre, row.removed.mean, row.pruned.mean);
        addPoint(post, row.removed.mean, row.final.mean);
        addPoint(paperPre, row.paperFigure("removed"), row.paperFigure("post_prune_ppl"));
        addPoint(paperPost, row.paperFigure("removed"), row.paperFigure("post_kd_ppl"));
        dense = row.denseFigure.mean;
        twin.rows.push_back({row.label, shareText(row.removed.mean), figureText(row.pruned),
                             figureText(row.final), figureText(row.paperFigure("post_prune_ppl")),
                             figureText(row.paperFigure("post_kd_ppl"))});
    }
    if (pre.x.empty() && post.x.empty()) return;
    LineChart chart{.title = twin.title,
                    .description =
                        "Perplexity before and after distillation by the share of MLP "
                        "parameters removed; open markers are the paper's figures.",
                    .xLabel = "MLP parameters removed, %",
                    .yLabel = "perplexity"};
    for (ChartSeries* one : {&pre, &post, &paperPre, &paperPost})
        if (!one->x.empty()) chart.series.push_back(std::move(*one));
    if (std::isfinite(dense)) chart.guides.push_back({"dense", dense});
    out.push_back({"removal", toSvg(chart, "removal"), std::move(twin)});
}

/// Perplexity before distillation over the pivot's values, one line per pruner.
void addPruners(const StudyResults& results, std::vector<ReportFigure>& out) {
    const StudySpec& study = results.study;
    LineChart chart{.title = "Perplexity after pruning",
                    .description = strCat("Perplexity after pruning, before any distillation, by ",
                                          study.table.pivot, "; one line per pruner."),
                    .xLabel = study.table.pivot,
                    .yLabel = "perplexity"};
    for (const StudyVariant& variant : study.variants) {
        ChartSeries series{.name = variant.name,
                           .points = !variant.grid,
                           .style = static_cast<int>(chart.series.size())};
        std::map<double, std::vector<const StudyRun*>> byValue;
        for (const StudyRun* run : results.complete(variant.name))
            byValue[numberOf(valueAt(toJson(run->spec), study.table.pivot))].push_back(run);
        for (const auto& [value, runs] : byValue) {
            series.x.push_back(value);
            series.y.push_back(over(runs, &RunSummary::finalPpl).mean);
        }
        if (!series.x.empty()) chart.series.push_back(std::move(series));
    }
    if (!chart.series.empty())
        out.push_back({"pruners", toSvg(chart, "pruners"), mainTable(results)});
}

double paperFinal(const std::vector<RowFigures>& rows, const std::string& variant) {
    for (const RowFigures& row : rows)
        if (row.variant == variant && row.round == 0 && !row.dense)
            return row.paperFigure("post_kd_ppl");
    return kNan;
}

void addControls(const StudyResults& results, std::vector<ReportFigure>& out) {
    const ReportTable controls = controlsTable(results);
    if (controls.rows.empty()) return;
    const std::vector<RowFigures> rows = rowFigures(results);
    BarChart chart{.title = "Controls",
                   .description =
                       "Final perplexity of the dense model and of each control; whiskers are the "
                       "sample standard deviation over seeds, marks the paper's figures.",
                   .valueLabel = "perplexity"};
    const Statistic dense = over(results.complete(controls.rows[0][0]), &RunSummary::densePpl);
    chart.bars.push_back({"Dense", dense.mean, kNan, paperDensePerplexity(rows)});
    for (const auto& row : controls.rows) {
        const Statistic s = over(results.complete(row[0]), &RunSummary::finalPpl);
        chart.bars.push_back({row[0], s.mean, s.deviation, paperFinal(rows, row[0])});
    }
    out.push_back({"controls", toSvg(chart, "controls"), controls});
}

}  // namespace

std::vector<ReportFigure> reportFigures(const StudyResults& results) {
    std::vector<ReportFigure> figures;
    addRecovery(results, figures);
    const TableLayout layout = results.study.table.layout;
    if (layout == TableLayout::Recovery || layout == TableLayout::Baseline)
        addRemoval(results, figures);
    if (layout == TableLayout::Pruners) addPruners(results, figures);
    addControls(results, figures);
    if (auto deviation = deviationFigure(results)) figures.push_back(std::move(*deviation));
    return figures;
}

}  // namespace skd
