#include "report/svg_axis.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/ticks.h"

namespace skd {
namespace {

void linearTicks(SvgAxis& axis, int ticks) {
    const Range padded = withExtent({axis.low, axis.high}), grown = niceRange(padded, ticks);
    axis.low = grown.low;
    axis.high = grown.high;
    axis.ticks = multiplesOf(niceStep(padded.span(), ticks), grown);
}

void logTicks(SvgAxis& axis, int ticks) {
    axis.low /= 1.05;
    axis.high *= 1.05;
    for (const std::vector<double>& factors :
         {std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5}, {1, 2, 5}, {1}}) {
        axis.ticks = decadeTicks({axis.low, axis.high}, factors);
        if (static_cast<int>(axis.ticks.size()) <= ticks + 2) return;
    }
}

}  // namespace

std::string escapeXml(std::string_view text) {
    if (!isValidUtf8(text)) return "(text that is not UTF-8)";
    static constexpr std::pair<char, const char*> kEscapes[]{
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    std::string out;
    for (const char c : text) {
        const auto* escape = std::find_if(std::begin(kEscapes), std::end(kEscapes),
                                          [c](const auto& entry) { return entry.first == c; });
        const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
        if (escape != std::end(kEscapes))
            out += escape->second;
        else
            out += control ? ' ' : c;
    }
    return out;
}

double SvgAxis::place(double value) const {
    if (log) return (std::log(value) - std::log(low)) / (std::log(high) - std::log(low));
    return (value - low) / (high - low);
}

SvgAxis makeAxis(const std::vector<double>& values, bool log, int ticks) {
    SvgAxis axis{0, 0, log, {}};
    bool any = false;
    for (const double value : values) {
        if (!std::isfinite(value) || (log && value <= 0)) continue;
        axis.low = any ? std::min(axis.low, value) : value;
        axis.high = any ? std::max(axis.high, value) : value;
        any = true;
    }
    if (!any) axis.low = 1, axis.high = 10;
    // Within less than half a decade a logarithmic axis has hardly a round number: evenly spaced
    // ones then.
    const bool narrow = log && axis.high / axis.low < 3;
    if (!log || narrow)
        linearTicks(axis, ticks);
    else
        logTicks(axis, ticks);
    if (narrow && axis.low <= 0)
        axis.low = axis.ticks.size() > 1 ? axis.ticks[1] / 2 : axis.high / 2;
    std::erase_if(axis.ticks, [&](double tick) { return tick < axis.low; });
    return axis;
}

std::string tickText(double value) {
    if (std::fabs(value) >= 1000 && std::fabs(value) < 1e15)
        return groupDigits(std::llround(value));
    const double rounded = std::fabs(value) < 1e-12 ? 0 : value;
    std::string text = formatNumber(rounded, 4);
    if (text.find('.') == std::string::npos || text.find('e') != std::string::npos) return text;
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

}  // namespace skd
