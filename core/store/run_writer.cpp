#include "store/run_writer.h"

#include <charconv>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "spec/run_spec.h"
#include "store/analysis_codec.h"
#include "store/migrations.h"
#include "store/run_writer_state.h"

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

void updateParent(SQLite::Database& database, RunId run, const Json& summary) {
    const auto lineage = summary.find("lineage");
    if (lineage == summary.end() || !lineage->is_object()) return;
    const auto parent = lineage->find("parent_run"), step = lineage->find("parent_step");
    if (parent == lineage->end() || !parent->is_number_integer()) return;
    const bool stepped = step != lineage->end() && step->is_number_integer();
    execute(database, "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?",
            parent->get<std::int64_t>(), stepped ? step->get<std::int64_t>() : std::int64_t{0},
            run.value());
}

/// The summary's figures that the run list shows; a figure that is absent leaves its column alone.
void updateFigures(SQLite::Database& database, RunId run, const Json& summary) {
    if (!summary.is_object()) return;
    for (const char* name :
         {"dense_ppl", "post_prune_ppl", "post_kd_ppl", "mlp_removed", "parameters_removed"}) {
        const auto found = summary.find(name);
        if (found == summary.end() || !found->is_number()) continue;
        execute(database, strCat("UPDATE runs SET ", name, " = ? WHERE id = ?"),
                found->get<double>(), run.value());
    }
    updateParent(database, run, summary);
    if (!summary.empty())
        execute(database, "UPDATE runs SET summary = ? WHERE id = ?", dumpJson(summary),
                run.value());
}

}  // namespace

RunWriter::RunWriter() = default;
RunWriter::~RunWriter() = default;

Result<std::unique_ptr<RunWriter>> RunWriter::open(const std::filesystem::path& workspace) {
    std::error_code error;
    // One name per file: a lock beside a symbolic link would not keep others from the file itself.
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(std::filesystem::absolute(workspace, error), error);
    if (error) return fail(ioError("cannot open the workspace", workspace, error.value()));
    if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
        return fail(ErrorCode::InvalidInput,
                    strCat(file.string(), " is not a file; give the path of a workspace file"));
    SKD_CHECK(createFolders(file.parent_path()));
    SKD_CHECK(refuseNetworkFileSystem(file.parent_path()));
    SKD_TRY(WorkspaceLock lock, WorkspaceLock::acquire(file));
    SKD_CHECK(migrateFile(file, schemaMigrations()));

    std::unique_ptr<RunWriter> writer(new RunWriter);
    writer->m_implementation = std::make_unique<Implementation>(std::move(lock));
    Implementation& self = *writer->m_implementation;
    self.file = file;
    SKD_TRY(self.database, openForWriting(file));
    SKD_CHECK(self.transact("cannot write to", [](SQLite::Database& db) -> Status {
        markInterrupted(db);
        return {};
    }));
    SKD_TRY(self.metrics, MetricWriter::open(file, self.writing));
    return writer;
}

Result<RunId> RunWriter::createRun(const std::string& name, const Json& spec,
                                   const std::string& specSha256, const RunLabels& labels) {
    std::optional<std::int64_t> study;
    if (labels.study.value() > 0) study = labels.study.value();
    const SpecColumns columns = columnsOf(spec);
    return m_implementation->transact(
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
    return m_implementation->transact(
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
    return m_implementation->update("cannot write the lineage of a run in", run,
                                    "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?",
                                    parent.value(), step);
}

Status RunWriter::orderQueue(const std::vector<RunId>& runs) {
    return m_implementation->transact(
        "cannot order the queue of", [&](SQLite::Database& db) -> Status {
            for (std::size_t i = 0; i < runs.size(); ++i)
                execute(db, "UPDATE runs SET queue_position = ? WHERE id = ?",
                        static_cast<std::int64_t>(i) + 1, runs[i].value());
            return {};
        });
}

Status RunWriter::markStarted(RunId run, const Json& environment) {
    return m_implementation->update(
        "cannot mark a run in", run,
        "UPDATE runs SET status = 'running', environment = ?, finished_ms = 0, stop_reason = '', "
        "error = '', started_ms = CASE started_ms WHEN 0 THEN ? ELSE started_ms END WHERE id = ?",
        dumpJson(environment), nowMs());
}

Status RunWriter::markStatus(RunId run, RunStatus status, const std::string& reason,
                             const Json& summary) {
    // Who sees that a run has ended must find all its metrics.
    const Status flushed = flush();
    const bool live = status == RunStatus::Queued || status == RunStatus::Running;
    const bool failed = status == RunStatus::Failed;
    const Status marked =
        m_implementation->transact("cannot mark a run in", [&](SQLite::Database& db) -> Status {
            SKD_CHECK(m_implementation->requireRun(db, run));
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
    return m_implementation->transact("cannot save ranks in", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_implementation->requireRun(db, run));
        execute(db, "DELETE FROM ranks WHERE run_id = ?", run.value());
        for (std::size_t i = 0; i < ranks.size(); ++i)
            execute(db, "INSERT INTO ranks(run_id, position, matrix, rank) VALUES(?, ?, ?, ?)",
                    run.value(), static_cast<std::int64_t>(i), ranks[i].matrix, ranks[i].rank);
        return {};
    });
}

Status RunWriter::saveAnalysis(RunId run, const Analysis& analysis) {
    SKD_TRY(const StoredAnalysis stored, encodeAnalysis(analysis));
    return m_implementation->transact(
        "cannot save an analysis in", [&](SQLite::Database& db) -> Status {
            SKD_CHECK(m_implementation->requireRun(db, run));
            execute(db, "UPDATE runs SET analysis_id = ? WHERE id = ?", storeAnalysis(db, stored),
                    run.value());
            removeUnusedAnalyses(db);
            return {};
        });
}

Status RunWriter::appendEvent(RunId run, const std::string& kind, const Json& data) {
    std::optional<std::int64_t> step;
    if (data.is_object() && data.contains("step") && data["step"].is_number_integer())
        step = data["step"].get<std::int64_t>();
    return m_implementation->transact(
        "cannot add an event to", [&](SQLite::Database& db) -> Status {
            SKD_CHECK(m_implementation->requireRun(db, run));
            execute(db,
                    "INSERT INTO events(run_id, time_ms, step, kind, data) VALUES(?, ?, ?, ?, ?)",
                    run.value(), nowMs(), step, kind, dumpJson(data));
            return {};
        });
}

void RunWriter::appendMetrics(RunId run, std::vector<MetricRow> rows) {
    m_implementation->metrics->append(run, std::move(rows));
}

Status RunWriter::flush() {
    return m_implementation->metrics->flush();
}

Status RunWriter::truncateAfter(RunId run, std::int64_t step) {
    SKD_CHECK(flush());
    return m_implementation->transact("cannot cut a run in", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_implementation->requireRun(db, run));
        execute(db, "DELETE FROM metrics WHERE run_id = ? AND step > ?", run.value(), step);
        execute(db, "DELETE FROM events WHERE run_id = ? AND step > ?", run.value(), step);
        return {};
    });
}

Status RunWriter::purge() {
    SKD_CHECK(flush());
    return m_implementation->transact("cannot purge", [&](SQLite::Database& db) -> Status {
        execute(db, "DELETE FROM metrics WHERE run_id IN (SELECT id FROM runs WHERE deleted = 1)");
        execute(db, "DELETE FROM runs WHERE deleted = 1");
        removeUnusedAnalyses(db);
        return {};
    });
}

}  // namespace skd
