#include "report/statistics.h"

#include <cmath>

#include "base/text.h"

namespace skd {

std::string figureText(double value) {
    if (std::isnan(value)) return "–";
    if (std::isinf(value)) return value > 0 ? "∞" : "−∞";
    if (std::fabs(value) >= 9999.5 && std::fabs(value) < 1e15)
        return groupDigits(std::llround(value));
    if (value == 0 || std::fabs(value) >= 1 || std::fabs(value) < 1e-5)
        return formatNumber(value, 4);
    const int decimals = 3 - static_cast<int>(std::floor(std::log10(std::fabs(value))));
    return formatFixed(value, decimals);
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

std::string timesText(double value) {
    return std::isnan(value) ? "–" : strCat(formatNumber(value, 3), "×");
}

}  // namespace skd
