#include "results/recovery_forecast.h"

#include <algorithm>

namespace skd {
namespace {
constexpr double kCollapse = 1.02;  ///< times the level
}

std::optional<RecoveryForecast> forecastRecovery(const std::vector<RecoveryPoint>& curve,
                                                 double target) {
    if (curve.empty() || !(target > 1) || !(curve.front().perplexity > kCollapse * target))
        return std::nullopt;
    RecoveryForecast forecast{target, curve.back().tokens, std::nullopt, {}, 1};
    const auto at = std::find_if(curve.begin(), curve.end(), [=](const RecoveryPoint& point) {
        return point.perplexity <= target;
    });
    if (at != curve.end()) forecast.reachedAt = at->tokens;
    const auto fit = RecoveryFit::of(curve);
    if (!fit) return forecast.reachedAt ? std::optional(forecast) : std::nullopt;
    forecast.tokens = fit->tokensTo(target);
    forecast.floor = fit->law().a;
    return forecast;
}

}  // namespace skd
