#include "exchange/yaml_scalar.h"

#include <charconv>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::string_view kBlank = " \t\r";

/// The value's lines: the rest of the key's own and those that are indented below it.
std::optional<std::vector<std::string_view>> linesOf(std::string_view document,
                                                     std::string_view key) {
    std::optional<std::vector<std::string_view>> lines;
    for (const std::string_view line : splitLines(document)) {
        const bool continues = trimmed(line).empty() || line.front() == ' ';
        if (lines && !continues) break;
        if (lines)
            lines->push_back(trimmed(line, kBlank));
        else if (line.starts_with(key) && line.substr(key.size()).starts_with(":"))
            lines.emplace({trimmed(line.substr(key.size() + 1), kBlank)});
    }
    while (lines && lines->size() > 1 && lines->back().empty()) lines->pop_back();
    return lines;
}

/// A line break becomes a space, an empty line a line break; a backslash at the end of a line of
/// double quotes takes the break away.
std::string unfolded(const std::vector<std::string_view>& lines, bool escapes) {
    std::string text(lines.front());
    std::size_t empty = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        if (lines[i].empty()) {
            ++empty;
            continue;
        }
        std::size_t backslashes = 0;
        while (escapes && backslashes < text.size() && text[text.size() - 1 - backslashes] == '\\')
            ++backslashes;
        if (backslashes % 2 == 1)
            text.pop_back();
        else
            text += empty == 0 ? std::string(1, ' ') : std::string(empty, '\n');
        text += lines[i];
        empty = 0;
    }
    return text;
}

std::string fromSingleQuotes(std::string_view text) {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] != '\'') {
            out += text[i];
            continue;
        }
        if (i + 1 == text.size() || text[i + 1] != '\'') break;
        out += text[i++];
    }
    return out;
}

/// Appends what `\x41`, `\u0041` and `\U00000041` stand for; how many digits that took.
std::size_t appendCode(std::string& out, std::string_view digits, std::size_t count) {
    digits = digits.substr(0, count);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    const bool whole = error == std::errc() && stop == digits.data() + count;
    const bool valid = whole && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    appendUtf8(out, valid ? static_cast<char32_t>(code) : U'\uFFFD');
    return digits.size();
}

std::string fromDoubleQuotes(std::string_view text) {
    constexpr std::string_view kLetters = "0abtnvfre \"/\\N_LP\t";
    constexpr std::string_view kMeant[] = {{"\0", 1}, "\a",     "\b",     "\t",     "\n",     "\v",
                                           "\f",      "\r",     "\x1B",   " ",      "\"",     "/",
                                           "\\",      "\u0085", "\u00A0", "\u2028", "\u2029", "\t"};
    std::string out;
    for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char letter = text[++i];
        const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
        if (const auto known = kLetters.find(letter); known != std::string_view::npos)
            out += kMeant[known];
        else if (digits > 0)
            i += appendCode(out, text.substr(i + 1), digits);
        else
            out += letter;
    }
    return out;
}

std::string fromPlain(std::string_view text) {
    text = trimmed(text.substr(0, text.find(" #")));
    if (text.starts_with('#') || text == "~" || lower(std::string(text)) == "null") return "";
    return std::string(text);
}

}  // namespace

std::optional<std::string> yamlScalar(std::string_view document, std::string_view key) {
    const auto lines = linesOf(document, key);
    if (!lines) return {};
    const std::string_view first = lines->front();
    const bool quotes = first.starts_with('"');
    const std::string text = unfolded(*lines, quotes);
    if (quotes) return fromDoubleQuotes(text);
    if (first.starts_with('\'')) return fromSingleQuotes(text);
    if (std::string_view("[{|>&*!").find(first.empty() ? ' ' : first[0]) != std::string_view::npos)
        return {};
    return fromPlain(text);
}

}  // namespace skd
