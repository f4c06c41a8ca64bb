#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// Joins its arguments as a stream would print them. std::bad_alloc where memory runs out, as of
/// any string: by itself a stream would say nothing and leave text out.
template <class... Args>
std::string strCat(const Args&... args) {
    std::ostringstream out;
    out.exceptions(std::ios_base::badbit);
    (out << ... << args);
    return std::move(out).str();
}

/// What `text` returns for each of `parts`, with `separator` between them.
template <class Parts, class Text>
std::string joined(const Parts& parts, std::string_view separator, Text text) {
    std::string out;
    bool first = true;
    for (const auto& part : parts) {
        if (!first) out += separator;
        first = false;
        out += text(part);
    }
    return out;
}
template <class Parts>
std::string joined(const Parts& parts, std::string_view separator = ", ") {
    return joined(parts, separator, [](const auto& part) { return strCat(part); });
}
/// Appends `part` to a list in words.
void appendPart(std::string& list, std::string_view part, std::string_view separator = ", ");

/// `text` without the characters of `space` at both ends.
std::string_view trimmed(std::string_view text, std::string_view space = " \t\n\r\f\v");
/// Puts `to` for every `from` (not empty), left to right; what was put in is not searched.
void replaceAll(std::string& text, std::string_view from, std::string_view to);
/// ASCII letters in lower case; everything else stays.
std::string lower(std::string text);

/// The number that all of `text` spells; none where it does not, or the number is beyond the type.
template <class Number>
std::optional<Number> parseNumber(std::string_view text) {
    Number value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}
/// Shortest text that reads back as `value`.
std::string exactText(double value);
/// `value` with `digits` significant digits, never in scientific form below 10^15.
std::string formatNumber(double value, int digits = 6);
/// `value` with `decimals` digits after the point.
std::string formatFixed(double value, int decimals);
/// 0.15 -> "15.00 %", with four significant digits.
std::string percentText(double fraction);
/// 1536 -> "1.5 KiB".
std::string formatBytes(double bytes);
/// 134515008 -> "134,515,008".
std::string groupDigits(long long value);
/// A measured time: "45 s", "2 min 14 s".
std::string elapsedText(double seconds);
/// An expected time, coarser: "110 s", "34 min", "2 h 5 min".
std::string estimateText(double seconds);

/// The candidate with the smallest edit distance to `name`, or "" when none is close.
std::string nearestName(std::string_view name, const std::vector<std::string>& candidates);
/// The end of a message about an unknown `name`: "; did you mean \"...\"?" with `prefix` before the
/// nearest candidate, or "" when none is close.
std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates,
                       std::string_view prefix = "");

/// True when `bytes` is well-formed UTF-8 (no surrogates, no overlong forms).
bool isValidUtf8(std::string_view bytes);
/// Byte offset of the first ill-formed sequence, or nothing when all is well-formed UTF-8.
std::optional<std::size_t> firstInvalidUtf8(std::string_view bytes);
/// Appends a code point (at most U+10FFFF) as UTF-8.
void appendUtf8(std::string& out, char32_t c);
/// `bytes` as well-formed UTF-8: each maximal ill-formed part becomes U+FFFD (Unicode 15, section
/// 3.9, "best practice"; what Rust's from_utf8_lossy does).
std::string lossyUtf8(std::string_view bytes);
/// `text` with its control characters (C0, DEL, C1 in UTF-8) spelt as JSON does, ESC as "\\u001b":
/// what others have named must not steer a terminal. Newlines and tabs stay.
std::string escapeControls(std::string_view text);
/// The same with newlines and tabs spelt as well: what has to stay in one line or cell.
std::string escapeLine(std::string_view text);
/// Code points of well-formed UTF-8.
std::size_t characterCount(std::string_view utf8);

std::vector<std::string_view> splitLines(std::string_view text);

}  // namespace skd
