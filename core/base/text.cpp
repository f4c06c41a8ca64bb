#include "base/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace skd {
namespace {

std::size_t editDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] =
                std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
            diagonal = above;
        }
    }
    return row.back();
}

/// Bytes of the character that `bytes` begins with; 0 where it is ill-formed.
std::size_t characterLength(std::string_view bytes) {
    utf8proc_int32_t point = 0;
    const auto length = utf8proc_iterate(
        reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
        static_cast<utf8proc_ssize_t>(std::min<std::size_t>(bytes.size(), 4)), &point);
    return length > 0 ? static_cast<std::size_t>(length) : 0;
}

/// Bytes at the begin of `bytes`, which is ill-formed there, that begin some character: at least 1.
std::size_t brokenLength(std::string_view bytes) {
    for (std::size_t length = std::min<std::size_t>(bytes.size(), 3); length > 1; --length)
        for (const char rest : {'\x80', '\xBF'})  // the lowest and highest byte that continues one
            if (characterLength(std::string(bytes.substr(0, length)).append(3, rest)) > length)
                return length;
    return 1;
}

/// `text` with each control character that is not among `kept` as \u and four digits.
std::string withoutControls(std::string_view text, std::string_view kept) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        // C1 is C2 80 to C2 9F in UTF-8.
        const bool two = byte == 0xC2 && i + 1 < text.size() &&
                         (static_cast<unsigned char>(text[i + 1]) & 0xE0) == 0x80;
        if (two) byte = static_cast<unsigned char>(text[++i]);
        const bool control = two || byte < 0x20 || byte == 0x7f;
        if (!control || kept.find(text[i]) != std::string_view::npos)
            out += text[i];
        else
            out += strCat("\\u00", kDigits[byte >> 4], kDigits[byte & 15]);
    }
    return out;
}

}  // namespace

void appendPart(std::string& list, std::string_view part, std::string_view separator) {
    if (!list.empty()) list += separator;
    list += part;
}

std::string_view trimmed(std::string_view text, std::string_view space) {
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
    std::string result;
    std::size_t begin = 0;
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
        result.append(text, begin, at - begin).append(to);
        begin = at + from.size();
    }
    if (begin == 0) return;
    text = std::move(result.append(text, begin));
}

std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string exactText(double value) {
    std::array<char, 40> buffer{};
    return {buffer.data(), std::to_chars(buffer.begin(), buffer.end(), value).ptr};
}

std::string percentText(double fraction) {
    return formatNumber(100 * fraction, 4) + " %";
}

std::string formatNumber(double value, int digits) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    const double magnitude = std::fabs(value);
    if (magnitude >= 1e15 || (magnitude > 0 && magnitude < 1e-5)) {
        std::array<char, 64> buffer{};
        std::snprintf(buffer.data(), buffer.size(), "%.*e", digits - 1, value);
        return buffer.data();
    }
    const int whole = magnitude >= 1 ? static_cast<int>(std::floor(std::log10(magnitude))) + 1 : 1;
    return formatFixed(value, std::max(0, digits - whole));
}

std::string formatFixed(double value, int decimals) {
    std::array<char, 400> buffer{};  // the largest double has 309 digits
    std::snprintf(buffer.data(), buffer.size(), "%.*f", decimals, value);
    return buffer.data();
}

std::string formatBytes(double bytes) {
    static constexpr std::array<const char*, 6> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    std::size_t unit = 0;
    while (std::fabs(bytes) >= 1024 && unit + 1 < kUnits.size()) {
        bytes /= 1024;
        ++unit;
    }
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), unit == 0 ? "%.0f %s" : "%.1f %s", bytes,
                  kUnits[unit]);
    return buffer.data();
}

std::string groupDigits(long long value) {
    // Negated as unsigned: the smallest value has no positive counterpart.
    const auto bits = static_cast<unsigned long long>(value);
    const std::string digits = std::to_string(value < 0 ? 0 - bits : bits);
    std::string out = value < 0 ? "-" : "";
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
        out += digits[i];
    }
    return out;
}

std::string elapsedText(double seconds) {
    const long long whole = std::llround(seconds);
    return whole >= 60 ? strCat(whole / 60, " min ", whole % 60, " s") : strCat(whole, " s");
}

std::string estimateText(double seconds) {
    const long long minutes = std::llround(seconds / 60);
    if (minutes < 2) return strCat(std::llround(seconds), " s");
    return minutes < 120 ? strCat(minutes, " min")
                         : strCat(minutes / 60, " h ", minutes % 60, " min");
}

std::string nearestName(std::string_view name, const std::vector<std::string>& candidates) {
    std::string best;
    std::size_t bestDistance = std::max<std::size_t>(2, name.size() / 2) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = editDistance(name.substr(0, 200), candidate);
        if (distance < bestDistance) {
            bestDistance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string didYouMean(std::string_view name, const std::vector<std::string>& candidates,
                       std::string_view prefix) {
    const std::string nearest = nearestName(name, candidates);
    return nearest.empty() ? "" : strCat("; did you mean \"", prefix, nearest, "\"?");
}

std::optional<std::size_t> firstInvalidUtf8(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
        std::uint64_t word = 0;  // eight bytes of ASCII at a time
        if (i + sizeof word <= bytes.size()) {
            std::memcpy(&word, bytes.data() + i, sizeof word);
            if ((word & 0x8080808080808080ull) == 0) {
                i += sizeof word;
                continue;
            }
        }
        const std::size_t length = characterLength(bytes.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::nullopt;
}

bool isValidUtf8(std::string_view bytes) {
    return !firstInvalidUtf8(bytes);
}

void appendUtf8(std::string& out, char32_t c) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
    out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

std::string lossyUtf8(std::string_view bytes) {
    std::string out;
    while (const auto bad = firstInvalidUtf8(bytes)) {
        out += bytes.substr(0, *bad);
        out += "\xEF\xBF\xBD";
        bytes.remove_prefix(*bad);
        bytes.remove_prefix(brokenLength(bytes));
    }
    return out += bytes;
}

std::string escapeControls(std::string_view text) {
    return withoutControls(text, "\n\t");
}

std::string escapeLine(std::string_view text) {
    return withoutControls(text, "");
}

std::size_t characterCount(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::vector<std::string_view> splitLines(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace skd
