#include "results/recovery_forecast.h"

#include <algorithm>

namespace skd {
namespace {
constexpr double kCollapse = 1.02;  ///< times the level
constexpr std::size_t kMostPoints = 200;

/// The first and the last point and others evenly between them: a law has three parameters, and
/// its fit is made again for every new point of a live curve.
std::vector<RecoveryPoint> thinned(const std::vector<RecoveryPoint>& curve) {
    if (curve.size() <= kMostPoints) return curve;
    std::vector<RecoveryPoint> some;
    for (std::size_t i = 0; i < kMostPoints; ++i)
        some.push_back(curve[i * (curve.size() - 1) / (kMostPoints - 1)]);
    return some;
}

}  // namespace

std::optional<RecoveryForecast> forecastRecovery(const std::vector<RecoveryPoint>& curve,
                                                 double target) {
    if (curve.empty() || !(target > 1) || !(curve.front().perplexity > kCollapse * target))
        return std::nullopt;
    RecoveryForecast forecast{target, curve.back().tokens, std::nullopt, {}, 1};
    const auto at = std::find_if(curve.begin(), curve.end(), [=](const RecoveryPoint& point) {
        return point.perplexity <= target;
    });
    if (at != curve.end()) forecast.reachedAt = at->tokens;
    const auto fit = RecoveryFit::of(thinned(curve));
    if (!fit) return forecast.reachedAt ? std::optional(forecast) : std::nullopt;
    forecast.tokens = fit->tokensTo(target);
    forecast.floor = fit->law().a;
    return forecast;
}

}  // namespace skd
