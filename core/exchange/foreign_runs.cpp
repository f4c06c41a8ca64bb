#include "exchange/foreign_runs.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "exchange/foreign_files.h"
#include "exchange/run_archive.h"
#include "exchange/tensorboard_file.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

Json pairs(const std::vector<std::pair<std::string, std::string>>& list) {
    Json json = Json::object();
    for (const auto& [key, value] : list) json[key] = value;
    return json;
}

/// The key that earlier versions gave a foreign run: its name and all its values.
std::string contentKeyOf(const ForeignRun& run, const char* kind) {
    Sha256 hash;
    hash.update(strCat(kind, "\n", run.name, "\n"));
    for (const MetricRow& row : run.metrics)
        hash.update(
            strCat(row.name, " ", row.step, " ", dumpJson(Json(row.value)), " ", row.timeMs, "\n"));
    return hash.hex().substr(0, 32);
}

/// However a run grows, this stays.
std::string sourceKeyOf(const ForeignRun& run, const char* kind) {
    return sha256Hex(strCat("source ", kind, "\n", run.source)).substr(0, 32);
}

using RunsByOrigin = std::map<std::string, RunId>;

Result<RunsByOrigin> originsIn(const fs::path& workspace) {
    RunsByOrigin origins;
    SKD_TRY(const auto store, RunStore::open(workspace));
    SKD_TRY(const std::vector<RunRow> rows, store->runs());
    for (const RunRow& row : rows)
        if (const auto details = store->details(row.id))
            origins.emplace(originKey(*details), row.id);
    return origins;
}

/// From the first value to the last where the source does not say when it ran.
OutsideRun outsideRun(const ForeignRun& run, const char* kind, const std::string& key) {
    OutsideRun outside{
        run.name,
        {{"imported", kind}, {"parameters", pairs(run.parameters)}, {"tags", pairs(run.tags)}},
        {{"origin", {{"key", key}, {"kind", kind}, {"name", run.name}}}},
        run.status,
        strCat("imported from ", kind),
        run.startedMs,
        run.finishedMs};
    const auto [first, last] = std::minmax_element(
        run.metrics.begin(), run.metrics.end(),
        [](const MetricRow& a, const MetricRow& b) { return a.timeMs < b.timeMs; });
    const bool timed = first != run.metrics.end() && first->timeMs > 0;
    if (outside.startedMs <= 0) outside.startedMs = timed ? first->timeMs : nowMs();
    if (outside.finishedMs <= 0)
        outside.finishedMs = std::max(timed ? last->timeMs : 0, outside.startedMs);
    if (run.status == RunStatus::Failed) outside.reason += ", where it failed";
    if (run.status == RunStatus::Interrupted) outside.reason += ", where it had not ended";
    return outside;
}

bool sameValue(const MetricRow& a, const MetricRow& b) {
    return a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
}

/// What the run has now and `run` of the workspace has not, by name and step.
std::vector<MetricRow> grown(const ForeignRun& run, const std::vector<MetricRow>& here) {
    std::map<std::pair<std::string, std::int64_t>, MetricRow> rows;
    for (const MetricRow& row : run.metrics) rows[{row.name, row.step}] = row;
    for (const MetricRow& row : here)
        if (const auto found = rows.find({row.name, row.step});
            found != rows.end() && sameValue(found->second, row))
            rows.erase(found);
    std::vector<MetricRow> added;
    for (auto& [key, row] : rows) added.push_back(std::move(row));
    return added;
}

class ForeignImport {
public:
    ForeignImport(RunWriter& writer, const fs::path& workspace, const char* kind,
                  RunsByOrigin origins)
        : m_writer(writer), m_workspace(workspace), m_kind(kind), m_origins(std::move(origins)) {}

    Status take(const ForeignRun& run) {
        const std::string key = sourceKeyOf(run, m_kind);
        if (const auto here = m_origins.find(key); here != m_origins.end())
            return proceed(run, key, here->second);
        if (m_origins.contains(contentKeyOf(run, m_kind))) {
            known.push_back({{"name", run.name}});
            return {};
        }
        SKD_TRY(const RunId id, m_writer.addOutsideRun(outsideRun(run, m_kind, key)));
        m_writer.appendMetrics(id, run.metrics);
        SKD_CHECK(m_writer.flush());
        m_origins.emplace(key, id);
        imported.push_back(
            {{"run", id.value()}, {"name", run.name}, {"values", run.metrics.size()}});
        return {};
    }

