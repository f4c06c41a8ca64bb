#pragma once

#include "results/recovery_law.h"

namespace skd {

/// Where a recovery leads: when its perplexity reaches a level, by its power law.
struct RecoveryForecast {
    double target = 0;                ///< perplexity of the level
    double trained = 0;               ///< tokens of the curve so far
    std::optional<double> reachedAt;  ///< tokens after which the curve was first at the level
    TokenForecast tokens;             ///< not reached by the law: the curve flattens above it
    double floor = 1;                 ///< that no number of tokens goes below, by the law
};

/// Of a curve from a collapse on, tokens ascending. Nothing where there is no collapse (the first
/// value is not 2 % above the level), and where the curve has no law (RecoveryFit::of) and is not
/// at the level either.
std::optional<RecoveryForecast> forecastRecovery(const std::vector<RecoveryPoint>& curve,
                                                 double target);

}  // namespace skd
