#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Text for XML content and attributes: the five special characters escaped, control characters and
/// malformed UTF-8 replaced.
std::string escapeXml(std::string_view text);

/// A range of values with ticks at round numbers: steps of 1, 2 or 5 times a power of ten, or on a
/// logarithmic axis 1, 2 and 5 of each decade (decades alone where there are many).
struct SvgAxis {
    double low = 0, high = 1;
    bool log = false;
    std::vector<double> ticks;

    /// 0 at low, 1 at high.
    [[nodiscard]] double place(double value) const;
};
/// An axis that holds every finite value (positive ones, where it is logarithmic).
SvgAxis makeAxis(const std::vector<double>& values, bool log, int ticks);

/// A tick's text: no more digits than its step needs, thousands grouped.
std::string tickText(double value);

}  // namespace skd
