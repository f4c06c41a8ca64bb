#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

std::string criteriaText(const std::vector<Criterion>& criteria) {
    ReportTable table{"", {"criterion", "verdict", "figures", "paper"}, {}, {}};
    for (const Criterion& c : criteria)
        table.rows.push_back(
            {c.name, enumName(c.verdict), c.figures, c.paper.empty() ? "–" : c.paper});
    return toMarkdown(table);
}

std::string list(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += strCat("- ", markdownField(line), "\n");
    return out;
}

}  // namespace

std::string toMarkdown(const Report& report) {
    std::string out = strCat("# ", markdownField(report.title), "\n\n");
    if (!report.about.empty()) out += strCat(markdownField(report.about), "\n\n");
    out += strCat("## ", report.main.title.empty() ? "Results" : markdownField(report.main.title),
                  "\n\n", toMarkdown(report.main), "\n");
    if (!report.warnings.empty())
        out += strCat("## Read this first\n\n", list(report.warnings), "\n");
    if (!report.findings.empty()) out += strCat("## Findings\n\n", list(report.findings), "\n");
    if (!report.criteria.empty())
        out += strCat("## Reproduction criteria (section IX.B of the paper)\n\n",
                      criteriaText(report.criteria), "\n");
    if (!report.figures.empty()) out += "## Figures\n\n";
    for (const ReportFigure& figure : report.figures)
        out += strCat("![", markdownField(figure.twin.title), "](figures/", figure.id, ".svg)\n\n");
    for (const ReportTable& table : report.tables)
        out += strCat("## ", markdownField(table.title), "\n\n", toMarkdown(table), "\n");
    out += "## Set-up\n\n| | |\n|---|---|\n";
    for (const auto& [name, value] : report.facts) out += markdownRow({name, value});
    return out;
}

}  // namespace skd
