#include "store/run_store.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "spec/run_spec.h"
#include "store/analysis_codec.h"
#include "store/lost_runs.h"
#include "store/migrations.h"
#include "store/run_queries.h"
#include "store/schema_check.h"
#include "store/sealed_reader.h"

namespace skd {
namespace {

/// Tags that cannot be read are none: they are not worth losing the run over.
std::vector<std::string> tagsOf(const std::string& json) {
    const auto parsed = parseJson(json);
    std::vector<std::string> tags;
    if (!parsed || !parsed->is_array()) return tags;
    for (const Json& tag : *parsed)
        if (tag.is_string()) tags.push_back(valueOr(tag, ""));
    return tags;
}

/// The row that a statement of selectRuns stands on.
RunRow readRunRow(SQLite::Statement& statement) {
    RunRow row;
    std::string status, tags;
    readColumns(statement, row.id, row.name, row.model, row.method, status, row.seed, row.createdMs,
                row.startedMs, row.finishedMs, row.target, row.densePpl, row.postPrunePpl,
                row.postKdPpl, row.mlpRemoved, row.parametersRemoved, row.stopReason, row.error,
                row.notes, row.deleted, row.study, row.studyName, row.variant, row.parentRun,
                row.parentStep, tags, row.color);
    if (!parseEnum(status, row.status)) row.status = RunStatus::Interrupted;
    row.tags = tagsOf(tags);
    return row;
}

/// Refuses a file this program does not know how to read.
Status checkSchema(SQLite::Database& database, const std::filesystem::path& workspace) {
    const SQLite::Transaction snapshot(database);
    SKD_CHECK(checkIdentity(database, workspace));
    const int version = schemaVersion(database);
    const int newest = schemaMigrations().back().version;
    if (version > newest) return fail(newerSchema(workspace, version, newest));
    if (version < 1)
        return fail(ErrorCode::Unsupported,
                    strCat(workspace.string(), " has schema ", version, ", older than ", newest,
                           "; open it once for writing to bring it up to date"));
    return checkSchemaSql(database, workspace, schemaMigrations(), version);
}

}  // namespace

struct RunStore::Implementation : SealedReader {
    using SealedReader::SealedReader;

    std::int64_t cachedId = 0;  ///< analysis last read: runs of one model share it
    AnalysisPtr cached;

    /// Marks rows that are not what was written, and adds one for each that is gone: `rows` are all
    /// of them, newest first. Other runs stay readable.
    Status markDamaged(SQLite::Database& db, std::vector<RunRow>& rows) {
        for (const auto& seal : sealsOf(db, SealedPart::Run)) {
            const std::int64_t id = seal.first;
            Status sound = catchingSqlite("cannot read", file, [&] {
                return isSealed.compare(db, SealedPart::Run, id, seal.second);
            });
            if (!sound && sound.error().code != ErrorCode::Corrupt) return sound;
            auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const RunRow& one) { return one.id <= RunId(id); });
            const bool isThere = row != rows.end() && row->id == RunId(id);
            if (sound && isThere) continue;
            if (!isThere) {
                row = rows.insert(row, RunRow());
                row->id = RunId(id);
                row->status = RunStatus::Interrupted;
            }
            row->damaged = true;
        }
        return {};
    }

    /// The analysis of the first run for which `condition` holds; `none` says that there is none.
    template <class... Values>
    Result<AnalysisPtr> analysis(const char* condition, const std::string& none,
                                 const Values&... values) {
        return read([&](SQLite::Database& db) -> Result<AnalysisPtr> {
            const auto run = findNumber(db, strCat("SELECT id FROM runs ", condition), values...);
            if (!run) return fail(ErrorCode::NotFound, none);
            SKD_CHECK(isSealed(db, SealedPart::Run, *run));
            SQLite::Statement statement = query(
                db,
                "SELECT analyses.id, document, data, analyses.sha256 FROM runs JOIN analyses ON "
                "analyses.id = analysis_id JOIN blobs ON blobs.id = blob_id WHERE runs.id = ?",
                *run);
            if (!statement.executeStep()) return fail(ErrorCode::NotFound, none);
            return load(statement.getColumn(0).getInt64(), statement);
        });
    }

    /// Measurements whose `column` is `value`, newest first. By the table, as their seals are: "+"
    /// keeps SQLite from the index.
    template <class Value>
    Result<std::vector<MeasurementRow>> measurements(const char* column, const Value& value,
                                                     bool documents) {
        return parts<MeasurementRow>(
            SealedPart::Measurement, kNoteSchema,
            strCat("SELECT id, kind, title, created_ms, ", documents ? "document" : "'null'",
                   " FROM measurements WHERE +", column, " = ? ORDER BY id DESC"),
            [&](SQLite::Statement& statement, MeasurementRow& row) -> Status {
                readColumns(statement, row.id, row.kind, row.title, row.createdMs);
                SKD_TRY(row.document,
                        document(statement.getColumn(4), "measurement", row.id.value()));
                return {};
            },
            value);
    }

    /// Proven by the hash that the run's own seal covers.
    Result<AnalysisPtr> load(std::int64_t id, SQLite::Statement& statement) {
        if (cached && cachedId == id) return cached;
        const SQLite::Column blob = statement.getColumn(2);
        const std::string_view bytes(static_cast<const char*>(blob.getBlob()),
                                     static_cast<std::size_t>(blob.getBytes()));
        SKD_TRY(cached, located(decodeAnalysis(statement.getColumn(1).getString(), bytes,
                                               statement.getColumn(3).getString()),
                                strCat(file.string(), ", analysis ", id)));
        cachedId = id;
        return cached;
    }
};

