#pragma once

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Joins its arguments as a stream would print them.
template <class... Args>
std::string strCat(const Args&... args) {
    std::ostringstream out;
    (out << ... << args);
    return std::move(out).str();
}

/// `value` with `digits` significant digits, never in scientific form below 10^15.
std::string formatNumber(double value, int digits = 6);
/// 1536 -> "1.5 KiB".
std::string formatBytes(double bytes);
/// 134515008 -> "134,515,008".
std::string groupDigits(long long value);

/// The candidate with the smallest edit distance to `name`, or "" when none is close.
std::string nearestName(std::string_view name, const std::vector<std::string>& candidates);

/// True when `bytes` is well-formed UTF-8 (no surrogates, no overlong forms).
bool isValidUtf8(std::string_view bytes);

std::vector<std::string_view> splitLines(std::string_view text);

}  // namespace skd
