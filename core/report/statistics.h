#pragma once

#include <limits>

#include "base/statistics.h"

namespace skd {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// Four significant digits, with grouped thousands: "63.00", "506,747", "–" for NaN.
std::string figureText(double value);
/// "41.46 ± 0.21", without the deviation below two values.
std::string figureText(const Statistic& statistic);
/// 0.1502 -> "15.0 %"; signed: "+15.0 %".
std::string shareText(double fraction);
std::string changeText(double fraction);
/// 0.75 -> "0.75×".
std::string timesText(double value);

}  // namespace skd
