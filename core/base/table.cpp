#include "base/table.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace skd {
namespace {

using Row = std::vector<std::string>;

bool isNumber(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    return parsed.ec != std::errc::invalid_argument && parsed.ptr == text.data() + text.size();
}

std::string consoleRow(const Row& cells, const std::vector<std::size_t>& widths, bool figures) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const std::size_t width = i < widths.size() ? widths[i] : 0;
        const std::string space(width - std::min(width, characterCount(cells[i])), ' ');
        line += i == 0 ? "" : "  ";
        line += figures && i > 0 ? space + cells[i] : cells[i] + space;
    }
    return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string csvField(std::string text) {
    constexpr std::string_view kFormula = "=+-@\t\r";
    if (!isValidUtf8(text)) text = lossyUtf8(text);
    if (!text.empty() && kFormula.find(text[0]) != std::string_view::npos && !isNumber(text))
        text.insert(0, "'");
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + "\"";
}

std::string csvRow(const Row& cells, std::string_view lineEnd) {
    return joined(cells, ",", csvField).append(lineEnd);
}

std::string markdownField(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("|*_`<[\\").find(c) != std::string_view::npos) out += '\\';
        out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return escapeControls(out);
}

std::string markdownRow(const Row& cells) {
    return strCat("| ", joined(cells, " | ", markdownField), " |\n");
}

std::string toCsv(const TextTable& table, std::string_view lineEnd) {
    std::string out = csvRow(table.header, lineEnd);
    for (const Row& row : table.rows) out += csvRow(row, lineEnd);
    return out;
}

std::string toMarkdown(const TextTable& table) {
    std::string out = markdownRow(table.header) + "|";
    for (std::size_t i = 0; i < table.header.size(); ++i)
        out += table.figures && i > 0 ? "---:|" : "---|";
    out += "\n";
    for (const Row& row : table.rows) out += markdownRow(row);
    for (const std::string& note : table.notes) out += strCat("\n", markdownField(note), "\n");
    return out;
}

std::string toConsole(const TextTable& raw, std::string_view indent) {
    TextTable table = raw;
    for (Row& row : table.rows) std::transform(row.begin(), row.end(), row.begin(), escapeLine);
    std::vector<std::size_t> widths(table.header.size());
    const auto widen = [&widths](const Row& row) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
            widths[i] = std::max(widths[i], characterCount(row[i]));
    };
    widen(table.header);
    for (const Row& row : table.rows) widen(row);
    const auto line = [&](const Row& row) {
        return strCat(indent, consoleRow(row, widths, table.figures), "\n");
    };
    std::string out = table.title.empty() ? "" : strCat("\n", indent, table.title, "\n");
    out += line(table.header);
    for (const Row& row : table.rows) out += line(row);
    for (const std::string& note : table.notes) out += strCat(indent, note, "\n");
    return out;
}

}  // namespace skd