RunStore::RunStore() = default;
RunStore::~RunStore() = default;

Result<std::unique_ptr<RunStore>> RunStore::open(const std::filesystem::path& workspace) {
    SKD_TRY(auto database, openForReading(workspace));
    SKD_CHECK(catchingSqlite("cannot read", workspace,
                             [&] { return checkSchema(*database, workspace); }));
    std::unique_ptr<RunStore> store(new RunStore);
    store->m_implementation = std::make_unique<Implementation>(workspace);
    store->m_implementation->database = std::move(database);
    return store;
}

Result<std::vector<RunRow>> RunStore::runs(bool includeDeleted) const {
    const auto readAll = [&](SQLite::Database& db) -> Result<std::vector<RunRow>> {
        SQLite::Statement statement =
            query(db, selectRuns(schemaVersion(db), "", "ORDER BY id DESC"));
        std::vector<RunRow> rows;
        while (statement.executeStep()) rows.push_back(readRunRow(statement));
        SKD_CHECK(m_implementation->markDamaged(db, rows));
        std::erase_if(rows, [&](const RunRow& row) {
            return row.deleted && !includeDeleted && !row.damaged;
        });
        return rows;
    };
    return withoutLostRuns(m_implementation->file, [&] { return m_implementation->read(readAll); });
}

Result<RunDetails> RunStore::details(RunId run) const {
    const auto readOne = [&](SQLite::Database& db) -> Result<RunDetails> {
        SKD_CHECK(m_implementation->isSealed(db, SealedPart::Run, run.value()));
        SQLite::Statement statement =
            query(db, selectRuns(schemaVersion(db), kRunDetails, "WHERE id = ?"), run);
        if (!statement.executeStep())
            return fail(ErrorCode::NotFound, strCat("there is no run ", run.value(), " in ",
                                                    m_implementation->file.string()));
        const auto json = [&](int detail) {
            return m_implementation->document(statement.getColumn(kFirstDetailColumn + detail),
                                              "run", run.value());
        };
        RunDetails details;
        details.row = readRunRow(statement);
        SKD_TRY(Json spec, json(0));
        details.spec = completedRunSpec(std::move(spec));
        SKD_TRY(details.environment, json(1));
        SKD_TRY(const Json summary, json(2));
        details.summary = readRunSummary(summary);
        details.specSha256 = statement.getColumn(kFirstDetailColumn + 3).getString();
        return details;
    };
    return withoutLostRuns(m_implementation->file, [&] { return m_implementation->read(readOne); });
}

Result<std::vector<std::pair<RunId, RunId>>> RunStore::runsBuiltOn() const {
    using Pairs = std::vector<std::pair<RunId, RunId>>;
    return m_implementation->read([&](SQLite::Database& db) -> Result<Pairs> {
        Pairs pairs;
        for (const char* field : {"model", "teacher"}) {
            // CAST reads the number up to the "@" of a step.
            SQLite::Statement statement(
                db, strCat("SELECT id, CAST(substr(json_extract(spec, '$.", field,
                           ".path'), 5) AS INTEGER) FROM runs WHERE deleted = 0 AND "
                           "json_extract(spec, '$.",
                           field, ".path') LIKE 'run:%'"));
            while (statement.executeStep()) {
                auto& [run, origin] = pairs.emplace_back();
                readColumns(statement, run, origin);
            }
        }
        return pairs;
    });
}

Result<std::vector<RunId>> RunStore::queue() const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<RunId>> {
        const char* order =
            schemaVersion(db) >= kNoteSchema ? "queue_position = 0, queue_position, id" : "id";
        SQLite::Statement statement(
            db,
            strCat("SELECT id FROM runs WHERE status = 'queued' AND deleted = 0 ORDER BY ", order));
        std::vector<RunId> runs;
        while (statement.executeStep()) readColumns(statement, runs.emplace_back());
        return runs;
    });
}

Result<std::vector<StudyRow>> RunStore::studies() const {
    return m_implementation->parts<StudyRow>(
        SealedPart::Study, kStudySchema,
        "SELECT id, name, spec_sha256, created_ms, spec FROM studies ORDER BY id DESC",
        [&](SQLite::Statement& statement, StudyRow& row) -> Status {
            readColumns(statement, row.id, row.name, row.specSha256, row.createdMs);
            SKD_TRY(row.spec,
                    located(parseJson(statement.getColumn(4).getString()),
                            strCat(m_implementation->file.string(), ", study ", row.id.value())));
            return {};
        });
}

