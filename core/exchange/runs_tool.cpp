#include "exchange/runs_tool.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/files.h"
#include "base/table.h"
#include "base/text.h"
#include "exchange/foreign_runs.h"
#include "exchange/run_archive.h"
#include "exchange/tensorboard_file.h"
#include "store/run_paths.h"
#include "store/run_store.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

Json entriesOf(const std::vector<ArchiveImport::Entry>& entries) {
    Json list = Json::array();
    for (const ArchiveImport::Entry& entry : entries)
        list.push_back(
            {{"run", entry.run.value()}, {"name", entry.name}, {"source", entry.source.value()}});
    return list;
}

Result<Json> importArchiveFile(const fs::path& workspace, const fs::path& from) {
    SKD_TRY(const ArchiveImport taken, importArchive(workspace, from));
    if (taken.imported.empty() && taken.weights.empty() && !taken.known.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat(from.string(), " has been imported already: its ",
                           taken.known.size() == 1 ? "run is run " : "first run is run ",
                           taken.known.front().run.value(), " of ", workspace.string()));
    Json weights = Json::array();
    for (const RunId run : taken.weights) weights.push_back(run.value());
    return Json{{"imported", entriesOf(taken.imported)},
                {"known", entriesOf(taken.known)},
                {"weights", weights}};
}

/// The runs a request names, its study's among them, each once and ascending. NotFound,
/// InvalidInput for none.
Result<std::vector<RunId>> chosenRuns(const RunStore& store, const RunsExportRequest& request) {
    std::vector<RunId> runs = request.runs;
    if (!request.study.empty()) {
        SKD_TRY(const std::vector<StudyRow> studies, store.studies());
        bool found = false;
        for (const StudyRow& study : studies) {
            if (study.name != request.study) continue;
            found = true;
            SKD_TRY(const std::vector<RunDetails> members, store.studyRuns(study.id));
            for (const RunDetails& member : members) runs.push_back(member.row.id);
        }
        if (!found)
            return fail(ErrorCode::NotFound, strCat("there is no study \"", request.study, "\" in ",
                                                    request.workspace.string()));
    }
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    if (runs.empty())
        return fail(ErrorCode::InvalidInput,
                    "no runs are given; name them, or a study with --study");
    return runs;
}

/// All digits that a double has; an empty field where it is NaN.
std::string number(double value) {
    if (std::isnan(value)) return "";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return dumpJson(Json(value));
}

Status writeCsv(const RunStore& store, const RunDetails& details, const fs::path& folder,
                Json& files) {
    const RunId run = details.row.id;
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

Status writeEvents(const RunStore& store, const RunDetails& details, const fs::path& folder,
                   Json& files) {
    SKD_TRY(const std::vector<MetricRow> metrics, store.metrics(details.row.id));
    const fs::path path = folder / strCat("events.out.tfevents.", details.row.createdMs / 1000,
                                          ".sparsekd.run", details.row.id.value());
    SKD_CHECK(writeFileAtomically(path, tensorboardFile(metrics, details.row.createdMs)));
    files.push_back(path.string());
    return {};
}

std::string folderName(const RunRow& row) {
    std::string name = strCat("run", row.id.value(), "-");
    for (const char c : row.name)
        name += std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' ? c : '_';
    return name.substr(0, 80);
}

}  // namespace

Result<Json> exportRuns(const RunsExportRequest& request) {
    if (request.out.empty())
        return fail(ErrorCode::InvalidInput, "no file is given to export to; name one with --out");
    SKD_TRY(const auto store, RunStore::open(request.workspace));
    SKD_TRY(const std::vector<RunId> runs, chosenRuns(*store, request));
    ArchiveRequest archive{request.workspace, runs, request.out, request.replace, {}};
    Json with = Json::array(), without = Json::array(), numbers = Json::array();
    const RunPaths paths = RunPaths::of(request.workspace);
    std::error_code ignored;
    for (const RunId run : runs) {
        numbers.push_back(run.value());
        if (!request.weights) continue;
        const fs::path model = RunFolder(paths.run(run)).final();
        const bool there = fs::is_regular_file(model, ignored);
        if (there) archive.files[run.value()].push_back({model.filename().string(), model});
        (there ? with : without).push_back(run.value());
    }
    SKD_CHECK(writeArchive(archive));
    return Json{{"out", request.out.string()},
                {"bytes", fs::file_size(request.out, ignored)},
                {"runs", numbers},
                {"weights", with},
                {"without_weights", without}};
}

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
        const fs::path folder = own ? request.out / folderName(details.row) : request.out;
        SKD_CHECK(createFolders(folder));
        SKD_CHECK(format == CurveFormat::Csv ? writeCsv(*store, details, folder, files)
                                             : writeEvents(*store, details, folder, files));
    }
    return Json{{"files", files}};
}

Result<Json> importRuns(const fs::path& workspace, const fs::path& from, ImportFormat format) {
    return format == ImportFormat::Archive ? importArchiveFile(workspace, from)
                                           : importForeign(workspace, from, format);
}

}  // namespace skd
