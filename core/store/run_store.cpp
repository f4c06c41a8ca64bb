#include "store/run_store.h"

#include <utility>

#include "base/text.h"
#include "spec/run_spec.h"
#include "store/analysis_codec.h"
#include "store/database.h"
#include "store/lost_runs.h"
#include "store/migrations.h"
#include "store/schema_check.h"

namespace skd {
namespace {

/// Schema that brought studies and lineage.
inline constexpr int kStudySchema = 2;
/// Schema that brought what users add: tags, colours, annotations, measurements, views.
inline constexpr int kNoteSchema = 3;

/// Column of the first of selectRuns' `details`.
inline constexpr int kFirstDetailColumn = 26;

/// SQL of a run's last value of a metric: a run that continues, or was cut off, shows what it has
/// measured so far.
std::string lastValue(const char* metric) {
    return strCat(
        "(SELECT value FROM metrics WHERE run_id = runs.id AND name_id = (SELECT id FROM "
        "metric_names WHERE name = '",
        metric, "') ORDER BY step DESC LIMIT 1)");
}

/// Tags that cannot be read are none: they are not worth losing the run over.
std::vector<std::string> tagsOf(const std::string& json) {
    const auto parsed = parseJson(json);
    std::vector<std::string> tags;
    if (!parsed || !parsed->is_array()) return tags;
    for (const Json& tag : *parsed)
        if (tag.is_string()) tags.push_back(tag.get<std::string>());
    return tags;
}

/// SELECT of what readRunRow reads, then of the `details` that follow, with `condition` at its end.
/// A file of an older schema has no studies, or no tags and colours.
std::string selectRuns(int schema, const char* details, const char* condition) {
    const char* membership =
        schema >= kStudySchema
            ? ", coalesce(study_id, 0), coalesce((SELECT name FROM studies "
              "WHERE studies.id = study_id), ''), variant, parent_run, parent_step"
            : ", 0, '', '', 0, 0";
    const char* notes = schema >= kNoteSchema ? ", tags, color" : ", '[]', ''";
    return strCat(
        "SELECT id, name, model, method, status, seed, created_ms, started_ms, finished_ms, "
        "target, coalesce(dense_ppl, ",
        lastValue("ppl.dense"), "), coalesce(post_prune_ppl, ", lastValue("ppl.post_prune"),
        "), coalesce(post_kd_ppl, ", lastValue("ppl.post_kd"),
        "), mlp_removed, parameters_removed, stop_reason, error, notes, deleted", membership, notes,
        details, " FROM runs ", condition);
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

struct RunStore::Implementation {
    std::filesystem::path file;
    std::unique_ptr<SQLite::Database> database;
    std::int64_t cachedId = 0;  ///< analysis last read: runs of one model share it
    AnalysisPtr cached;

    template <class Body>
    auto read(const Body& body) -> decltype(body(*database)) {
        return catchingSqlite("cannot read", file, [&] { return body(*database); });
    }

    /// Every row of a query with these parameters; `take(statement, row)` fills one and may
    /// return a Status. None in a file
    /// of a schema before `since`.
    template <class Row, class Take, class... Values>
    Result<std::vector<Row>> rows(int since, const std::string& sql, const Take& take,
                                  const Values&... values) {
        return read([&](SQLite::Database& db) -> Result<std::vector<Row>> {
            std::vector<Row> out;
            if (schemaVersion(db) < since) return out;
            SQLite::Statement statement = query(db, sql, values...);
            while (statement.executeStep())
                if constexpr (std::is_void_v<decltype(take(statement, out.back()))>)
                    take(statement, out.emplace_back());
                else
                    SKD_CHECK(take(statement, out.emplace_back()));
            return out;
        });
    }

    /// JSON of a row of `what`; the error names both.
    Result<Json> document(const SQLite::Column& column, const char* what, std::int64_t id) const {
        return located(parseJson(column.getString()),
                       strCat(file.string(), ", ", what, " ", id, ", ", column.getName()));
    }

    /// The analysis of the first run for which `condition` holds; `none` says that there is none.
    template <class... Values>
    Result<AnalysisPtr> analysis(const char* condition, const std::string& none,
                                 const Values&... values) {
        return read([&](SQLite::Database& db) -> Result<AnalysisPtr> {
            SQLite::Statement statement = query(
                db,
                strCat("SELECT analyses.id, document, data FROM runs JOIN analyses ON analyses.id "
                       "= analysis_id JOIN blobs ON blobs.id = blob_id ",
                       condition),
                values...);
            if (!statement.executeStep()) return fail(ErrorCode::NotFound, none);
            return load(statement.getColumn(0).getInt64(), statement);
        });
    }

    /// Measurements whose `column` is `value`, newest first.
    template <class Value>
    Result<std::vector<MeasurementRow>> measurements(const char* column, const Value& value,
                                                     bool documents) {
        return rows<MeasurementRow>(
            kNoteSchema,
            strCat("SELECT id, kind, title, created_ms, ", documents ? "document" : "'null'",
                   " FROM measurements WHERE ", column, " = ? ORDER BY id DESC"),
            [&](SQLite::Statement& statement, MeasurementRow& row) -> Status {
                readColumns(statement, row.id, row.kind, row.title, row.createdMs);
                SKD_TRY(row.document,
                        document(statement.getColumn(4), "measurement", row.id.value()));
                return {};
            },
            value);
    }

    Result<AnalysisPtr> load(std::int64_t id, SQLite::Statement& statement) {
        if (cached && cachedId == id) return cached;
        const SQLite::Column blob = statement.getColumn(2);
        const std::string_view bytes(static_cast<const char*>(blob.getBlob()),
                                     static_cast<std::size_t>(blob.getBytes()));
        SKD_TRY(cached, located(decodeAnalysis(statement.getColumn(1).getString(), bytes),
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
    store->m_implementation = std::make_unique<Implementation>();
    store->m_implementation->file = workspace;
    store->m_implementation->database = std::move(database);
    return store;
}

Result<std::vector<RunRow>> RunStore::runs(bool includeDeleted) const {
    const auto readAll = [&](SQLite::Database& db) -> Result<std::vector<RunRow>> {
        SQLite::Statement statement =
            query(db, selectRuns(schemaVersion(db), "", "WHERE deleted <= ? ORDER BY id DESC"),
                  includeDeleted ? 1 : 0);
        std::vector<RunRow> rows;
        while (statement.executeStep()) rows.push_back(readRunRow(statement));
        return rows;
    };
    return withoutLostRuns(m_implementation->file, [&] { return m_implementation->read(readAll); });
}

Result<RunDetails> RunStore::details(RunId run) const {
    const auto readOne = [&](SQLite::Database& db) -> Result<RunDetails> {
        SQLite::Statement statement =
            query(db,
                  selectRuns(schemaVersion(db), ", spec, environment, summary, spec_sha256",
                             "WHERE id = ?"),
                  run);
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
    return m_implementation->rows<StudyRow>(
        kStudySchema,
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
        if (row->study != study) continue;
        SKD_TRY(RunDetails one, details(row->id));
        found.push_back(std::move(one));
    }
    return found;
}

Result<std::vector<std::string>> RunStore::metricNames(RunId run) const {
    return m_implementation->rows<std::string>(
        1,
        "SELECT name FROM metric_names WHERE EXISTS(SELECT 1 FROM metrics WHERE run_id = ? AND "
        "name_id = metric_names.id) ORDER BY name",
        [](SQLite::Statement& statement, std::string& name) { readColumns(statement, name); }, run);
}

Result<Series> RunStore::series(RunId run, const std::string& metric) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<Series> {
        SQLite::Statement statement =
            query(db,
                  "SELECT step, value FROM metrics WHERE run_id = ? AND name_id = "
                  "(SELECT id FROM metric_names WHERE name = ?) ORDER BY step",
                  run, metric);
        Series series;
        while (statement.executeStep())
            readColumns(statement, series.steps.emplace_back(), series.values.emplace_back());
        return series;
    });
}

Result<std::vector<MetricRow>> RunStore::metrics(RunId run) const {
    return m_implementation->rows<MetricRow>(
        1,
        "SELECT name, step, value, time_ms FROM metrics JOIN metric_names ON metric_names.id = "
        "name_id WHERE run_id = ? ORDER BY name, step",
        [](SQLite::Statement& statement, MetricRow& row) {
            readColumns(statement, row.name, row.step, row.value, row.timeMs);
        },
        run);
}

Result<std::vector<EventRow>> RunStore::events(RunId run) const {
    return m_implementation->rows<EventRow>(
        1, "SELECT time_ms, kind, data FROM events WHERE run_id = ? ORDER BY id",
        [&](SQLite::Statement& statement, EventRow& row) -> Status {
            readColumns(statement, row.timeMs, row.kind);
            SKD_TRY(row.data,
                    m_implementation->document(statement.getColumn(2), "run", run.value()));
            return {};
        },
        run);
}

Result<std::vector<RankRow>> RunStore::ranks(RunId run) const {
    return m_implementation->rows<RankRow>(
        1, "SELECT matrix, rank FROM ranks WHERE run_id = ? ORDER BY position",
        [](SQLite::Statement& statement, RankRow& row) {
            readColumns(statement, row.matrix, row.rank);
        },
        run);
}

Result<std::vector<AnnotationRow>> RunStore::annotations(RunId run) const {
    return m_implementation->rows<AnnotationRow>(
        kNoteSchema,
        "SELECT id, run_id, metric, step, text, created_ms FROM annotations WHERE run_id = ? ORDER "
        "BY step, id",
        [](SQLite::Statement& statement, AnnotationRow& row) {
            readColumns(statement, row.id, row.run, row.metric, row.step, row.text, row.createdMs);
        },
        run);
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
    return m_implementation->rows<ViewRow>(
        kNoteSchema,
        "SELECT id, position, name, page, created_ms, document FROM views ORDER BY position, id",
        [&](SQLite::Statement& statement, ViewRow& row) -> Status {
            readColumns(statement, row.id, row.position, row.name, row.page, row.createdMs);
            SKD_TRY(row.document,
                    m_implementation->document(statement.getColumn(5), "view", row.id.value()));
            return {};
        });
}

Result<AnalysisPtr> RunStore::analysis(RunId run) const {
    return m_implementation->analysis("WHERE runs.id = ?",
                                      strCat("run ", run.value(), " has no analysis"), run);
}

Result<AnalysisPtr> RunStore::latestAnalysis() const {
    return m_implementation->analysis("WHERE deleted = 0 ORDER BY runs.id DESC LIMIT 1",
                                      "no run has an analysis yet");
}

}  // namespace skd
