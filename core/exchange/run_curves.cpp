#include "exchange/run_curves.h"

#include <cctype>
#include <cmath>
#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "base/table.h"
#include "base/text.h"
#include "exchange/foreign_runs.h"
#include "exchange/tensorboard_file.h"
#include "store/run_writer.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

/// All digits that a double has; an empty field where it is NaN.
std::string number(double value) {
    if (std::isnan(value)) return "";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return dumpJson(Json(value));
}

Status writeCsv(const RunStore& store, RunId run, const fs::path& folder, Json& files) {
    SKD_TRY(const RunDetails details, store.details(run));
    SKD_TRY(const std::vector<MetricRow> metrics, store.metrics(run));
    SKD_TRY(const std::vector<RankRow> ranks, store.ranks(run));
    SKD_TRY(const std::vector<EventRow> events, store.events(run));
    TextTable metricTable{"", {"metric", "step", "value", "time_ms"}, {}, {}},
        rankTable{"", {"matrix", "rank"}, {}, {}},
        eventTable{"", {"time_ms", "kind", "data"}, {}, {}};
    for (const MetricRow& row : metrics)
        metricTable.rows.push_back(
            {row.name, strCat(row.step), number(row.value), strCat(row.timeMs)});
    for (const RankRow& row : ranks) rankTable.rows.push_back({row.matrix, strCat(row.rank)});
    for (const EventRow& row : events)
        eventTable.rows.push_back({strCat(row.timeMs), row.kind, dumpJson(row.data)});
    const Json record{{"run_id", run.value()},
                      {"name", details.row.name},
                      {"status", runStatusName(details.row.status)},
                      {"stop_reason", details.row.stopReason},
                      {"study", details.row.study.value()},
                      {"variant", details.row.variant},
                      {"parent_run", details.row.parentRun.value()},
                      {"parent_step", details.row.parentStep},
                      {"spec", details.spec},
                      {"environment", details.environment},
                      {"summary", toJson(details.summary)}};
    for (const auto& [name, text] :
         {std::pair<const char*, std::string>{"metrics.csv", toCsv(metricTable, "\n")},
          {"ranks.csv", toCsv(rankTable, "\n")},
          {"events.csv", toCsv(eventTable, "\n")},
          {"run.json", dumpJson(record, 2) + "\n"}}) {
        SKD_CHECK(writeFileAtomically(folder / name, text));
        files.push_back((folder / name).string());
    }
    return {};
}

Status writeEvents(const RunStore& store, RunId run, const fs::path& folder, Json& files) {
    SKD_TRY(const RunDetails details, store.details(run));
    SKD_TRY(const std::vector<MetricRow> metrics, store.metrics(run));
    const fs::path path = folder / strCat("events.out.tfevents.", details.row.createdMs / 1000,
                                          ".sparsekd.run", run.value());
    SKD_CHECK(writeFileAtomically(path, tensorboardFile(metrics, details.row.createdMs)));
    files.push_back(path.string());
    return {};
}

std::string folderName(RunId run, const RunRow& row) {
    std::string name = strCat("run", run.value(), "-");
    for (const char c : row.name)
        name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '_';
    return name.substr(0, 80);
}

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json json = Json::object();
    for (const auto& [key, value] : list) json[key] = value;
    return json;
}

/// What of a foreign run makes it itself: its name and all its values.
std::string keyOf(const ForeignRun& run, const char* kind) {
    Sha256 hash;
    hash.update(strCat(kind, "\n", run.name, "\n"));
    for (const MetricRow& row : run.metrics)
        hash.update(
            strCat(row.name, " ", row.step, " ", dumpJson(Json(row.value)), " ", row.timeMs, "\n"));
    return hash.hex().substr(0, 32);
}

Result<std::set<std::string>> originsIn(const fs::path& workspace) {
    std::set<std::string> keys;
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<RunRow> rows, store->runs());
    for (const RunRow& row : rows) {
        const auto details = store->details(row.id);
        if (details && details->environment.is_object() &&
            details->environment.contains("origin") && details->environment["origin"].is_object())
            keys.insert(details->environment["origin"].value("key", ""));
    }
    return keys;
}

Result<RunId> take(RunWriter& writer, const ForeignRun& run, const char* kind,
                   const std::string& key) {
    const Json spec{
        {"imported", kind}, {"parameters", pairs(run.parameters)}, {"tags", pairs(run.tags)}};
    SKD_TRY(const RunId id, writer.createRun(run.name, spec, sha256Hex(dumpJson(spec))));
    SKD_CHECK(
        writer.markStarted(id, {{"origin", {{"key", key}, {"kind", kind}, {"name", run.name}}}}));
    writer.appendMetrics(id, run.metrics);
    SKD_CHECK(writer.flush());
    SKD_CHECK(writer.markStatus(id, RunStatus::Completed, strCat("imported from ", kind), {}));
    return id;
}

}  // namespace

Result<Json> exportCurves(const RunsExportRequest& request, CurveFormat format) {
    if (request.out.empty())
        return fail(ErrorCode::InvalidInput,
                    "no folder is given to export to; name one with --out");
    SKD_TRY(const auto store, RunStore::open(request.workspace));
    SKD_TRY(const std::vector<RunId> runs, chosenRuns(*store, request));
    Json files = Json::array();
    for (const RunId run : runs) {
        SKD_TRY(const RunDetails details, store->details(run));
        const bool own = runs.size() > 1 || format == CurveFormat::Tensorboard;
        const fs::path folder = own ? request.out / folderName(run, details.row) : request.out;
        SKD_CHECK(createFolders(folder));
        SKD_CHECK(format == CurveFormat::Csv ? writeCsv(*store, run, folder, files)
                                             : writeEvents(*store, run, folder, files));
    }
    return Json{{"files", files}};
}

Result<Json> importForeign(const fs::path& workspace, const fs::path& from, ImportFormat format) {
    const char* kind = format == ImportFormat::Mlflow ? "mlflow" : "tensorboard";
    std::error_code ignored;
    if (!fs::is_directory(from, ignored))
        return fail(ErrorCode::NotFound, strCat("there is no folder ", from.string()));
    SKD_TRY(const std::vector<ForeignRun> found,
            format == ImportFormat::Mlflow ? readMlflowRuns(from) : readTensorboardRuns(from));
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(const std::set<std::string> here, originsIn(workspace));
    Json imported = Json::array(), known = Json::array();
    for (const ForeignRun& run : found) {
        const std::string key = keyOf(run, kind);
        if (here.contains(key)) {
            known.push_back({{"name", run.name}});
            continue;
        }
        SKD_TRY(const RunId id, take(*writer, run, kind, key));
        imported.push_back(
            {{"run", id.value()}, {"name", run.name}, {"values", run.metrics.size()}});
    }
    if (imported.empty())
        return fail(ErrorCode::InvalidInput, strCat("all ", known.size(), " runs of ",
                                                    from.string(), " have been imported already"));
    return Json{{"imported", imported}, {"known", known}};
}

}  // namespace skd
