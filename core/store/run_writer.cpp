#include "store/run_writer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "spec/run_reference.h"
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

/// Of "run:3@40" 3 and 40; any other text names no run.
void readParent(const std::string& model, SpecColumns& columns) {
    const auto reference = parseRunReference(model);
    if (!reference || !*reference) return;
    columns.parentRun = (*reference)->run.value();
    columns.parentStep = (*reference)->step.value_or(0);
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

void removeUnusedAnalyses(SQLite::Database& database) {
    execute(database,
            "DELETE FROM analyses WHERE NOT EXISTS(SELECT 1 FROM runs WHERE analysis_id = "
            "analyses.id)");
    execute(database,
            "DELETE FROM blobs WHERE NOT EXISTS(SELECT 1 FROM analyses WHERE blob_id = blobs.id)");
}

std::int64_t storeBlob(SQLite::Database& database, const StoredAnalysis& stored) {
    const auto found =
        findNumber(database, "SELECT id FROM blobs WHERE sha256 = ?", stored.spectraSha256);
    return found ? *found
                 : insertRow(database, "blobs(sha256, data)", stored.spectraSha256,
                             std::span<const char>(stored.spectra));
}

std::int64_t storeAnalysis(SQLite::Database& database, const StoredAnalysis& stored) {
    const auto found =
        findNumber(database, "SELECT id FROM analyses WHERE sha256 = ?", stored.sha256);
    return found ? *found
                 : insertRow(database, "analyses(sha256, created_ms, document, blob_id)",
                             stored.sha256, nowMs(), stored.document, storeBlob(database, stored));
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
                    run);
    if (const auto& parent = summary.lineage.parentRun)
        execute(database, "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?", *parent,
                summary.lineage.parentStep.value_or(0), run);
    if (!summary.empty())
        execute(database, "UPDATE runs SET summary = ? WHERE id = ?", dumpJson(toJson(summary)),
                run);
}

}  // namespace

RunWriter::RunWriter() = default;

RunWriter::~RunWriter() {
    m_metrics.reset();  // what waits is written
    if (m_connection == nullptr) return;
    const Status sealed = m_connection->transact("cannot seal", [](SQLite::Database& db) -> Status {
        sealMissing(db);
        return {};
    });
    if (!sealed) log::warning(sealed.error().message);
}

Result<std::unique_ptr<RunWriter>> RunWriter::open(const std::filesystem::path& workspace) {
    std::unique_ptr<RunWriter> writer(new RunWriter);
    SKD_TRY(writer->m_connection, WriteConnection::open(workspace));
    WriteConnection& connection = *writer->m_connection;
    SKD_CHECK(connection.transact("cannot write to", [](SQLite::Database& db) -> Status {
        execute(db,
                "UPDATE runs SET status = 'interrupted', "
                "stop_reason = 'the program ended during the run', "
                "finished_ms = max(started_ms, "
                "coalesce((SELECT max(time_ms) FROM events WHERE run_id = runs.id), 0), "
                "coalesce((SELECT max(time_ms) FROM metrics WHERE run_id = runs.id), 0)) "
                "WHERE status = 'running'");
        sealMissing(db);
        return {};
    }));
    SKD_TRY(writer->m_metrics, MetricWriter::open(connection.file(), connection.writing()));
    return writer;
}

Result<RunId> RunWriter::createRun(const std::string& name, const Json& spec,
                                   const std::string& specSha256, const RunLabels& labels,
                                   RunId number) {
    const auto study = labels.study.value() > 0 ? std::optional(labels.study) : std::nullopt;
    const auto id = number.value() > 0 ? std::optional(number) : std::nullopt;
    const SpecColumns columns = columnsOf(spec);
    return m_connection->transact(
        "cannot add a run to", [&](SQLite::Database& db) -> Result<RunId> {
            const RunId run(insertRow(
                db,
                "runs(name, model, method, status, seed, target, created_ms, spec, spec_sha256, "
                "study_id, variant, parent_run, parent_step, id)",
                name, columns.model, columns.method, runStatusName(RunStatus::Queued), columns.seed,
                columns.target, nowMs(), dumpJson(spec), specSha256, study, labels.variant,
                columns.parentRun, columns.parentStep, id));
            RunSeal(db, run).finish();
            return run;
        });
}

Result<RunId> RunWriter::addOutsideRun(const OutsideRun& run) {
    const SpecColumns columns = columnsOf(run.spec);
    const std::string spec = dumpJson(run.spec);
    const bool failed = run.status == RunStatus::Failed;
    return m_connection->transact(
        "cannot add a run to", [&](SQLite::Database& db) -> Result<RunId> {
            const RunId id(
                insertRow(db,
                          "runs(name, model, method, status, seed, target, created_ms, started_ms, "
                          "finished_ms, stop_reason, error, spec, spec_sha256, environment)",
                          run.name, columns.model, columns.method, runStatusName(run.status),
                          columns.seed, columns.target, run.startedMs, run.startedMs,
                          run.finishedMs, failed ? "" : run.reason, failed ? run.reason : "", spec,
                          sha256Hex(spec), dumpJson(run.environment)));
            RunSeal(db, id).finish();
            return id;
        });
}

Status RunWriter::updateOutsideRun(RunId id, const OutsideRun& run) {
    const bool failed = run.status == RunStatus::Failed;
    return m_connection->update(
        "cannot mark a run in", id,
        "UPDATE runs SET status = ?, finished_ms = ?, stop_reason = ?, error = ? WHERE id = ?",
        runStatusName(run.status), run.finishedMs, failed ? "" : run.reason,
        failed ? run.reason : "");
}

