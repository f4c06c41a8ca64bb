#include "ranks/damage.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skd {
namespace {

/// A probe as a point of the curve: squared tail at its rank, KL.
struct Point {
    double tail, kl;
};

/// Probes of a matrix that say something, strongest cut first; KL not yet positive everywhere.
std::vector<Point> pointsOf(const MatrixSpectrum& matrix, const std::vector<double>& tail) {
    std::vector<RankProbe> probes = matrix.probes;
    if (probes.empty()) probes.push_back({matrix.probeRank, matrix.probeKl});
    std::vector<Point> points;
    for (const RankProbe& probe : probes) {
        if (probe.rank <= 0 || probe.rank >= static_cast<std::int64_t>(tail.size()) ||
            !std::isfinite(probe.kl))
            continue;
        const double left = tail[static_cast<std::size_t>(probe.rank)];
        if (left > 0) points.push_back({left, probe.kl});
    }
    return points;
}

/// A probe can come out at or below zero by rounding; such a matrix is cheap, not free.
void makePositive(std::vector<Point>& points, double smallestWeight) {
    for (Point& point : points)
        if (point.kl <= 0) point.kl = smallestWeight * point.tail;
    for (std::size_t i = points.size(); i-- > 1;)
        points[i - 1].kl = std::max(points[i - 1].kl, points[i].kl);
}

double interpolate(const std::vector<Point>& points, double tail) {
    if (tail <= 0) return 0;
    if (tail >= points.front().tail) return points.front().kl * tail / points.front().tail;
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (tail < points[i].tail) continue;
        const Point &a = points[i - 1], &b = points[i];
        if (a.tail <= b.tail || a.kl == b.kl) return b.kl;
        const double share = std::log(tail / b.tail) / std::log(a.tail / b.tail);
        return std::exp(std::log(b.kl) + share * std::log(a.kl / b.kl));
    }
    return points.back().kl * tail / points.back().tail;
}

/// A line through the points' logarithms by least squares, exact for two; its slope is held within
/// bounds, since two noisy probes can give any.
struct PowerLaw {
    double logFactor = 0, exponent = 1;

    explicit PowerLaw(const std::vector<Point>& points) {
        static constexpr double kLowest = 0.25, kHighest = 4;
        const auto count = static_cast<double>(points.size());
        double x = 0, y = 0, xx = 0, xy = 0;
        for (const Point& point : points) {
            x += std::log(point.tail) / count;
            y += std::log(point.kl) / count;
        }
        for (const Point& point : points) {
            const double left = std::log(point.tail) - x;
            xx += left * left;
            xy += left * (std::log(point.kl) - y);
        }
        if (xx > 0) exponent = std::clamp(xy / xx, kLowest, kHighest);
        logFactor = y - exponent * x;
    }
    [[nodiscard]] double at(double tail) const {
        return tail > 0 ? std::exp(logFactor + exponent * std::log(tail)) : 0;
    }
};

DamageCurves measuredCurves(const Analysis& analysis, const DamageCurves& tails) {
    std::vector<std::vector<Point>> points;
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < tails.size(); ++i) {
        points.push_back(pointsOf(analysis.matrices[i], tails[i]));
        for (const Point& point : points.back())
            if (point.kl > 0) smallest = std::min(smallest, point.kl / point.tail);
    }
    if (!std::isfinite(smallest)) smallest = 1;
    DamageCurves curves = tails;
    for (std::size_t i = 0; i < tails.size(); ++i) {
        if (points[i].empty()) points[i].push_back({1, smallest});
        makePositive(points[i], smallest);
        const PowerLaw law(points[i]);
        for (double& value : curves[i])
            value = analysis.probeLaw == ProbeLaw::Power ? law.at(value)
                                                         : interpolate(points[i], value);
    }
    return curves;
}

double weightOf(const MatrixSpectrum& matrix, const std::vector<double>& tail,
                const DamageRule& rule, std::int64_t layers) {
    static constexpr double kNeverCut = 1e6;
    if (rule.weights == WeightRule::Unit) return 0.5;
    const double relative = tail.front() > 0 ? 1 / tail.front() : 1;
    if (rule.weights == WeightRule::Relative) return relative;
    const double factor = rule.tiers[tierOf(matrix.info.layer.value(), layers)];
    return factor > 0 ? relative / factor : relative * kNeverCut;
}

}  // namespace

DamageRule damageRule(const PruneSpec& spec) {
    return {spec.truncation, spec.weights, {spec.tierEarly, spec.tierMiddle, spec.tierLate}};
}

std::size_t tierOf(std::int64_t layer, std::int64_t layers) {
    return static_cast<std::size_t>(
        std::min<std::int64_t>(2, 3 * layer / std::max<std::int64_t>(1, layers)));
}

std::int64_t layerCount(const Analysis& analysis) {
    std::int64_t layers = analysis.model.layers;
    for (const MatrixSpectrum& matrix : analysis.matrices)
        layers = std::max<std::int64_t>(layers, matrix.info.layer.value() + 1);
    return layers;
}

bool hasProbes(const Analysis& analysis) {
    return !analysis.matrices.empty() &&
           std::all_of(analysis.matrices.begin(), analysis.matrices.end(),
                       [](const MatrixSpectrum& matrix) { return std::isfinite(matrix.probeKl); });
}

DamageCurves damageCurves(const Analysis& analysis, const DamageRule& rule) {
    DamageCurves curves;
    for (const MatrixSpectrum& matrix : analysis.matrices)
        curves.push_back(squaredTail(spectrumOf(matrix, rule.truncation)));
    if (rule.weights == WeightRule::Measured) return measuredCurves(analysis, curves);
    const std::int64_t layers = layerCount(analysis);
    for (std::size_t i = 0; i < curves.size(); ++i) {
        const double weight = weightOf(analysis.matrices[i], curves[i], rule, layers);
        for (double& value : curves[i]) value *= weight;
    }
    return curves;
}

}  // namespace skd
