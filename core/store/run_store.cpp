#include "store/run_store.h"

#include <utility>

#include "base/text.h"
#include "store/analysis_codec.h"
#include "store/database.h"
#include "store/migrations.h"
#include "store/run_query.h"

namespace skd {
namespace {

std::string selectAnalysis(const char* condition) {
    return strCat(
        "SELECT analyses.id, document, data FROM runs JOIN analyses ON analyses.id = analysis_id "
        "JOIN blobs ON blobs.id = blob_id ",
        condition);
}

/// Refuses a file this program does not know how to read.
Status checkSchema(SQLite::Database& database, const std::filesystem::path& workspace) {
    SKD_CHECK(checkIdentity(database, workspace));
    const int version = schemaVersion(database);
    const int newest = schemaMigrations().back().version;
    if (version > newest)
        return fail(
            ErrorCode::Newer,
            strCat(workspace.string(), " was written by a newer version of this program (schema ",
                   version, ", this one knows ", newest, "); update the program"));
    if (version < 1)
        return fail(ErrorCode::Unsupported,
                    strCat(workspace.string(), " has schema ", version, ", older than ", newest,
                           "; open it once for writing to bring it up to date"));
    return {};
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

    /// Every row of a query about one run, through `take(statement)`.
    template <class Row, class Take>
    Result<std::vector<Row>> rows(RunId run, const char* sql, const Take& take) {
        return read([&](SQLite::Database& db) -> Result<std::vector<Row>> {
            SQLite::Statement statement(db, sql);
            statement.bind(1, run.value());
            std::vector<Row> out;
            while (statement.executeStep()) {
                SKD_TRY(Row row, take(statement));
                out.push_back(std::move(row));
            }
            return out;
        });
    }

    Result<Json> json(const SQLite::Column& column, RunId run) const {
        return document(column, "run", run.value());
    }

    /// JSON of a row of `what`; the error names both.
    Result<Json> document(const SQLite::Column& column, const char* what, std::int64_t id) const {
        auto parsed = parseJson(column.getString());
        if (parsed) return parsed;
        return fail(
            parsed.error().in(strCat(file.string(), ", ", what, " ", id, ", ", column.getName())));
    }

    /// The analysis that `sql` (with the run as its parameter, if any) points to.
    Result<AnalysisPtr> analysis(const std::string& sql, const RunId* run) {
        return read([&](SQLite::Database& db) -> Result<AnalysisPtr> {
            SQLite::Statement statement(db, sql);
            if (run != nullptr) statement.bind(1, run->value());
            if (!statement.executeStep())
                return fail(ErrorCode::NotFound,
                            run != nullptr ? strCat("run ", run->value(), " has no analysis")
                                           : std::string("no run has an analysis yet"));
            return load(statement.getColumn(0).getInt64(), statement);
        });
    }

    Result<AnalysisPtr> load(std::int64_t id, SQLite::Statement& statement) {
        if (cached && cachedId == id) return cached;
        const SQLite::Column blob = statement.getColumn(2);
        const std::string_view bytes(static_cast<const char*>(blob.getBlob()),
                                     static_cast<std::size_t>(blob.getBytes()));
        auto decoded = decodeAnalysis(statement.getColumn(1).getString(), bytes);
        if (!decoded) return fail(decoded.error().in(strCat(file.string(), ", analysis ", id)));
        cachedId = id;
        cached = *decoded;
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
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<RunRow>> {
        SQLite::Statement statement(
            db, selectRuns(schemaVersion(db), "", "WHERE deleted <= ? ORDER BY id DESC"));
        statement.bind(1, includeDeleted ? 1 : 0);
        std::vector<RunRow> rows;
        while (statement.executeStep()) rows.push_back(readRunRow(statement));
        return rows;
    });
}

Result<RunDetails> RunStore::details(RunId run) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<RunDetails> {
        SQLite::Statement statement(
            db, selectRuns(schemaVersion(db), ", spec, environment, summary, spec_sha256",
                           "WHERE id = ?"));
        statement.bind(1, run.value());
        if (!statement.executeStep())
            return fail(ErrorCode::NotFound, strCat("there is no run ", run.value(), " in ",
                                                    m_implementation->file.string()));
        RunDetails details;
        details.row = readRunRow(statement);
        SKD_TRY(details.spec, m_implementation->json(statement.getColumn(kFirstDetailColumn), run));
        SKD_TRY(details.environment,
                m_implementation->json(statement.getColumn(kFirstDetailColumn + 1), run));
        SKD_TRY(const Json summary,
                m_implementation->json(statement.getColumn(kFirstDetailColumn + 2), run));
        details.summary = readRunSummary(summary);
        details.specSha256 = statement.getColumn(kFirstDetailColumn + 3).getString();
        return details;
    });
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
            while (statement.executeStep())
                pairs.emplace_back(statement.getColumn(0).getInt64(),
                                   statement.getColumn(1).getInt64());
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
        while (statement.executeStep()) runs.push_back(RunId(statement.getColumn(0).getInt64()));
        return runs;
    });
}

