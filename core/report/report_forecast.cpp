#include <algorithm>
#include <map>

#include "base/text.h"
#include "report/report.h"
#include "report/study_arms.h"
#include "results/recovery_law.h"

namespace skd {
namespace {

/// The live curve of a run's last cut that stands, by tokens trained since then.
std::vector<RecoveryPoint> lastCurve(const StudyRun& run) {
    double first = 0;
    for (const RoundSummary& round : run.summary.rounds)
        if (!round.rolledBack && round.steps > 0) first = static_cast<double>(round.firstStep);
    const auto tokens =
        static_cast<double>(run.spec.distill.batch * run.spec.corpus.sequenceLength);
    std::vector<RecoveryPoint> points;
    for (std::size_t i = 0; i < run.live.steps.size(); ++i)
        if (run.live.steps[i] > first)
            points.push_back({(run.live.steps[i] - first) * tokens, run.live.values[i]});
    return points;
}

/// Curves of all seeds as one.
struct ArmCurve {
    std::vector<RecoveryPoint> points;
    double tokens = 0, lowest = kNan;  ///< reached so far, means over seeds by tokens
    std::map<double, double> means;

    explicit ArmCurve(const std::vector<const StudyRun*>& runs) {
        std::map<double, std::vector<double>> byTokens;
        for (const StudyRun* run : runs)
            for (const RecoveryPoint& point : lastCurve(*run)) {
                points.push_back(point);
                byTokens[point.tokens].push_back(point.perplexity);
            }
        for (const auto& [at, values] : byTokens) {
            means[at] = summarise(values).mean;
            tokens = at;
            if (!(lowest <= means[at])) lowest = means[at];
        }
    }
};

/// 61440 -> "61 k", 1.24e7 -> "12 M".
std::string tokensText(double tokens) {
    if (std::isinf(tokens)) return "∞";
    const bool millions = tokens >= 999500;
    const double value = tokens / (millions ? 1e6 : 1e3);
    const std::string text =
        value >= 1000 ? groupDigits(std::llround(value)) : formatNumber(value, 2);
    return strCat(text, millions ? " M" : " k");
}

std::string forecastText(const ArmCurve& curve, const RecoveryFit& fit, double target) {
    if (std::isnan(target)) return "–";
    for (const auto& [tokens, perplexity] : curve.means)
        if (perplexity <= target) return strCat("reached at ", tokensText(tokens));
    const TokenForecast forecast = fit.tokensTo(target);
    if (!forecast.isReached())
        return strCat("not reached: the curve levels off at ", figureText(fit.law().a),
                      std::isfinite(forecast.low)
                          ? strCat(", at the earliest after ", tokensText(forecast.low))
                          : std::string());
    return strCat("about ", tokensText(forecast.tokens), " (", tokensText(forecast.low), " to ",
                  tokensText(forecast.high), ")");
}

double denseLevel(const std::vector<const StudyRun*>& runs) {
    return over(runs, [](const StudyRun& run) { return finiteOrNone(run.denseLive); }).mean;
}

std::vector<std::string> forecastRow(const ArmRuns& arm, const std::vector<ArmRuns>& arms) {
    const ArmCurve curve(arm.runs);
    const auto fit = RecoveryFit::of(curve.points);
    if (!fit) return {};
    const ChosenArm tuned = tunedDense(arms, arm.spec(), arm.budget);
    const double dense = denseLevel(arm.runs),
                 tunedLevel = tuned ? std::exp(tuned.arm->selectionLoss()) : kNan;
    if (std::isnan(dense) && std::isnan(tunedLevel)) return {};
    return {arm.variant,
            tokensText(curve.tokens),
            figureText(curve.lowest),
            figureText(dense),
            forecastText(curve, *fit, dense),
            figureText(tunedLevel),
            forecastText(curve, *fit, tunedLevel)};
}

}  // namespace

ReportTable forecastTable(const StudyResults& results) {
    ReportTable table{.title = "Forecast: tokens to the dense model's perplexity",
                      .header = {"variant", "trained", "lowest", "dense", "tokens to dense",
                                 "tuned dense", "tokens to tuned dense"}};
    const std::vector<ArmRuns> arms = armsOf(results);
    for (const ArmRuns& arm : arms) {
        if (arm.arm == Arm::Other || isTunedDense(arm.arm)) continue;
        std::vector<std::string> row = forecastRow(arm, arms);
        if (!row.empty()) table.rows.push_back(std::move(row));
    }
    table.notes.push_back(
        "A forecast, not a measurement: a + b·t^(−c) fitted to the live curve since the last cut, "
        "all seeds together, and extrapolated; perplexities are those of its text. The brackets "
        "hold the truth about nine times in ten where the law holds. The learning rate of these "
        "runs falls to their end, so that a longer run has another curve.");
    return table;
}

}  // namespace skd
