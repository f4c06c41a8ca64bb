#include "store/run_writer.h"

#include <charconv>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "spec/run_spec.h"
#include "store/analysis_codec.h"
#include "store/metric_writer.h"
#include "store/write_connection.h"

namespace skd {
namespace {

/// What the run list shows of a spec; unknown values stay empty or NaN.
struct SpecColumns {
    std::string model, method;
    std::int64_t seed = 0;
    double target = std::numeric_limits<double>::quiet_NaN();
    std::int64_t parentRun = 0, parentStep = 0;
};

/// "run:3@40" -> 3 and 40; any other text names no run.
void readParent(const std::string& model, SpecColumns& columns) {
    if (!model.starts_with("run:")) return;
    const char* end = model.data() + model.size();
    const auto run = std::from_chars(model.data() + 4, end, columns.parentRun);
    if (run.ec == std::errc() && run.ptr != end && *run.ptr == '@')
        std::from_chars(run.ptr + 1, end, columns.parentStep);
}

SpecColumns columnsOf(const Json& json) {
    SpecColumns columns;
    const auto spec = parseRunSpec(json);
    if (!spec) return columns;
    std::filesystem::path model(spec->model.path);
    if (!model.has_filename()) model = model.parent_path();
    columns.model = model.filename().string();
    columns.method = methodName(spec->prune);
    columns.seed = spec->seed;
    readParent(spec->model.path, columns);
    const bool aimed =
        spec->prune.ranks == RankRule::Budget || spec->prune.ranks == RankRule::Uniform;
    if (aimed && spec->prune.method != PruneMethod::None) columns.target = spec->prune.target;
    return columns;
}

void markInterrupted(SQLite::Database& database) {
    execute(database,
            "UPDATE runs SET status = 'interrupted', "
            "stop_reason = 'the program ended during the run', "
            "finished_ms = max(started_ms, "
            "coalesce((SELECT max(time_ms) FROM events WHERE run_id = runs.id), 0), "
            "coalesce((SELECT max(time_ms) FROM metrics WHERE run_id = runs.id), 0)) "
            "WHERE status = 'running'");
}

void removeUnusedAnalyses(SQLite::Database& database) {
    execute(database,
            "DELETE FROM analyses WHERE NOT EXISTS(SELECT 1 FROM runs WHERE analysis_id = "
            "analyses.id)");
    execute(database,
            "DELETE FROM blobs WHERE NOT EXISTS(SELECT 1 FROM analyses WHERE blob_id = blobs.id)");
}

/// Row of `table` with this hash, inserted by `insert` where it is missing.
template <class Insert>
std::int64_t findOrInsert(SQLite::Database& database, const char* find, const std::string& sha256,
                          const Insert& insert) {
    SQLite::Statement statement(database, find);
    statement.bind(1, sha256);
    if (statement.executeStep()) return statement.getColumn(0).getInt64();
    insert();
    return database.getLastInsertRowid();
}

std::int64_t storeBlob(SQLite::Database& database, const StoredAnalysis& stored) {
    return findOrInsert(
        database, "SELECT id FROM blobs WHERE sha256 = ?", stored.spectraSha256, [&] {
            SQLite::Statement insert(database, "INSERT INTO blobs(sha256, data) VALUES(?, ?)");
            insert.bind(1, stored.spectraSha256);
            insert.bind(2, stored.spectra.data(), static_cast<int>(stored.spectra.size()));
            insert.exec();
        });
}

std::int64_t storeAnalysis(SQLite::Database& database, const StoredAnalysis& stored) {
    return findOrInsert(database, "SELECT id FROM analyses WHERE sha256 = ?", stored.sha256, [&] {
        const std::int64_t blob = storeBlob(database, stored);
        execute(database,
                "INSERT INTO analyses(sha256, created_ms, document, blob_id) VALUES(?, ?, ?, ?)",
                stored.sha256, nowMs(), stored.document, blob);
    });
}

/// The summary's figures that the run list shows; a figure that is absent leaves its column alone.
void updateFigures(SQLite::Database& database, RunId run, const RunSummary& summary) {
    const std::pair<const char*, const std::optional<double>&> figures[] = {
        {"dense_ppl", summary.densePpl},
        {"post_prune_ppl", summary.postPrunePpl},
        {"post_kd_ppl", summary.postKdPpl},
        {"mlp_removed", summary.mlpRemoved},
        {"parameters_removed", summary.parametersRemoved}};
    for (const auto& [column, figure] : figures)
        if (figure)
            execute(database, strCat("UPDATE runs SET ", column, " = ? WHERE id = ?"), *figure,
                    run.value());
    if (const auto& parent = summary.lineage.parentRun)
        execute(database, "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?", *parent,
                summary.lineage.parentStep.value_or(0), run.value());
    if (!summary.empty())
        execute(database, "UPDATE runs SET summary = ? WHERE id = ?", dumpJson(toJson(summary)),
                run.value());
}

}  // namespace

RunWriter::RunWriter(std::unique_ptr<WriteConnection> connection)
    : WorkspaceEditor(std::move(connection)) {}
RunWriter::~RunWriter() = default;

Result<std::unique_ptr<RunWriter>> RunWriter::open(const std::filesystem::path& workspace) {
    SKD_TRY(std::unique_ptr<WriteConnection> connection, WriteConnection::open(workspace));
    SKD_CHECK(connection->transact("cannot write to", [](SQLite::Database& db) -> Status {
        markInterrupted(db);
        return {};
    }));
    std::unique_ptr<RunWriter> writer(new RunWriter(std::move(connection)));
    WriteConnection& self = *writer->m_connection;
    SKD_TRY(writer->m_metrics, MetricWriter::open(self.file(), self.writing()));
    return writer;
}

Result<RunId> RunWriter::createRun(const std::string& name, const Json& spec,
                                   const std::string& specSha256, const RunLabels& labels) {
    std::optional<std::int64_t> study;
    if (labels.study.value() > 0) study = labels.study.value();
    const SpecColumns columns = columnsOf(spec);
    return m_connection->transact(
        "cannot add a run to", [&](SQLite::Database& db) -> Result<RunId> {
            execute(db,
                    "INSERT INTO runs(name, model, method, status, seed, target, created_ms, spec, "
                    "spec_sha256, study_id, variant, parent_run, parent_step) "
                    "VALUES(?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    name, columns.model, columns.method, columns.seed, columns.target, nowMs(),
                    dumpJson(spec), specSha256, study, labels.variant, columns.parentRun,
                    columns.parentStep);
            return RunId(db.getLastInsertRowid());
        });
}

Result<StudyId> RunWriter::openStudy(const std::string& name, const Json& spec,
                                     const std::string& specSha256) {
    return m_connection->transact(
        "cannot add a study to", [&](SQLite::Database& db) -> Result<StudyId> {
            execute(db,
                    "INSERT INTO studies(name, spec, spec_sha256, created_ms) VALUES(?, ?, ?, ?) "
                    "ON CONFLICT(name, spec_sha256) DO UPDATE SET spec = excluded.spec",
                    name, dumpJson(spec), specSha256, nowMs());
            SQLite::Statement find(db, "SELECT id FROM studies WHERE name = ? AND spec_sha256 = ?");
            find.bind(1, name);
            find.bind(2, specSha256);
            find.executeStep();
            return StudyId(find.getColumn(0).getInt64());
        });
}

Status RunWriter::setParent(RunId run, RunId parent, std::int64_t step) {
    return m_connection->update("cannot write the lineage of a run in", run,
                                "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?",
                                parent.value(), step);
}

Status RunWriter::orderQueue(const std::vector<RunId>& runs) {
    return m_connection->transact("cannot order the queue of", [&](SQLite::Database& db) -> Status {
        for (std::size_t i = 0; i < runs.size(); ++i)
            execute(db, "UPDATE runs SET queue_position = ? WHERE id = ?",
                    static_cast<std::int64_t>(i) + 1, runs[i].value());
        return {};
    });
}

Status RunWriter::markStarted(RunId run, const Json& environment) {
    return m_connection->update(
        "cannot mark a run in", run,
        "UPDATE runs SET status = 'running', environment = ?, finished_ms = 0, stop_reason = '', "
        "error = '', started_ms = CASE started_ms WHEN 0 THEN ? ELSE started_ms END WHERE id = ?",
        dumpJson(environment), nowMs());
}

Status RunWriter::markStatus(RunId run, RunStatus status, const std::string& reason,
                             const RunSummary& summary) {
    // Who sees that a run has ended must find all its metrics.
    const Status flushed = flush();
    const bool live = status == RunStatus::Queued || status == RunStatus::Running;
    const bool failed = status == RunStatus::Failed;
    const Status marked =
        m_connection->transact("cannot mark a run in", [&](SQLite::Database& db) -> Status {
            SKD_CHECK(m_connection->requireRun(db, run));
            execute(db,
                    "UPDATE runs SET status = ?, finished_ms = ?, stop_reason = ?, error = ? WHERE "
                    "id = ?",
                    runStatusName(status), live ? std::int64_t{0} : nowMs(),
                    failed ? std::string() : reason, failed ? reason : std::string(), run.value());
            updateFigures(db, run, summary);
            return {};
        });
    return marked ? flushed : marked;
}

Status RunWriter::saveRanks(RunId run, const std::vector<RankRow>& ranks) {
    return m_connection->transact("cannot save ranks in", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_connection->requireRun(db, run));
        execute(db, "DELETE FROM ranks WHERE run_id = ?", run.value());
        for (std::size_t i = 0; i < ranks.size(); ++i)
            execute(db, "INSERT INTO ranks(run_id, position, matrix, rank) VALUES(?, ?, ?, ?)",
                    run.value(), static_cast<std::int64_t>(i), ranks[i].matrix, ranks[i].rank);
        return {};
    });
}