namespace {

Result<StudyRow> readStudy(SQLite::Statement& row, const std::filesystem::path& file) {
    StudyRow study;
    study.id = StudyId(row.getColumn(0).getInt64());
    study.name = row.getColumn(1).getString();
    auto spec = parseJson(row.getColumn(2).getString());
    if (!spec) return fail(spec.error().in(strCat(file.string(), ", study ", study.id.value())));
    study.spec = std::move(*spec);
    study.specSha256 = row.getColumn(3).getString();
    study.createdMs = row.getColumn(4).getInt64();
    return study;
}

}  // namespace

Result<std::vector<StudyRow>> RunStore::studies() const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<StudyRow>> {
        std::vector<StudyRow> studies;
        if (schemaVersion(db) < kStudySchema) return studies;
        SQLite::Statement statement(
            db, "SELECT id, name, spec, spec_sha256, created_ms FROM studies ORDER BY id DESC");
        while (statement.executeStep()) {
            SKD_TRY(StudyRow study, readStudy(statement, m_implementation->file));
            studies.push_back(std::move(study));
        }
        return studies;
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
        run,
        "SELECT name FROM metric_names WHERE EXISTS(SELECT 1 FROM metrics WHERE run_id = ? AND "
        "name_id = metric_names.id) "
        "ORDER BY name",
        [](SQLite::Statement& row) -> Result<std::string> { return row.getColumn(0).getString(); });
}

Result<Series> RunStore::series(RunId run, const std::string& metric) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<Series> {
        SQLite::Statement statement(
            db,
            "SELECT step, value FROM metrics WHERE run_id = ? AND name_id = "
            "(SELECT id FROM metric_names WHERE name = ?) ORDER BY step");
        statement.bind(1, run.value());
        statement.bind(2, metric);
        Series series;
        while (statement.executeStep()) {
            series.steps.push_back(static_cast<double>(statement.getColumn(0).getInt64()));
            series.values.push_back(numberAt(statement.getColumn(1)));
        }
        return series;
    });
}

Result<std::vector<MetricRow>> RunStore::metrics(RunId run) const {
    return m_implementation->rows<MetricRow>(
        run,
        "SELECT name, step, value, time_ms FROM metrics JOIN metric_names ON metric_names.id = "
        "name_id WHERE run_id = ? ORDER BY name, step",
        [](SQLite::Statement& row) -> Result<MetricRow> {
            return MetricRow{row.getColumn(0).getString(), row.getColumn(1).getInt64(),
                             numberAt(row.getColumn(2)), row.getColumn(3).getInt64()};
        });
}

Result<std::vector<EventRow>> RunStore::events(RunId run) const {
    return m_implementation->rows<EventRow>(
        run, "SELECT time_ms, kind, data FROM events WHERE run_id = ? ORDER BY id",
        [&](SQLite::Statement& row) -> Result<EventRow> {
            SKD_TRY(Json data, m_implementation->json(row.getColumn(2), run));
            return EventRow{row.getColumn(0).getInt64(), row.getColumn(1).getString(),
                            std::move(data)};
        });
}

