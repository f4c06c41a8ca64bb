#include "base/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace skd {

double quantile(const std::vector<double>& sorted, double share) {
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], at - static_cast<double>(below));
}

Spread Spread::of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

Statistic summarise(const std::vector<double>& values) {
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    Statistic s{0, 0, kNan, kNan, kNan, kNan};
    std::vector<double> finite;
    for (const double value : values)
        if (std::isfinite(value)) finite.push_back(value);
    s.dropped = static_cast<int>(values.size() - finite.size());
    s.count = static_cast<int>(finite.size());
    if (finite.empty()) return s;
    const auto n = static_cast<double>(finite.size());
    double sum = 0, squares = 0;
    // Relative to one of them, so that equal values have no deviation at all.
    for (const double value : finite) sum += value - finite.front();
    s.mean = finite.front() + sum / n;
    for (const double value : finite) squares += (value - s.mean) * (value - s.mean);
    if (finite.size() > 1) s.deviation = std::sqrt(squares / (n - 1));
    s.low = *std::min_element(finite.begin(), finite.end());
    s.high = *std::max_element(finite.begin(), finite.end());
    return s;
}

double studentQuantile(double degrees) {
    static constexpr std::array<double, 30> kTable{
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    constexpr double kNormal = 1.960, kLast = kTable.size();
    if (std::isnan(degrees)) return degrees;
    if (degrees >= kLast) return std::lerp(kNormal, kTable.back(), kLast / degrees);
    const double below = std::floor(std::max(degrees, 1.0));
    const auto row = static_cast<std::size_t>(below);
    const double share = (1 / below - 1 / std::max(degrees, 1.0)) / (1 / below - 1 / (below + 1));
    return std::lerp(kTable[row - 1], kTable[row], share);
}

RatioError ratioError(const std::vector<Cluster>& clusters) {
    if (clusters.size() < 2) return {};
    double value = 0, weight = 0;
    for (const Cluster& cluster : clusters) {
        value += cluster.value;
        weight += cluster.weight;
    }
    const double ratio = value / weight;
    const auto residual = [&](const Cluster& c) { return c.value - ratio * c.weight; };
    // Of the kernel's matrix A, ones on the diagonal and 1/2 between followers: its entries, row
    // sums and squared row sums, all added up.
    double squares = 0, pairs = 0, rowSums = 0, squaredRowSums = 0;
    for (std::size_t i = 0; i < clusters.size(); ++i) {
        const double own = residual(clusters[i]);
        const bool before = i > 0 && clusters[i].follows,
                   after = i + 1 < clusters.size() && clusters[i + 1].follows;
        squares += own * own;
        if (before) squares += own * residual(clusters[i - 1]);
        pairs += before ? 1 : 0;
        const double row = 1 + 0.5 * (before + after);
        rowSums += row;
        squaredRowSums += row * row;
    }
    // Residuals are deviations from the ratio: A between two centring matrices.
    const auto n = static_cast<double>(clusters.size());
    const double trace = n - 1 - pairs / n, squaredTrace = n + pairs / 2 - 2 * squaredRowSums / n +
                                                           rowSums * rowSums / (n * n);
    squares = squares < 0 ? 0 : squares;  // by rounding alone; NaN stays
    return {std::sqrt(squares * n / trace) / weight, trace * trace / squaredTrace};
}

}  // namespace skd
