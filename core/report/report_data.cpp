#include <algorithm>

#include "base/files.h"
#include "base/text.h"
#include "report/report.h"
#include "report/study_arms.h"

namespace skd {
namespace {

std::string cellText(const Json& value) {
    if (value.is_null()) return "";
    return value.is_string() ? valueOr(value, "") : dumpJson(value);
}

/// What pairs runs, a figure for every block of a text: no columns of a table.
bool isBlockSums(const Json& value) {
    return value.is_object() && value.contains("values") && value.contains("weights");
}

/// Leaves of a summary by dotted path; list elements by their place.
void flatten(const Json& value, const std::string& path,
             std::vector<std::pair<std::string, Json>>& out) {
    if (isBlockSums(value)) return;
    if (value.is_object()) {
        for (const auto& [key, inner] : value.items())
            flatten(inner, path.empty() ? key : path + "." + key, out);
    } else if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) flatten(value[i], strCat(path, ".", i), out);
    } else {
        out.emplace_back(path, value);
    }
}

Json tableJson(const ReportTable& table) {
    return {{"title", table.title},
            {"header", table.header},
            {"rows", table.rows},
            {"notes", table.notes}};
}

Json runJson(const StudyRun& run) {
    return {{"run_id", run.id.value()},
            {"variant", run.variant},
            {"seed", run.seed},
            {"status", run.statusName()},
            {"error", run.error},
            {"seconds", run.seconds},
            {"summary", toJson(run.summary)},
            {"environment", run.environment},
            {"spec", toJson(run.spec)}};
}

/// An arm's changes of perplexity, as numbers.
Json armJson(const ArmRuns& arm, const std::vector<ArmRuns>& arms) {
    const std::vector<Measured> own = logPerplexities(arm.runs);
    Json json{{"variant", arm.variant},
              {"arm", enumName(arm.arm)},
              {"budget", arm.budget.tokens},
              {"token_equivalents", arm.budget.equivalents},
              {"vs_dense", changeJson(difference(own, denseLogPerplexities(arm.runs)))}};
    const auto add = [&](const char* key, const ChosenArm& reference) {
        if (!reference || reference.arm == &arm) return;
        json[key] = changeJson(difference(own, logPerplexities(reference.arm->runs)));
        json[key]["variant"] = reference.arm->variant;
    };
    add("vs_tuned_dense", tunedDense(arms, arm.spec(), arm.budget));
    add("vs_ce_only", crossEntropyAlone(arms, arm));
    return json;
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
                      toMarkdown(criteriaTable(report.criteria)), "\n");
    if (!report.figures.empty()) out += "## Figures\n\n";
    for (const ReportFigure& figure : report.figures)
        out += strCat("![", markdownField(figure.twin.title), "](figures/", figure.id, ".svg)\n\n");
    for (const ReportTable& table : report.tables)
        out += strCat("## ", markdownField(table.title), "\n\n", toMarkdown(table), "\n");
    out += "## Set-up\n\n| | |\n|---|---|\n";
    for (const auto& [name, value] : report.facts) out += markdownRow({name, value});
    return out;
}

std::string toCsv(const StudyResults& results) {
    TextTable table{.header = {"run_id", "variant", "seed", "status", "seconds"}};
    const std::size_t fixed = table.header.size();
    std::map<std::string, std::size_t> columns;
    for (const StudyRun& run : results.runs) {
        std::vector<std::string>& row = table.rows.emplace_back();
        row = {strCat(run.id.value()), run.variant, strCat(run.seed), run.statusName(),
               strCat(run.seconds)};
        std::vector<std::pair<std::string, Json>> leaves;
        flatten(toJson(run.summary), "", leaves);
        for (const auto& [path, value] : leaves) {
            const auto [column, added] = columns.try_emplace(path, fixed + columns.size());
            if (added) table.header.push_back(path);
            row.resize(std::max(row.size(), column->second + 1));
            row[column->second] = cellText(value);
        }
    }
    for (auto& row : table.rows) row.resize(table.header.size());
    return toCsv(table);
}

Json toJson(const Report& report, const StudyResults& results) {
    Json json{{"title", report.title},          {"study", toJson(results.study)},
              {"study_sha256", results.sha256}, {"facts", Json::object()},
              {"warnings", report.warnings},    {"findings", report.findings}};
    for (const auto& [name, value] : report.facts) json["facts"][name] = value;
    json["table"] = tableJson(report.main);
    json["criteria"] = Json::array();
    for (const Criterion& c : report.criteria)
        json["criteria"].push_back({{"name", c.name},
                                    {"verdict", enumName(c.verdict)},
                                    {"figures", c.figures},
                                    {"paper", c.paper}});
    json["tables"] = Json::array();
    for (const ReportTable& table : report.tables) json["tables"].push_back(tableJson(table));
    const std::vector<ArmRuns> arms = armsOf(results);
    json["arms"] = Json::array();
    for (const ArmRuns& arm : arms)
        if (arm.arm != Arm::Other) json["arms"].push_back(armJson(arm, arms));
    json["runs"] = Json::array();
    for (const StudyRun& run : results.runs) json["runs"].push_back(runJson(run));
    return json;
}

Result<std::vector<std::string>> writeReport(const StudyResults& results,
                                             const std::filesystem::path& folder,
                                             const std::vector<std::string>& formats) {
    const Report report = makeReport(results);
    std::vector<std::pair<std::filesystem::path, std::string>> files;
    for (const std::string& format : formats) {
        const std::filesystem::path file = folder / ("report." + format);
        if (format == "md") {
            for (const ReportFigure& figure : report.figures)
                files.emplace_back(folder / "figures" / (figure.id + ".svg"), figure.svg + "\n");
            files.emplace_back(file, toMarkdown(report));
        } else if (format == "html")
            files.emplace_back(file, toHtml(report));
        else if (format == "csv")
            files.emplace_back(file, toCsv(results));
        else if (format == "json")
            files.emplace_back(file, dumpJson(toJson(report, results), 1) + "\n");
        else
            return fail(ErrorCode::InvalidInput, strCat("there is no report format \"", format,
                                                        "\"; choose of md, html, csv, json"));
    }
    std::vector<std::string> written;
    for (const auto& [file, text] : files) {
        SKD_CHECK(createFolders(file.parent_path()));
        SKD_CHECK(writeFileAtomically(file, text));
        written.push_back(file.string());
    }
    return written;
}

}  // namespace skd
