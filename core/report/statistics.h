#pragma once

#include <string>
#include <vector>

namespace skd {

/// Mean and sample standard deviation (n - 1 in the denominator) of the finite values given.
struct Statistic {
    int count = 0;         ///< finite values
    int dropped = 0;       ///< values that were not finite
    double mean = 0;       ///< NaN without values
    double deviation = 0;  ///< NaN below two values
    double low = 0, high = 0;
};
Statistic summarise(const std::vector<double>& values);

/// Four significant digits, with grouped thousands: "63.00", "506,747", "–" for NaN.
std::string figureText(double value);
/// "41.46 ± 0.21", without the deviation below two values.
std::string figureText(const Statistic& statistic);
/// 0.1502 -> "15.0 %"; signed: "+15.0 %".
std::string shareText(double fraction);
std::string changeText(double fraction);

}  // namespace skd
