#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/row_figures.h"
#include "report/statistics.h"

namespace skd {
namespace {

// Where the paper gives words (section IX.B), these are our thresholds.
constexpr double kRecovered =
    0.5;  ///< share of the collapse in log perplexity: "substantially lower"
constexpr double kComparable =
    1.05;  ///< times dense: "comparable to or better" (Table IX: within 5 %)
constexpr double kLowSparsity = 0.20;
constexpr double kDip = 0.05;  ///< fall from one sparsity to the next that still counts as monotone

/// A pruned and distilled row: ours, or the paper's.
struct Point {
    double removed = 0, dense = 0, pruned = 0, final = 0;
};

std::vector<Point> measuredPoints(const std::vector<RowFigures>& rows) {
    std::vector<Point> points;
    for (const RowFigures& row : rows)
        if (row.distilled() && !row.dense && row.seed == 0)
            points.push_back(
                {row.removed.mean, row.denseFigure.mean, row.pruned.mean, row.final.mean});
    return points;
}

std::vector<Point> paperPoints(const std::vector<RowFigures>& rows) {
    std::vector<Point> points;
    const double dense = paperDensePerplexity(rows);
    for (const RowFigures& row : rows)
        if (row.seed == 0 && row.paperFigure("removed") > 0 && row.paperFigure("post_kd_ppl") > 0)
            points.push_back({row.paperFigure("removed"), dense, row.paperFigure("post_prune_ppl"),
                              row.paperFigure("post_kd_ppl")});
    return points;
}

struct Judgement {
    Verdict verdict = Verdict::NotApplicable;
    std::string figures;
};

std::string pointText(const Point& point) {
    return shareText(point.removed);
}

Judgement recovery(const std::vector<Point>& points) {
    Judgement judgement;
    for (const Point& point : points) {
        if (std::isnan(point.pruned)) continue;
        const double collapse = std::log(point.pruned / point.dense),
                     back = std::log(point.pruned / point.final);
        // Without a collapse there is nothing to take back; it is enough not to lose.
        const bool passed =
            collapse > 0 ? back >= kRecovered * collapse : point.final <= point.pruned;
        if (judgement.verdict != Verdict::Fail)
            judgement.verdict = passed ? Verdict::Pass : Verdict::Fail;
        judgement.figures += strCat(
            judgement.figures.empty() ? "" : "; ", pointText(point), ": ", figureText(point.pruned),
            " → ", figureText(point.final),
            collapse > 0 ? strCat(" (", shareText(back / collapse), " of the collapse)") : "");
    }
    return judgement;
}

Judgement lowSparsity(const std::vector<Point>& points) {
    const auto lowest =
        std::min_element(points.begin(), points.end(),
                         [](const Point& a, const Point& b) { return a.removed < b.removed; });
    if (lowest == points.end() || lowest->removed > kLowSparsity)
        return {Verdict::NotApplicable, "no row with at most 20 % removed"};
    const double times = lowest->final / lowest->dense;
    return {times <= kComparable ? Verdict::Pass : Verdict::Fail,
            strCat(pointText(*lowest), ": ", figureText(lowest->final), " against dense ",
                   figureText(lowest->dense), " (", formatNumber(times, 3), "×)")};
}

/// By sparsity; of arms that remove the same the best one.
std::vector<Point> bestBySparsity(std::vector<Point> points) {
    constexpr double kSame = 0.005;
    std::sort(points.begin(), points.end(),
              [](const Point& a, const Point& b) { return a.removed < b.removed; });
    std::vector<Point> best;
    for (const Point& point : points) {
        const bool same = !best.empty() && point.removed - best.back().removed < kSame;
        if (!same)
            best.push_back(point);
        else if (point.final < best.back().final)
            best.back() = point;
    }
    return best;
}

Judgement monotone(const std::vector<Point>& all) {
    const std::vector<Point> points = bestBySparsity(all);
    if (points.size() < 2) return {Verdict::NotApplicable, "fewer than two sparsities"};
    Judgement judgement{Verdict::Pass, ""};
    for (std::size_t i = 0; i < points.size(); ++i) {
        judgement.figures += strCat(i == 0 ? "" : " → ", figureText(points[i].final), " (",
                                    pointText(points[i]), ")");
        if (i > 0 && points[i].final < points[i - 1].final * (1 - kDip))
            judgement.verdict = Verdict::Fail;
    }
    if (points.back().final <= points.front().final) judgement.verdict = Verdict::Fail;
    return judgement;
}

Criterion criterion(std::string name, const Judgement& ours, const Judgement& paper) {
    const std::string theirs = paper.verdict == Verdict::NotApplicable
                                   ? ""
                                   : strCat(enumName(paper.verdict), ": ", paper.figures);
    return {std::move(name), ours.verdict,
            ours.figures.empty() ? "nothing measured yet" : ours.figures, theirs};
}

}  // namespace

ReportTable criteriaTable(const std::vector<Criterion>& criteria) {
    ReportTable table{.header = {"criterion", "verdict", "figures", "paper"}};
    for (const Criterion& c : criteria)
        table.rows.push_back(
            {c.name, enumName(c.verdict), c.figures, c.paper.empty() ? "–" : c.paper});
    return table;
}

std::vector<Criterion> reproductionCriteria(const StudyResults& results) {
    const TableLayout layout = results.study.table.layout;
    if (layout != TableLayout::Recovery && layout != TableLayout::Baseline) return {};
    const std::vector<RowFigures> rows = rowFigures(results);
    const std::vector<Point> ours = measuredPoints(rows), paper = paperPoints(rows);
    return {criterion("post-KD perplexity substantially below post-prune (at least half of the "
                      "collapse in log perplexity taken back, in every row)",
                      recovery(ours), recovery(paper)),
            criterion("at low sparsity, post-KD comparable to dense or better (at most 1.05×)",
                      lowSparsity(ours), lowSparsity(paper)),
            criterion("monotonic degradation with sparsity (no fall above 5 %, most pruned worse "
                      "than least pruned)",
                      monotone(ours), monotone(paper))};
}

}  // namespace skd
