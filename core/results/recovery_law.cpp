#include "results/recovery_law.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/statistics.h"

namespace skd {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSlowest = 0.01, kFastest = 3, kFloor = 1;
constexpr double kHuber = 2.5, kMadToDeviation = 1.4826;
constexpr int kGrid = 160, kRefinements = 3, kRobustPasses = 3;
constexpr std::size_t kLeastPoints = 5;
/// Below this scatter of log perplexity points count as exact.
constexpr double kExact = 1e-9;

/// `count` asymptotes from the floor to just below the lowest perplexity, ever denser towards it.
std::vector<double> asymptotes(double lowest) {
    std::vector<double> values;
    for (int i = 0; i < kGrid; ++i) {
        const double share = static_cast<double>(i) / (kGrid - 1);
        values.push_back(lowest - (lowest - kFloor) * std::pow(1e-4, share));
    }
    return values;
}

double logLaw(const RecoveryLaw& law, double logTokens) {
    return std::log(law.a + law.b * std::exp(-law.c * logTokens));
}

}  // namespace

double RecoveryLaw::perplexityAt(double tokens) const {
    return a + b * std::pow(tokens, -c);
}

double RecoveryLaw::tokensTo(double perplexity) const {
    if (!(perplexity > a)) return kInfinity;
    return std::pow(b / (perplexity - a), 1 / c);
}

bool TokenForecast::isReached() const {
    return std::isfinite(tokens);
}

std::optional<RecoveryFit::Candidate> RecoveryFit::lineFor(double a,
                                                           const std::vector<Weighted>& points) {
    double weights = 0, meanX = 0, meanY = 0;
    const auto weightOf = [a](const Weighted& point) {
        const double share = (point.perplexity - a) / point.perplexity;
        return point.weight * share * share;
    };
    for (const Weighted& point : points) {
        weights += weightOf(point);
        meanX += weightOf(point) * point.logTokens;
        meanY += weightOf(point) * std::log(point.perplexity - a);
    }
    meanX /= weights;
    meanY /= weights;
    double xx = 0, xy = 0;
    for (const Weighted& point : points) {
        const double x = point.logTokens - meanX;
        xx += weightOf(point) * x * x;
        xy += weightOf(point) * x * (std::log(point.perplexity - a) - meanY);
    }
    const double c = std::min(-xy / xx, kFastest);
    if (!(c >= kSlowest)) return std::nullopt;
    Candidate candidate{{a, std::exp(meanY + c * meanX), c, 0, points.size()}};
    for (const Weighted& point : points) {
        const double residual = std::log(point.perplexity) - logLaw(candidate.law, point.logTokens);
        candidate.squares += point.weight * residual * residual;
    }
    candidate.law.noise = std::sqrt(candidate.squares / static_cast<double>(points.size() - 3));
    candidate.heightError = candidate.law.noise / std::sqrt(weights);
    candidate.slopeError = candidate.law.noise / std::sqrt(xx);
    candidate.middle = meanX;
    return candidate;
}

std::vector<RecoveryFit::Candidate> RecoveryFit::search(const std::vector<Weighted>& points,
                                                        std::size_t& best) {
    double lowest = kInfinity;
    for (const Weighted& point : points) lowest = std::min(lowest, point.perplexity);
    std::vector<double> tried = asymptotes(lowest);
    std::vector<Candidate> candidates;
    for (int pass = 0; pass <= kRefinements; ++pass) {
        for (const double a : tried)
            if (const auto candidate = lineFor(a, points)) candidates.push_back(*candidate);
        if (candidates.empty()) return candidates;
        std::sort(candidates.begin(), candidates.end(),
                  [](const auto& x, const auto& y) { return x.law.a < y.law.a; });
        best = static_cast<std::size_t>(
            std::min_element(candidates.begin(), candidates.end(),
                             [](const auto& x, const auto& y) { return x.squares < y.squares; }) -
            candidates.begin());
        // Between the neighbours of the best one, twenty times as densely.
        const double low = candidates[best > 0 ? best - 1 : 0].law.a,
                     high = candidates[std::min(best + 1, candidates.size() - 1)].law.a;
        tried.clear();
        for (int i = 1; i < 40; ++i) tried.push_back(low + (high - low) * i / 40);
    }
    return candidates;
}

void RecoveryFit::discountOutliers(const RecoveryLaw& law, std::vector<Weighted>& points) {
    std::vector<double> sizes;
    for (const Weighted& point : points)
        sizes.push_back(std::fabs(std::log(point.perplexity) - logLaw(law, point.logTokens)));
    std::vector<double> sorted = sizes;
    std::sort(sorted.begin(), sorted.end());
    const auto count = static_cast<double>(points.size());
    // Three parameters have made the residuals smaller than the errors.
    const double deviation =
        kMadToDeviation * quantile(sorted, 0.5) * std::sqrt(count / (count - 3));
    const double bound = kHuber * std::max(deviation, kExact);
    for (std::size_t i = 0; i < points.size(); ++i)
        points[i].weight = sizes[i] > bound ? bound / sizes[i] : 1;
}

std::optional<RecoveryFit> RecoveryFit::of(const std::vector<RecoveryPoint>& curve) {
    std::vector<Weighted> points;
    std::set<double> distinct;
    for (const RecoveryPoint& point : curve) {
        const bool counts = point.tokens > 0 && std::isfinite(point.tokens) &&
                            point.perplexity > kFloor && std::isfinite(point.perplexity);
        if (!counts) continue;
        points.push_back({std::log(point.tokens), point.perplexity});
        distinct.insert(point.tokens);
    }
    if (distinct.size() < kLeastPoints) return std::nullopt;
    RecoveryFit fit;
    for (int pass = 0; pass < kRobustPasses; ++pass) {
        fit.m_candidates = search(points, fit.m_best);
        if (fit.m_candidates.empty()) return std::nullopt;
        if (pass + 1 < kRobustPasses) discountOutliers(fit.law(), points);
    }
    return fit;
}

TokenForecast RecoveryFit::tokensTo(double perplexity) const {
    const Candidate& best = m_candidates[m_best];
    TokenForecast forecast;
    forecast.tokens = forecast.low = forecast.high = best.law.tokensTo(perplexity);
    const auto freedom = static_cast<double>(best.law.points - 3);
    const double student = studentQuantile(freedom);
    const double most = best.squares * (1 + student * student / freedom);
    for (const Candidate& each : m_candidates) {
        if (each.squares > most) continue;
        const double tokens = each.law.tokensTo(perplexity);
        if (!std::isfinite(tokens)) {
            forecast.high = kInfinity;
            continue;
        }
        if (tokens <= 0) {
            forecast.low = 0;
            continue;
        }
        // log t = (log b - log(ppl - a)) / c, by the errors of the line at that place.
        const double away = (std::log(tokens) - each.middle) * each.slopeError,
                     error = student * std::hypot(each.heightError, away) / each.law.c;
        forecast.low = std::min(forecast.low, tokens * std::exp(-error));
        forecast.high = std::max(forecast.high, tokens * std::exp(error));
    }
    return forecast;
}

}  // namespace skd
