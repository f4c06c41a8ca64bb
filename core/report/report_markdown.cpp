#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

/// Cell text that cannot end its cell, its line or become markup.
std::string cell(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '|' || c == '*' || c == '_' || c == '`' || c == '<' || c == '[' || c == '\\')
            out += '\\';
        out += c == '\n' || c == '\r' ? ' ' : c;
    }
    return out;
}

std::string rowText(const std::vector<std::string>& cells) {
    std::string out = "|";
    for (const std::string& text : cells) out += strCat(" ", cell(text), " |");
    return out + "\n";
}

std::string tableText(const ReportTable& table) {
    std::string out = rowText(table.header) + "|";
    for (std::size_t i = 0; i < table.header.size(); ++i) out += "---|";
    out += "\n";
    for (const auto& row : table.rows) out += rowText(row);
    for (const std::string& note : table.notes) out += strCat("\n", cell(note), "\n");
    return out;
}

std::string criteriaText(const std::vector<Criterion>& criteria) {
    ReportTable table{"", {"criterion", "verdict", "figures", "paper"}, {}, {}};
    for (const Criterion& c : criteria)
        table.rows.push_back(
            {c.name, verdictName(c.verdict), c.figures, c.paper.empty() ? "–" : c.paper});
    return tableText(table);
}

std::string list(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += strCat("- ", cell(line), "\n");
    return out;
}

}  // namespace

std::string toMarkdown(const Report& report) {
    std::string out = strCat("# ", cell(report.title), "\n\n");
    if (!report.about.empty()) out += strCat(cell(report.about), "\n\n");
    out += strCat("## ", report.main.title.empty() ? "Results" : cell(report.main.title), "\n\n",
                  tableText(report.main), "\n");
    if (!report.warnings.empty())
        out += strCat("## Read this first\n\n", list(report.warnings), "\n");
    if (!report.findings.empty()) out += strCat("## Findings\n\n", list(report.findings), "\n");
    if (!report.criteria.empty())
        out += strCat("## Reproduction criteria (section IX.B of the paper)\n\n",
                      criteriaText(report.criteria), "\n");
    if (!report.figures.empty()) out += "## Figures\n\n";
    for (const ReportFigure& figure : report.figures)
        out += strCat("![", cell(figure.twin.title), "](figures/", figure.id, ".svg)\n\n");
    for (const ReportTable& table : report.tables)
        out += strCat("## ", cell(table.title), "\n\n", tableText(table), "\n");
    out += "## Set-up\n\n| | |\n|---|---|\n";
    for (const auto& [name, value] : report.facts) out += rowText({name, value});
    return out;
}

}  // namespace skd