Status RunWriter::saveAnalysis(RunId run, const Analysis& analysis) {
    SKD_TRY(const StoredAnalysis stored, encodeAnalysis(analysis));
    return m_connection->transact("cannot save an analysis in",
                                  [&](SQLite::Database& db) -> Status {
                                      SKD_CHECK(m_connection->requireRun(db, run));
                                      execute(db, "UPDATE runs SET analysis_id = ? WHERE id = ?",
                                              storeAnalysis(db, stored), run.value());
                                      removeUnusedAnalyses(db);
                                      return {};
                                  });
}

Status RunWriter::appendEvent(RunId run, const std::string& kind, const Json& data) {
    std::optional<std::int64_t> step;
    if (data.is_object() && data.contains("step") && data["step"].is_number_integer())
        step = data["step"].get<std::int64_t>();
    return m_connection->transact("cannot add an event to", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_connection->requireRun(db, run));
        execute(db, "INSERT INTO events(run_id, time_ms, step, kind, data) VALUES(?, ?, ?, ?, ?)",
                run.value(), nowMs(), step, kind, dumpJson(data));
        return {};
    });
}

void RunWriter::appendMetrics(RunId run, std::vector<MetricRow> rows) {
    m_metrics->append(run, std::move(rows));
}

Status RunWriter::flush() {
    return m_metrics->flush();
}

