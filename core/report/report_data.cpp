#include <cmath>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "report/report.h"

namespace skd {
namespace {

/// RFC 4180: quoted where needed. Cells that a spreadsheet would run as a formula get a quote in
/// front.
std::string csvCell(std::string text) {
    const bool number =
        !text.empty() && text.find_first_not_of("0123456789.+-eE") == std::string::npos;
    if (!text.empty() && !number &&
        std::string_view("=+-@\t").find(text[0]) != std::string_view::npos)
        text.insert(0, "'");
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

std::string csvText(const Json& value) {
    if (value.is_null()) return "";
    return csvCell(value.is_string() ? value.get<std::string>() : dumpJson(value));
}

/// Leaves of a summary by dotted path; list elements by their place.
void flatten(const Json& value, const std::string& path,
             std::vector<std::pair<std::string, Json>>& out) {
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
            {"status", run.id.value() == 0 ? "not run" : runStatusName(run.status)},
            {"error", run.error},
            {"seconds", run.seconds},
            {"summary", toJson(run.summary)},
            {"environment", run.environment},
            {"spec", toJson(run.spec)}};
}

}  // namespace

std::string toCsv(const StudyResults& results) {
    std::vector<std::string> columns;
    std::vector<std::vector<std::pair<std::string, Json>>> rows;
    std::set<std::string> known;
    for (const StudyRun& run : results.runs) {
        rows.emplace_back();
        flatten(toJson(run.summary), "", rows.back());
        for (const auto& [path, value] : rows.back())
            if (known.insert(path).second) columns.push_back(path);
    }
    std::string out = "run_id,variant,seed,status,seconds";
    for (const std::string& column : columns) out += "," + csvCell(column);
    out += "\r\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const StudyRun& run = results.runs[i];
        out +=
            strCat(run.id.value(), ",", csvCell(run.variant), ",", run.seed, ",",
                   run.id.value() == 0 ? "not run" : runStatusName(run.status), ",", run.seconds);
        const std::map<std::string, Json> cells(rows[i].begin(), rows[i].end());
        for (const std::string& column : columns)
            out += "," + (cells.contains(column) ? csvText(cells.at(column)) : "");
        out += "\r\n";
    }
    return out;
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
                                    {"verdict", verdictName(c.verdict)},
                                    {"figures", c.figures},
                                    {"paper", c.paper}});
    json["tables"] = Json::array();
    for (const ReportTable& table : report.tables) json["tables"].push_back(tableJson(table));
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
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        if (error) return fail(ioError("cannot create", file.parent_path(), error.value()));
        SKD_CHECK(writeFileAtomically(file, text));
        written.push_back(file.string());
    }
    return written;
}

}  // namespace skd
