#include "report/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/text.h"

namespace skd {

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

std::string figureText(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
    if (std::fabs(value) >= 9999.5 && std::fabs(value) < 1e15)
        return groupDigits(std::llround(value));
    if (value == 0 || std::fabs(value) >= 1 || std::fabs(value) < 1e-5)
        return formatNumber(value, 4);
    const int decimals = 3 - static_cast<int>(std::floor(std::log10(std::fabs(value))));
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return buffer.data();
}

std::string figureText(const Statistic& statistic) {
    if (statistic.count < 2) return figureText(statistic.mean);
    return strCat(figureText(statistic.mean), " ± ", figureText(statistic.deviation));
}

std::string shareText(double fraction) {
    if (fraction == 0) return "0 %";
    return std::isnan(fraction) ? "–" : strCat(formatNumber(fraction * 100, 3), " %");
}

std::string changeText(double fraction) {
    if (std::isnan(fraction)) return "–";
    const std::string size = formatNumber(std::fabs(fraction) * 100, 3);
    return strCat(fraction < 0 ? "−" : "+", size, " %");
}

}  // namespace skd