Result<StudyId> RunWriter::openStudy(const std::string& name, const Json& spec,
                                     const std::string& specSha256) {
    return m_connection->transact(
        "cannot add a study to", [&](SQLite::Database& db) -> Result<StudyId> {
            execute(db,
                    "INSERT INTO studies(name, spec, spec_sha256, created_ms) VALUES(?, ?, ?, ?) "
                    "ON CONFLICT(name, spec_sha256) DO UPDATE SET spec = excluded.spec",
                    name, dumpJson(spec), specSha256, nowMs());
            const StudyId study(*findNumber(
                db, "SELECT id FROM studies WHERE name = ? AND spec_sha256 = ?", name, specSha256));
            seal(db, SealedPart::Study, study.value());
            return study;
        });
}

Status RunWriter::setParent(RunId run, RunId parent, std::int64_t step) {
    return m_connection->update("cannot write the lineage of a run in", run,
                                "UPDATE runs SET parent_run = ?, parent_step = ? WHERE id = ?",
                                parent, step);
}

Status RunWriter::orderQueue(const std::vector<RunId>& runs) {
    return m_connection->transact("cannot order the queue of", [&](SQLite::Database& db) -> Status {
        for (std::size_t i = 0; i < runs.size(); ++i) {
            RunSeal seal(db, runs[i]);
            if (execute(db, "UPDATE runs SET queue_position = ? WHERE id = ?",
                        static_cast<std::int64_t>(i) + 1, runs[i]) > 0)
                seal.finish();
        }
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
        m_connection->change("cannot mark a run in", run, [&](SQLite::Database& db) {
            execute(db,
                    "UPDATE runs SET status = ?, finished_ms = ?, stop_reason = ?, error = ? WHERE "
                    "id = ?",
                    runStatusName(status), live ? std::int64_t{0} : nowMs(), failed ? "" : reason,
                    failed ? reason : "", run);
            updateFigures(db, run, summary);
        });
    return marked ? flushed : marked;
}

Status RunWriter::saveRanks(RunId run, const std::vector<RankRow>& ranks) {
    return m_connection->change("cannot save ranks in", run, [&](SQLite::Database& db) {
        unseal(db, SealedPart::Events, run.value());
        execute(db, "DELETE FROM ranks WHERE run_id = ?", run);
        for (std::size_t i = 0; i < ranks.size(); ++i)
            insertRow(db, "ranks(run_id, position, matrix, rank)", run,
                      static_cast<std::int64_t>(i), ranks[i].matrix, ranks[i].rank);
    });
}

Status RunWriter::saveAnalysis(RunId run, const Analysis& analysis) {
    SKD_TRY(const StoredAnalysis stored, encodeAnalysis(analysis));
    return m_connection->change("cannot save an analysis in", run, [&](SQLite::Database& db) {
        execute(db, "UPDATE runs SET analysis_id = ? WHERE id = ?", storeAnalysis(db, stored), run);
        removeUnusedAnalyses(db);
    });
}

Status RunWriter::appendEvent(RunId run, const std::string& kind, const Json& data) {
    const auto step = valueAs<std::int64_t>(memberOf(data, "step"));
    return m_connection->transact("cannot add an event to", [&](SQLite::Database& db) -> Status {
        SKD_CHECK(m_connection->requireRun(db, run));
        insertRow(db, "events(run_id, time_ms, step, kind, data)", run, nowMs(), step, kind,
                  dumpJson(data));
        // Of a run that does not run, until it does or the workspace is closed: an event costs the
        // same however many there are.
        unseal(db, SealedPart::Events, run.value());
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
    return m_connection->change("cannot cut a run in", run, [&](SQLite::Database& db) {
        unseal(db, SealedPart::Metrics, run.value());
        unseal(db, SealedPart::Events, run.value());
        execute(db, "DELETE FROM metrics WHERE run_id = ? AND step > ?", run, step);
        execute(db, "DELETE FROM events WHERE run_id = ? AND step > ?", run, step);
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
            while (removed.executeStep()) readColumns(removed, gone.emplace_back());
            for (const RunId run : gone) unsealRun(db, run);
            removeUnusedAnalyses(db);
            return gone;
        });
}

Status RunWriter::accept(RunId run) {
    SKD_CHECK(flush());
    return m_connection->transact("cannot accept a run in", [&](SQLite::Database& db) -> Status {
        const bool wasThere = sealOf(db, SealedPart::Run, run.value()).has_value();
        unsealRun(db, run);
        if (m_connection->requireRun(db, run))
            RunSeal(db, run).finish();
        else if (!wasThere)
            return m_connection->missing(run);
        return {};
    });
}

Status RunWriter::transact(const std::string& what,
                           const std::function<Status(SQLite::Database&)>& body) {
    SKD_CHECK(flush());
    return m_connection->transact(what, body);
}

Result<std::int64_t> RunWriter::shrink() {
    SKD_CHECK(flush());
    return m_connection->alone(
        "cannot make the workspace smaller:", [&](SQLite::Database& db) -> Result<std::int64_t> {
            const std::filesystem::path& file = m_connection->file();
            db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
            const std::int64_t before = bytesBelow(file);
            db.exec("VACUUM");
            db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
            return std::max<std::int64_t>(0, before - bytesBelow(file));
        });
}

}  // namespace skd