Status RunWriter::truncateAfter(RunId run, std::int64_t step) {
    SKD_CHECK(flush());
    return m_connection->transact("cannot cut a run in", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_connection->requireRun(db, run));
        execute(db, "DELETE FROM metrics WHERE run_id = ? AND step > ?", run.value(), step);
        execute(db, "DELETE FROM events WHERE run_id = ? AND step > ?", run.value(), step);
        return {};
    });
}

Result<std::vector<RunId>> RunWriter::purge(const std::vector<RunId>& runs) {
    SKD_CHECK(flush());
    const std::string condition =
        strCat("deleted = 1 AND id IN (",
               joined(runs, ", ", [](RunId run) { return std::to_string(run.value()); }), ")");
    return m_connection->transact(
        "cannot purge", [&](SQLite::Database& db) -> Result<std::vector<RunId>> {
            execute(db, strCat("DELETE FROM metrics WHERE run_id IN (SELECT id FROM runs WHERE ",
                               condition, ")"));
            std::vector<RunId> gone;
            SQLite::Statement removed(
                db, strCat("DELETE FROM runs WHERE ", condition, " RETURNING id"));
            while (removed.executeStep()) gone.emplace_back(removed.getColumn(0).getInt64());
            removeUnusedAnalyses(db);
            return gone;
        });
}

Result<std::int64_t> RunWriter::shrink() {
    SKD_CHECK(flush());
    return m_connection->shrink();
}

}  // namespace skd
