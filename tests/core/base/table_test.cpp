#include "base/table.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace skd::test {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// A reader of RFC 4180 by its grammar, for lines that end with CR LF.
Rows readCsv(const std::string& text) {
    Rows rows;
    std::vector<std::string> row;
    std::string field;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            while (text.at(++i) != '"' || (i + 1 < text.size() && text[i + 1] == '"' && ++i))
                field += text[i];
        } else if (text[i] == ',') {
            row.push_back(std::exchange(field, ""));
        } else if (text[i] == '\r') {
            ++i;
            row.push_back(std::exchange(field, ""));
            rows.push_back(std::exchange(row, {}));
        } else {
            field += text[i];
        }
    }
    return rows;
}

TEST(Table, CsvQuotesWhatWouldEndAField) {
    EXPECT_EQ(csvField("plain text"), "plain text");
    EXPECT_EQ(csvField("a,b"), "\"a,b\"");
    EXPECT_EQ(csvField("say \"no\""), "\"say \"\"no\"\"\"");
    EXPECT_EQ(csvField("two\nlines"), "\"two\nlines\"");
    EXPECT_EQ(csvRow({"a", "", "c"}), "a,,c\r\n");
    EXPECT_EQ(csvRow({"a", "b"}, "\n"), "a,b\n");
}

TEST(Table, NoCellIsRunAsAFormula) {
    EXPECT_EQ(csvField("=1+1"), "'=1+1");
    EXPECT_EQ(csvField("@name"), "'@name");
    EXPECT_EQ(csvField("-abc"), "'-abc");
    EXPECT_EQ(csvField("-"), "'-");
    EXPECT_EQ(csvField("+1-1"), "'+1-1");
    for (const char* number : {"-1.5", "+2", "-3e-07", "1e9", "-inf", "-0"})
        EXPECT_EQ(csvField(number), number);
}

RC_GTEST_PROP(Table, CsvReadsBackAsItWas, ()) {
    const auto part = rc::gen::elementOf(
        std::vector<std::string>{"a", "b", ",", " ", "\"", "\n", "\r", ";", "\xC3\xA9"});
    const auto cell = rc::gen::map(rc::gen::container<std::vector<std::string>>(part),
                                   [](const std::vector<std::string>& parts) {
                                       std::string text;
                                       for (const std::string& one : parts) text += one;
                                       // a spreadsheet would run what such a cell begins
                                       return text.starts_with('\r') ? "a" + text : text;
                                   });
    const auto row = rc::gen::container<std::vector<std::string>>(3, cell);
    const TextTable table{"", *row, *rc::gen::container<Rows>(row), {}};
    Rows expected{table.header};
    expected.insert(expected.end(), table.rows.begin(), table.rows.end());
    RC_ASSERT(readCsv(toCsv(table)) == expected);
}

TEST(Table, MarkdownCellsCannotEndTheirCellOrLine) {
    EXPECT_EQ(markdownField("a|b*c_d`e<f[g\\h\ni"), "a\\|b\\*c\\_d\\`e\\<f\\[g\\\\h i");
    TextTable table{"Title", {"what", "value"}, {{"a|b", "1"}}, {"a note"}};
    EXPECT_EQ(toMarkdown(table), "| what | value |\n|---|---|\n| a\\|b | 1 |\n\na note\n");
    table.figures = true;
    EXPECT_EQ(toMarkdown(table), "| what | value |\n|---|---:|\n| a\\|b | 1 |\n\na note\n");
}

TEST(Table, CellsCannotSteerATerminalOrForgeRows) {
    const TextTable table{.header = {"name", "PPL"}, .rows = {{"a\nb\x1b[2J", "8"}}};
    EXPECT_EQ(toConsole(table), "name               PPL\na\\u000ab\\u001b[2J  8\n");
    EXPECT_EQ(markdownField("a\x1b[2J"), "a\\u001b\\[2J");
}

TEST(Table, ColumnsAreAsWideAsTheirLongestCell) {
    const TextTable table{"Runs", {"name", "PPL"}, {{"a → b", "8"}, {"c", "12.5"}}, {"end"}};
    EXPECT_EQ(toConsole(table), "\nRuns\nname   PPL\na → b  8\nc      12.5\nend\n");
}

TEST(Table, FiguresAreAlignedRight) {
    const TextTable table{.header = {"part", "ms", ""},
                          .rows = {{"mlp", "8", "x"}, {"é", "12.5", ""}},
                          .figures = true};
    EXPECT_EQ(toConsole(table, "  "),
              "  part    ms\n"
              "  mlp      8  x\n"
              "  é     12.5\n");
}

}  // namespace
}  // namespace skd::test
