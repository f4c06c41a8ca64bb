#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skd {

/// A table of texts, written as CSV, Markdown or aligned columns.
struct TextTable {
    std::string title;
    std::vector<std::string> header;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> notes;  ///< sentences below the table
    bool figures = false;  ///< all columns but the first hold figures: they are aligned right
};

/// A field of a CSV file (RFC 4180), quoted where needed. Text that a spreadsheet would run as a
/// formula gets an apostrophe in front; numbers stay numbers. What is not UTF-8 becomes U+FFFD.
std::string csvField(std::string text);
/// Fields of one line, which ends with `lineEnd`.
std::string csvRow(const std::vector<std::string>& cells, std::string_view lineEnd = "\r\n");
/// Text that cannot end its cell or its line, or become markup.
std::string markdownField(std::string_view text);
std::string markdownRow(const std::vector<std::string>& cells);

/// Header and rows; lines end with `lineEnd`.
std::string toCsv(const TextTable& table, std::string_view lineEnd = "\r\n");
/// A pipe table and its notes, without the title.
std::string toMarkdown(const TextTable& table);
/// Title, columns as wide as their longest cell (in characters), and notes; each line begins with
/// `indent`. For a terminal.
std::string toConsole(const TextTable& table, std::string_view indent = "");

}  // namespace skd
