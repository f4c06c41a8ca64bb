#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

constexpr const char* kPageStyle =
    ":root{color-scheme:light dark}body{font:15px/1.5 "
    "system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 "
    "1rem;color:#222;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-"
    "size:.9rem;font-variant-numeric:tabular-nums}"
    "th,td{padding:.3rem .6rem;border-bottom:1px solid "
    "#ddd;text-align:left;vertical-align:top}th{background:#f3f3f3}.wide{overflow-x:auto}"
    ".warning{border-left:4px solid "
    "#b8860b;padding-left:.8rem}.pass{color:#0a6b3d;font-weight:600}.fail{color:#a4262c;font-"
    "weight:600}.note{color:#555;font-size:.85rem}svg{width:100%;height:auto}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}th{background:#2a2a2a}th,"
    "td{border-color:#3a3a3a}.pass{color:#4fc38a}.fail{color:#ff8a8a}.note{color:#aaa}}";

std::string element(const char* name, const std::string& text, const char* attributes = "") {
    return strCat("<", name, attributes, ">", escapeXml(text), "</", name, ">");
}

/// `classes` are of the second cells, row by row.
std::string tableHtml(const ReportTable& table, const std::vector<const char*>& classes = {}) {
    std::string out = "<div class=\"wide\"><table><thead><tr>";
    for (const std::string& header : table.header) out += element("th", header, " scope=\"col\"");
    out += "</tr></thead><tbody>";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
        const std::vector<std::string>& row = table.rows[r];
        out += "<tr>";
        for (std::size_t i = 0; i < row.size(); ++i)
            out += i == 0 ? element("th", row[i], " scope=\"row\"")
                          : element("td", row[i], i == 1 && r < classes.size() ? classes[r] : "");
        out += "</tr>";
    }
    out += "</tbody></table></div>\n";
    for (const std::string& note : table.notes) out += element("p", note, " class=\"note\"") + "\n";
    return out;
}

std::string criteriaHtml(const std::vector<Criterion>& criteria) {
    std::vector<const char*> classes;
    for (const Criterion& c : criteria)
        classes.push_back(c.verdict == Verdict::Pass   ? " class=\"pass\""
                          : c.verdict == Verdict::Fail ? " class=\"fail\""
                                                       : "");
    return tableHtml(criteriaTable(criteria), classes);
}

std::string listHtml(const std::vector<std::string>& lines, const char* attributes) {
    std::string out = strCat("<ul", attributes, ">");
    for (const std::string& line : lines) out += element("li", line);
    return out + "</ul>\n";
}

std::string figureHtml(const ReportFigure& figure) {
    return strCat("<figure>", figure.svg, element("figcaption", figure.twin.title),
                  "<details><summary>The same figures as a table</summary>", tableHtml(figure.twin),
                  "</details></figure>\n");
}

}  // namespace

std::string toHtml(const Report& report) {
    std::string out = strCat(
        "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta "
        "charset=\"utf-8\"/><meta name=\"viewport\" content=\"width=device-width\"/>",
        element("title", report.title), "<style>", kPageStyle, "</style></head>\n<body><main>",
        element("h1", report.title), "\n");
    if (!report.about.empty()) out += element("p", report.about) + "\n";
    out += element("h2", report.main.title.empty() ? "Results" : report.main.title) +
           tableHtml(report.main);
    if (!report.warnings.empty())
        out += "<h2>Read this first</h2>" + listHtml(report.warnings, " class=\"warning\"");
    if (!report.findings.empty()) out += "<h2>Findings</h2>" + listHtml(report.findings, "");
    if (!report.criteria.empty())
        out += "<h2>Reproduction criteria (section IX.B of the paper)</h2>" +
               criteriaHtml(report.criteria);
    if (!report.figures.empty()) out += "<h2>Figures</h2>";
    for (const ReportFigure& figure : report.figures) out += figureHtml(figure);
    for (const ReportTable& table : report.tables)
        out += element("h2", table.title) + tableHtml(table);
    ReportTable facts{.header = {"what", "value"}};
    for (const auto& [name, value] : report.facts) facts.rows.push_back({name, value});
    return out + "<h2>Set-up</h2>" + tableHtml(facts) + "</main></body></html>\n";
}

}  // namespace skd
