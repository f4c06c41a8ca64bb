#include <cmath>

#include "base/text.h"
#include "report/report.h"
#include "report/statistics.h"

namespace skd {
namespace {

/// A distance with half of its 95 % interval; NaN where it is not known.
struct Deviation {
    double kl = kNan, halfWidth = kNan;
};

/// One round of one variant, over its seeds.
struct DeviationPoint {
    std::string variant;
    std::int64_t round = 0;
    double removed = kNan;
    Deviation cut, recovered;
};

using RoundFigure = std::optional<double> RoundSummary::*;

/// Seeds are measured on one text: its part of the interval stays, that between seeds shrinks with
/// their number.
Deviation deviationOver(const std::vector<const RoundSummary*>& rounds, RoundFigure kl,
                        RoundFigure halfWidth) {
    std::vector<double> values, widths;
    for (const RoundSummary* round : rounds) {
        values.push_back(valueOrNan(round->*kl));
        widths.push_back(valueOrNan(round->*halfWidth));
    }
    const Statistic all = summarise(values);
    const double text = summarise(widths).mean;
    if (all.count < 2) return {all.mean, text};
    const double seeds =
        studentQuantile(all.count - 1) * all.deviation / std::sqrt(static_cast<double>(all.count));
    return {all.mean, std::hypot(seeds, text)};
}

std::vector<DeviationPoint> deviationPoints(const StudyResults& results) {
    std::vector<DeviationPoint> points;
    for (const StudyRun* first : results.firstRuns()) {
        const std::vector<const StudyRun*> runs = results.complete(first->variant);
        for (std::int64_t number = 1;; ++number) {
            std::vector<const RoundSummary*> rounds;
            for (const StudyRun* run : runs)
                if (const RoundSummary* round = run->summary.findRound(number);
                    round != nullptr && !round->rolledBack)
                    rounds.push_back(round);
            if (rounds.empty()) break;
            DeviationPoint point{first->variant, number};
            std::vector<double> removed;
            for (const RoundSummary* round : rounds)
                removed.push_back(valueOrNan(round->mlpRemoved));
            point.removed = summarise(removed).mean;
            point.cut = deviationOver(rounds, &RoundSummary::gateOriginalKl,
                                      &RoundSummary::gateOriginalHalfWidth);
            point.recovered = deviationOver(rounds, &RoundSummary::recoveredKl,
                                            &RoundSummary::recoveredHalfWidth);
            if (std::isfinite(point.cut.kl) || std::isfinite(point.recovered.kl))
                points.push_back(std::move(point));
        }
    }
    return points;
}

std::string deviationText(const Deviation& deviation) {
    if (!std::isfinite(deviation.halfWidth)) return figureText(deviation.kl);
    return strCat(figureText(deviation.kl), " ± ", figureText(deviation.halfWidth));
}

/// The curve of one variant; a band where every point has an interval.
ChartSeries deviationCurve(const std::vector<DeviationPoint>& points, const std::string& variant,
                           Deviation DeviationPoint::*of) {
    ChartSeries series;
    for (const DeviationPoint& point : points) {
        const Deviation& deviation = point.*of;
        if (point.variant != variant || !(deviation.kl > 0) || !std::isfinite(point.removed))
            continue;
        series.x.push_back(100 * point.removed);
        series.y.push_back(deviation.kl);
        // On a logarithmic axis: an interval that reaches 0 ends at a tenth of its middle.
        const double width = std::isfinite(deviation.halfWidth) ? deviation.halfWidth : 0;
        series.low.push_back(std::max(deviation.kl - width, deviation.kl / 10));
        series.high.push_back(deviation.kl + width);
    }
    return series;
}

std::vector<ChartSeries> deviationCurves(const StudyResults& results,
                                         const std::vector<DeviationPoint>& points) {
    constexpr int kMostVariants = 4;  // two lines each, as many as can be told apart
    std::vector<ChartSeries> curves;
    int style = 0;
    for (const StudyRun* first : results.firstRuns()) {
        const auto add = [&](Deviation DeviationPoint::*of, const char* when) {
            ChartSeries curve = deviationCurve(points, first->variant, of);
            if (curve.x.empty()) return;
            curve.name = strCat(first->variant, ", ", when);
            curve.points = curve.x.size() == 1;
            curve.style = style++;
            curves.push_back(std::move(curve));
        };
        if (style >= 2 * kMostVariants) break;
        add(&DeviationPoint::cut, "after the cut");
        add(&DeviationPoint::recovered, "after distillation");
    }
    return curves;
}

}  // namespace

ReportTable deviationTable(const StudyResults& results) {
    ReportTable table{
        .title = "Distance to the dense model by round",
        .header = {"variant", "round", "MLP removed", "after the cut", "after distillation"}};
    for (const DeviationPoint& point : deviationPoints(results))
        table.rows.push_back({point.variant, std::to_string(point.round), shareText(point.removed),
                              deviationText(point.cut), deviationText(point.recovered)});
    table.notes.push_back(
        "KL divergence to the model that the run began with, in nats per token of corpus text "
        "(schedule.gate_tokens), ± half of the 95 % interval, from blocks of text and, of several "
        "seeds, from the scatter between them.");
    return table;
}

std::optional<ReportFigure> deviationFigure(const StudyResults& results) {
    LineChart chart{.title = "Distance to the dense model against what was removed",
                    .description =
                        "KL divergence to the dense model by the share of MLP parameters removed, "
                        "after each cut and after its distillation; bands are 95 % intervals.",
                    .xLabel = "MLP parameters removed, %",
                    .yLabel = "KL to the dense model, nats per token",
                    .series = deviationCurves(results, deviationPoints(results))};
    if (chart.series.empty()) return std::nullopt;
    return ReportFigure{"deviation", toSvg(chart, "deviation"), deviationTable(results)};
}

}  // namespace skd