Result<std::vector<RankRow>> RunStore::ranks(RunId run) const {
    return m_implementation->rows<RankRow>(
        run, "SELECT matrix, rank FROM ranks WHERE run_id = ? ORDER BY position",
        [](SQLite::Statement& row) -> Result<RankRow> {
            return RankRow{row.getColumn(0).getString(), row.getColumn(1).getInt64()};
        });
}

Result<std::vector<AnnotationRow>> RunStore::annotations(RunId run) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<AnnotationRow>> {
        std::vector<AnnotationRow> rows;
        if (schemaVersion(db) < kNoteSchema) return rows;
        SQLite::Statement row(db,
                              "SELECT id, metric, step, text, created_ms FROM annotations WHERE "
                              "run_id = ? ORDER BY step, id");
        row.bind(1, run.value());
        while (row.executeStep())
            rows.push_back({AnnotationId(row.getColumn(0).getInt64()), run,
                            row.getColumn(1).getString(), row.getColumn(2).getInt64(),
                            row.getColumn(3).getString(), row.getColumn(4).getInt64()});
        return rows;
    });
}

Result<std::vector<MeasurementRow>> RunStore::measurements(const std::string& kind,
                                                           bool documents) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<MeasurementRow>> {
        std::vector<MeasurementRow> rows;
        if (schemaVersion(db) < kNoteSchema) return rows;
        SQLite::Statement row(
            db, strCat("SELECT id, title, created_ms, ", documents ? "document" : "'null'",
                       " FROM measurements WHERE kind = ? ORDER BY id DESC"));
        row.bind(1, kind);
        while (row.executeStep()) {
            SKD_TRY(Json document, m_implementation->document(row.getColumn(3), "measurement",
                                                              row.getColumn(0).getInt64()));
            rows.push_back({MeasurementId(row.getColumn(0).getInt64()), kind,
                            row.getColumn(1).getString(), row.getColumn(2).getInt64(),
                            std::move(document)});
        }
        return rows;
    });
}

Result<MeasurementRow> RunStore::measurement(MeasurementId id) const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<MeasurementRow> {
        if (schemaVersion(db) < kNoteSchema)
            return fail(ErrorCode::NotFound,
                        "this workspace is of a version that kept no measurements");
        SQLite::Statement row(
            db, "SELECT kind, title, created_ms, document FROM measurements WHERE id = ?");
        row.bind(1, id.value());
        if (!row.executeStep())
            return fail(ErrorCode::NotFound, strCat("there is no measurement ", id.value()));
        SKD_TRY(Json document,
                m_implementation->document(row.getColumn(3), "measurement", id.value()));
        return MeasurementRow{id, row.getColumn(0).getString(), row.getColumn(1).getString(),
                              row.getColumn(2).getInt64(), std::move(document)};
    });
}

Result<std::vector<ViewRow>> RunStore::views() const {
    return m_implementation->read([&](SQLite::Database& db) -> Result<std::vector<ViewRow>> {
        std::vector<ViewRow> rows;
        if (schemaVersion(db) < kNoteSchema) return rows;
        SQLite::Statement row(db,
                              "SELECT id, position, name, page, document, created_ms FROM views "
                              "ORDER BY position, id");
        while (row.executeStep()) {
            SKD_TRY(Json document, m_implementation->document(row.getColumn(4), "view",
                                                              row.getColumn(0).getInt64()));
            rows.push_back({ViewId(row.getColumn(0).getInt64()), row.getColumn(1).getInt64(),
                            row.getColumn(2).getString(), row.getColumn(3).getString(),
                            std::move(document), row.getColumn(5).getInt64()});
        }
        return rows;
    });
}

Result<AnalysisPtr> RunStore::analysis(RunId run) const {
    return m_implementation->analysis(selectAnalysis("WHERE runs.id = ?"), &run);
}

Result<AnalysisPtr> RunStore::latestAnalysis() const {
    return m_implementation->analysis(
        selectAnalysis("WHERE deleted = 0 ORDER BY runs.id DESC LIMIT 1"), nullptr);
}

}  // namespace skd
