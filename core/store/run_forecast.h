#pragma once

#include "results/recovery_forecast.h"
#include "spec/run_spec.h"
#include "store/run_store.h"

namespace skd {

/// Tokens of an optimiser step of a run.
double tokensPerStep(const RunSpec& spec);
/// Tokens that a run trains on, over all its rounds.
double plannedTokens(const RunSpec& spec);

/// When a run's live perplexity reaches the dense model's, from its last cut on. `live`: ppl.live,
/// `cuts`: ppl.post_prune, `dense`: the dense perplexity on the same slice. Nothing where `spec` is
/// no run's or forecastRecovery has nothing.
std::optional<RecoveryForecast> forecastOf(const Json& spec, const Series& live, const Series& cuts,
                                           double dense);
/// The same, read from a workspace.
Result<std::optional<RecoveryForecast>> forecastOf(const RunStore& store,
                                                   const RunDetails& details);

/// The recovery of a complete run, for those who plan another one of the same model.
struct PastRecovery {
    RunId run;
    std::string model;   ///< path, as in the spec
    double removed = 0;  ///< share asked for at its end
    RecoveryForecast forecast;
};
/// Of the newest `most` complete runs that cut and distilled, those with a forecast; newest first.
Result<std::vector<PastRecovery>> pastRecoveries(const RunStore& store, std::size_t most);
/// Of the same model as `spec` the one whose target is nearest, the newest among equals; null where
/// there is none or `spec` neither cuts nor distils.
const PastRecovery* nearestRecovery(const std::vector<PastRecovery>& past, const RunSpec& spec);

}  // namespace skd