Result<StudyRow> RunStore::study(StudyId id) const {
    SKD_TRY(std::vector<StudyRow> all, studies());
    for (StudyRow& study : all)
        if (study.id == id) return std::move(study);
    return fail(ErrorCode::NotFound,
                strCat("there is no study ", id.value(), " in ", m_implementation->file.string()));
}

Result<std::vector<RunDetails>> RunStore::studyRuns(StudyId study) const {
    SKD_TRY(const std::vector<RunRow> rows, runs());
    std::vector<RunDetails> found;
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
        if (row->study != study || row->deleted) continue;
        SKD_TRY(RunDetails one, details(row->id));
        found.push_back(std::move(one));
    }
    return found;
}

Result<std::vector<std::string>> RunStore::metricNames(RunId run) const {
    return m_implementation->rowsOfRun<std::string>(
        SealedPart::Metrics, 1, kSelectMetricNames, run,
        [](SQLite::Statement& statement, std::string& name) { readColumns(statement, name); });
}

Result<Series> RunStore::series(RunId run, const std::string& metric) const {
    return m_implementation->readSealed(
        SealedPart::Metrics, run.value(), [&](SQLite::Database& db) -> Result<Series> {
            SQLite::Statement statement = query(db, kSelectSeries, run, metric);
            Series series;
            while (statement.executeStep())
                readColumns(statement, series.steps.emplace_back(), series.values.emplace_back());
            return series;
        });
}

Result<std::vector<MetricRow>> RunStore::metrics(RunId run) const {
    return m_implementation->rowsOfRun<MetricRow>(SealedPart::Metrics, 1, kSelectMetrics, run,
                                                  [](SQLite::Statement& statement, MetricRow& row) {
                                                      readColumns(statement, row.name, row.step,
                                                                  row.value, row.timeMs);
                                                  });
}

Result<std::vector<EventRow>> RunStore::events(RunId run) const {
    return m_implementation->rowsOfRun<EventRow>(
        SealedPart::Events, 1, kSelectEvents, run,
        [&](SQLite::Statement& statement, EventRow& row) -> Status {
            readColumns(statement, row.timeMs, row.kind);
            SKD_TRY(row.data,
                    m_implementation->document(statement.getColumn(2), "run", run.value()));
            return {};
        });
}

Result<std::vector<RankRow>> RunStore::ranks(RunId run) const {
    return m_implementation->rowsOfRun<RankRow>(SealedPart::Events, 1, kSelectRanks, run,
                                                [](SQLite::Statement& statement, RankRow& row) {
                                                    readColumns(statement, row.matrix, row.rank);
                                                });
}

Result<std::vector<AnnotationRow>> RunStore::annotations(RunId run) const {
    return m_implementation->rowsOfRun<AnnotationRow>(
        SealedPart::Run, kNoteSchema, kSelectAnnotations, run,
        [](SQLite::Statement& statement, AnnotationRow& row) {
            readColumns(statement, row.id, row.run, row.metric, row.step, row.text, row.createdMs);
        });
}

Status RunStore::verify(RunId run) const {
    return m_implementation->read(
        [&](SQLite::Database& db) { return m_implementation->isSealed.run(db, run); });
}

Result<std::vector<MeasurementRow>> RunStore::measurements(const std::string& kind,
                                                           bool documents) const {
    return m_implementation->measurements("kind", kind, documents);
}

Result<MeasurementRow> RunStore::measurement(MeasurementId id) const {
    SKD_TRY(const int schema, m_implementation->read([](SQLite::Database& db) -> Result<int> {
        return schemaVersion(db);
    }));
    if (schema < kNoteSchema)
        return fail(ErrorCode::NotFound,
                    "this workspace is of a version that kept no measurements");
    SKD_TRY(std::vector<MeasurementRow> found, m_implementation->measurements("id", id, true));
    if (found.empty())
        return fail(ErrorCode::NotFound, strCat("there is no measurement ", id.value()));
    return std::move(found.front());
}

Result<std::vector<ViewRow>> RunStore::views() const {
    return m_implementation->parts<ViewRow>(
        SealedPart::View, kNoteSchema,
        "SELECT id, position, name, page, created_ms, document FROM views ORDER BY position, id",
        [&](SQLite::Statement& statement, ViewRow& row) -> Status {
            readColumns(statement, row.id, row.position, row.name, row.page, row.createdMs);
            SKD_TRY(row.document,
                    m_implementation->document(statement.getColumn(5), "view", row.id.value()));
            return {};
        });
}

Result<AnalysisPtr> RunStore::analysis(RunId run) const {
    return m_implementation->analysis("WHERE id = ?",
                                      strCat("run ", run.value(), " has no analysis"), run);
}

Result<AnalysisPtr> RunStore::latestAnalysis() const {
    return m_implementation->analysis(
        "WHERE deleted = 0 AND analysis_id IS NOT NULL ORDER BY id DESC LIMIT 1",
        "no run has an analysis yet");
}

}  // namespace skd
