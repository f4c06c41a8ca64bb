#include "base/statistics.h"

#include <algorithm>
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

}  // namespace skd