    Json imported = Json::array(), continued = Json::array(), known = Json::array();

private:
    /// Adds what a run that is here has got since.
    Status proceed(const ForeignRun& run, const std::string& key, RunId id) {
        SKD_TRY(const auto store, RunStore::open(m_workspace));
        SKD_TRY(const RunDetails details, store->details(id));
        SKD_TRY(const std::vector<MetricRow> here, store->metrics(id));
        std::vector<MetricRow> added = grown(run, here);
        if (added.empty() && details.row.status == run.status) {
            known.push_back({{"name", run.name}});
            return {};
        }
        continued.push_back({{"run", id.value()}, {"name", run.name}, {"values", added.size()}});
        m_writer.appendMetrics(id, std::move(added));
        SKD_CHECK(m_writer.flush());
        return m_writer.updateOutsideRun(id, outsideRun(run, m_kind, key));
    }

    RunWriter& m_writer;
    fs::path m_workspace;
    const char* m_kind;
    RunsByOrigin m_origins;
};

/// A run that is resumed writes another file beside the first, so the first one names it.
void addEventFile(const fs::path& file, const std::string& name, ForeignRun& run,
                  std::vector<std::string>& warnings) {
    auto read = readTensorboardFile(file);
    if (!read) return warnings.push_back(read.error().message);
    if (!read->damage.empty()) warnings.push_back(read->damage);
    if (run.source.empty()) run.source = strCat(name, "\n", file.filename().string());
    run.name = name;
    std::move(read->rows.begin(), read->rows.end(), std::back_inserter(run.metrics));
}

}  // namespace

Result<ForeignRuns> readTensorboardRuns(const fs::path& folder) {
    ForeignRuns found;
    SKD_TRY(const std::vector<fs::path> files, filesBelow(folder, found.warnings));
    std::map<fs::path, ForeignRun> runs;
    for (const fs::path& file : files) {
        if (!isTensorboardName(file.filename().string())) continue;
        ForeignRun& run = runs[file.parent_path()];
        run.folder = file.parent_path();
        const std::string relative = fs::relative(run.folder, folder).generic_string();
        addEventFile(file,
                     lossyUtf8(relative == "." ? fs::weakly_canonical(folder).filename().string()
                                               : relative),
                     run, found.warnings);
    }
    for (auto& [path, run] : runs)
        if (!run.metrics.empty()) found.runs.push_back(std::move(run));
    return foundIn(folder, "TensorBoard scalar", std::move(found));
}

Result<Json> importForeign(const fs::path& workspace, const fs::path& from, ImportFormat format) {
    const bool mlflow = format == ImportFormat::Mlflow;
    const char* kind = mlflow ? "mlflow" : "tensorboard";
    std::error_code ignored;
    if (!fs::exists(from, ignored))
        return fail(
            ErrorCode::NotFound,
            strCat("there is no ", mlflow ? "folder or database " : "folder ", from.string()));
    SKD_TRY(const ForeignRuns found, mlflow ? readMlflowRuns(from) : readTensorboardRuns(from));
    SKD_TRY(const auto writer, RunWriter::open(workspace));
    SKD_TRY(RunsByOrigin origins, originsIn(workspace));
    ForeignImport import(*writer, workspace, kind, std::move(origins));
    for (const ForeignRun& run : found.runs) SKD_CHECK(import.take(run));
    if (import.imported.empty() && import.continued.empty())
        return fail(ErrorCode::InvalidInput,
                    strCat("all ", import.known.size(), " runs of ", from.string(),
                           " have been imported already and have not grown"));
    return Json{{"imported", import.imported},
                {"continued", import.continued},
                {"known", import.known},
                {"deleted", found.deleted},
                {"warnings", found.warnings}};
}

}  // namespace skd
