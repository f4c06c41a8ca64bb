#include "corpus/json_rows.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace skd {
namespace {

std::vector<std::string> keysOf(const Json& row) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : row.items()) keys.push_back(key);
    return keys;
}

Error missingField(const std::string& field, const Json& row) {
    const std::string nearest = nearestName(field, keysOf(row));
    return {ErrorCode::Corrupt,
            strCat("the field \"", field, "\" is missing; ",
                   nearest.empty() ? "" : strCat("did you mean \"", nearest, "\"? "),
                   "the line has: ", keyList(row))};
}

/// The UTF-16 unit that `text` spells at its begin, as "\ud83d".
std::optional<unsigned> escapedUnit(std::string_view text) {
    unsigned unit = 0;
    if (text.size() < 6 || !text.starts_with("\\u")) return std::nullopt;
    const char* end = text.data() + 6;
    const auto [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
    return error == std::errc() && stop == end ? std::optional(unit) : std::nullopt;
}

/// Copies the escape that `text` begins with; half a surrogate pair becomes U+FFFD. Returns its
/// length.
std::size_t copyEscape(std::string_view text, std::string& out) {
    const auto unit = escapedUnit(text);
    std::size_t length = unit ? 6 : std::min<std::size_t>(text.size(), 2);
    const auto isHigh = [](auto u) { return u && *u >= 0xD800 && *u < 0xDC00; };
    const auto isLow = [](auto u) { return u && *u >= 0xDC00 && *u < 0xE000; };
    const bool high = isHigh(unit), low = isLow(unit);
    const bool pair = high && isLow(escapedUnit(text.substr(6)));
    if (pair) length = 12;
    out += (high && !pair) || low ? std::string_view("\\ufffd") : text.substr(0, length);
    return length;
}

/// The number beyond JSON that `text` begins with; "" for none.
std::string_view oddNumber(std::string_view text) {
    for (const std::string_view word : {"NaN", "Infinity", "-Infinity"})
        if (text.starts_with(word)) return word;
    return "";
}

/// `line` as JSON; see parseRow.
std::string repairedRow(std::string_view line) {
    std::string out;
    bool inString = false;
    while (!line.empty()) {
        std::size_t length = 1;
        if (inString && line.front() == '\\') {
            length = copyEscape(line, out);
        } else if (const auto number = inString ? "" : oddNumber(line); !number.empty()) {
            out += "null";
            length = number.size();
        } else {
            if (line.front() == '"') inString = !inString;
            out += line.front();
        }
        line.remove_prefix(length);
    }
    return out;
}

}  // namespace

std::string keyList(const Json& row) {
    return joined(keysOf(row)).substr(0, 200);
}

Result<Json> parseRow(std::string_view line) {
    auto row = parseJson(line);
    if (!row)
        if (auto repaired = parseJson(repairedRow(line))) row = std::move(repaired);
    if (row && row->is_object()) return row;
    const std::string_view whole = trimmed(line);
    if (row ? row->is_array() : whole == "[")
        return fail(ErrorCode::Corrupt,
                    "not a JSON object but a list; write one object a line (jq -c '.[]')");
    if (whole == "{")
        return fail(ErrorCode::Corrupt,
                    "an object that goes over several lines; write one object a line (jq -c .)");
    if (row) return fail(ErrorCode::Corrupt, "not a JSON object");
    return row;
}

Result<std::string> rowText(std::string_view line, const CorpusShare& share) {
    SKD_TRY(const Json row, parseRow(line));
    std::string text;
    for (std::size_t i = 0; i < share.fields.size(); ++i) {
        const auto field = row.find(share.fields[i]);
        if (field == row.end()) return fail(missingField(share.fields[i], row));
        const auto value = valueAs<std::string>(*field);
        if (!value)
            return fail(ErrorCode::Corrupt,
                        strCat("the field \"", share.fields[i], "\" is not text"));
        if (i > 0) text += '\n';
        text += *value;
    }
    return text;
}

Status RefusedRows::refuse(const Error& error, const std::string& where) {
    constexpr std::int64_t kHopeless = 100;
    constexpr std::size_t kNamesShown = 10;
    if (m_refused++ == 0) m_first = error.in(where);
    if (m_names.size() < kNamesShown) m_names.push_back(where);
    if (m_refused >= kHopeless && 2 * m_refused > m_rows) return tooMany();
    return {};
}

Status RefusedRows::finish() const {
    if (m_refused * 100 > kMost * m_rows) return tooMany();
    return {};
}

tl::unexpected<Error> RefusedRows::tooMany() const {
    return fail(
        m_first.code,
        strCat(m_first.message, "; ", groupDigits(m_refused), " of the first ", groupDigits(m_rows),
               " rows cannot be read, and up to ", kMost, " % may be left out"));
}

}  // namespace skd
