#include "store/run_forecast.h"

#include <cmath>

namespace skd {
namespace {

bool recovers(const RunSpec& spec) {
    return spec.prune.method != PruneMethod::None && plannedTokens(spec) > 0;
}

double targetOf(const RunSpec& spec) {
    return roundsOf(spec).back().target;
}

/// The dense perplexity on the live slice; of early runs on the whole evaluation text.
Result<double> denseOf(const RunStore& store, const RunDetails& details) {
    for (const char* metric : {"ppl.dense_live", "ppl.dense"}) {
        SKD_TRY(const Series series, store.series(details.row.id, metric));
        if (!series.values.empty()) return series.values.back();
    }
    return details.row.densePpl;
}

}  // namespace

double tokensPerStep(const RunSpec& spec) {
    return static_cast<double>(spec.distill.batch * spec.corpus.sequenceLength);
}

double plannedTokens(const RunSpec& spec) {
    double steps = 0;
    for (const RoundSpec& round : roundsOf(spec)) steps += static_cast<double>(round.steps);
    return steps * tokensPerStep(spec);
}

std::optional<RecoveryForecast> forecastOf(const Json& json, const Series& live, const Series& cuts,
                                           double dense) {
    if (!(dense > 1) || live.steps.empty()) return std::nullopt;
    const Result<RunSpec> spec = parseRunSpec(json);
    if (!spec) return std::nullopt;
    const double first = cuts.steps.empty() ? 0 : cuts.steps.back();
    std::vector<RecoveryPoint> curve;
    for (std::size_t i = 0; i < live.steps.size(); ++i)
        if (live.steps[i] >= first)
            curve.push_back({(live.steps[i] - first) * tokensPerStep(*spec), live.values[i]});
    return forecastRecovery(curve, dense);
}

Result<std::optional<RecoveryForecast>> forecastOf(const RunStore& store,
                                                   const RunDetails& details) {
    SKD_TRY(const Series live, store.series(details.row.id, "ppl.live"));
    SKD_TRY(const Series cuts, store.series(details.row.id, "ppl.post_prune"));
    SKD_TRY(const double dense, denseOf(store, details));
    return forecastOf(details.spec, live, cuts, dense);
}

Result<std::vector<PastRecovery>> pastRecoveries(const RunStore& store, std::size_t most) {
    std::vector<PastRecovery> past;
    SKD_TRY(const std::vector<RunRow> rows, store.runs());
    std::size_t read = 0;
    for (const RunRow& row : rows) {
        if (row.status != RunStatus::Completed || row.parentRun != RunId()) continue;
        if (read++ == most) break;
        SKD_TRY(const RunDetails details, store.details(row.id));
        const Result<RunSpec> spec = parseRunSpec(details.spec);
        if (!spec || !recovers(withControl(*spec))) continue;
        SKD_TRY(const auto forecast, forecastOf(store, details));
        if (forecast) past.push_back({row.id, spec->model.path, targetOf(*spec), *forecast});
    }
    return past;
}

const PastRecovery* nearestRecovery(const std::vector<PastRecovery>& past, const RunSpec& spec) {
    const PastRecovery* nearest = nullptr;
    if (!recovers(withControl(spec))) return nearest;
    const auto distance = [target = targetOf(spec)](const PastRecovery& one) {
        return std::fabs(one.removed - target);
    };
    for (const PastRecovery& one : past)
        if (one.model == spec.model.path &&
            (nearest == nullptr || distance(one) < distance(*nearest)))
            nearest = &one;
    return nearest;
}

}  // namespace skd
