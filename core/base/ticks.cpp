#include "base/ticks.h"

#include <algorithm>
#include <cmath>

namespace skd {

double niceStep(double span, int count) {
    const double raw = span / std::max(1, count);
    const double power = std::pow(10.0, std::floor(std::log10(raw)));
    for (double factor : {1.0, 2.0, 5.0})
        if (factor * power >= raw * 0.999) return factor * power;
    return 10 * power;
}

std::vector<double> decadeTicks(const Range& values, const std::vector<double>& factors,
                                int everyDecade) {
    std::vector<double> ticks;
    const int first = static_cast<int>(std::floor(std::log10(values.low)));
    const int last = static_cast<int>(std::ceil(std::log10(values.high)));
    for (int decade = first; decade <= last; ++decade) {
        if (everyDecade > 1 && (decade % everyDecade + everyDecade) % everyDecade != 0) continue;
        for (double factor : factors) {
            const double value = factor * std::pow(10.0, decade);
            if (value >= values.low * (1 - 1e-9) && value <= values.high * (1 + 1e-9))
                ticks.push_back(value);
        }
    }
    return ticks;
}

std::vector<double> multiplesOf(double step, const Range& range) {
    std::vector<double> ticks;
    for (double i = std::ceil(range.low / step - 1e-9); i * step <= range.high + step * 1e-9; ++i)
        ticks.push_back(i == 0 ? 0 : i * step);
    return ticks;
}

std::vector<double> linearTicks(const Range& range, int count) {
    if (!(range.span() > 0) || !std::isfinite(range.span())) return {};
    return multiplesOf(niceStep(range.span(), count), range);
}

Range withExtent(const Range& range) {
    if (range.span() > 0) return range;
    const double pad = range.low == 0 ? 1 : std::abs(range.low) * 0.1;
    return {range.low - pad, range.low + pad};
}

Range niceRange(const Range& range, int count) {
    const Range grown = withExtent(range);
    const double step = niceStep(grown.span(), count);
    return {std::floor(grown.low / step + 1e-9) * step, std::ceil(grown.high / step - 1e-9) * step};
}

std::vector<double> logTicks(const Range& values, int count) {
    if (!(values.low > 0) || !(values.high > values.low)) return {};
    std::vector<double> ticks = decadeTicks(values, {1, 2, 5});
    if (ticks.size() == 3) {  // within a decade or so a few more help, where there is room
        for (const std::vector<double>& factors :
             {std::vector<double>{1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9},
              std::vector<double>{1, 2, 3, 5, 7}})
            if (std::vector<double> finer = decadeTicks(values, factors);
                static_cast<int>(finer.size()) <= count)
                return finer;
    }
    if (ticks.size() < 3) {
        const std::vector<double> fine = decadeTicks(values, {1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9});
        return fine.size() < 4 ? linearTicks(values, std::min(count, 8)) : fine;
    }
    for (int every = 1; static_cast<int>(ticks.size()) > count && every < 16; ++every)
        ticks = decadeTicks(values, {1}, every);
    return ticks;
}

Range niceLogRange(const Range& values) {
    const auto step = [](double value, bool up) {
        const double power = std::pow(10.0, std::floor(std::log10(value)));
        double best = up ? 10 * power : power;
        for (double factor : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}) {
            const double candidate = factor * power;
            if (up && candidate >= value * (1 - 1e-9)) return std::min(best, candidate);
            if (!up && candidate <= value * (1 + 1e-9)) best = candidate;
        }
        return best;
    };
    Range grown{step(values.low, false), step(values.high, true)};
    if (!(grown.high > grown.low)) grown = {grown.low / 2, grown.high * 2};
    return grown;
}

}  // namespace skd
