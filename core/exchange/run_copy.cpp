#include "exchange/run_copy.h"

#include "base/text.h"

namespace skd {
namespace {

constexpr const char* kRunColumns =
    "name, model, method, status, seed, target, created_ms, started_ms, finished_ms, dense_ppl, "
    "post_prune_ppl, post_kd_ppl, mlp_removed, parameters_removed, stop_reason, error, notes, "
    "deleted, "
    "spec, spec_sha256, environment, summary, variant, parent_run, parent_step, tags, color";
constexpr int kRunColumnCount = 27;

std::string placeholders(int count) {
    std::string text = "?";
    for (int i = 1; i < count; ++i) text += ", ?";
    return text;
}

void bindColumn(SQLite::Statement& statement, int index, const SQLite::Column& column) {
    if (column.isNull())
        statement.bind(index);
    else if (column.isInteger())
        statement.bind(index, static_cast<std::int64_t>(column.getInt64()));
    else if (column.isFloat())
        statement.bind(index, column.getDouble());
    else if (column.isBlob())
        statement.bind(index, column.getBlob(), column.getBytes());
    else
        statement.bind(index, column.getString());
}

void bindOptional(SQLite::Statement& statement, int index,
                  const std::optional<std::int64_t>& value) {
    if (value)
        statement.bind(index, *value);
    else
        statement.bind(index);
}

/// Rows that `select` (with `run` as its parameter) finds, through `insert`, whose first parameter
/// is `copy`.
void copyRows(SQLite::Statement& select, SQLite::Statement& insert, std::int64_t run,
              std::int64_t copy) {
    select.bind(1, run);
    while (select.executeStep()) {
        insert.bind(1, copy);
        for (int i = 0; i < select.getColumnCount(); ++i)
            bindColumn(insert, i + 2, select.getColumn(i));
        insert.exec();
        insert.reset();
    }
}

}  // namespace

std::int64_t RunCopier::copy(std::int64_t run, std::optional<std::int64_t> id) {
    SQLite::Statement select(m_from, strCat("SELECT ", kRunColumns, " FROM runs WHERE id = ?"));
    select.bind(1, run);
    if (!select.executeStep()) return 0;
    SQLite::Statement insert(
        m_to, strCat("INSERT INTO runs(id, analysis_id, study_id, ", kRunColumns, ") VALUES(",
                     placeholders(kRunColumnCount + 3), ")"));
    bindOptional(insert, 1, id);
    bindOptional(insert, 2, analysis(run));
    bindOptional(insert, 3, study(run));
    for (int i = 0; i < kRunColumnCount; ++i) bindColumn(insert, i + 4, select.getColumn(i));
    insert.exec();
    const std::int64_t copy = m_to.getLastInsertRowid();
    m_copies[run] = copy;
    copyMetrics(run, copy);
    SQLite::Statement events(
        m_from, "SELECT time_ms, step, kind, data FROM events WHERE run_id = ? ORDER BY id");
    SQLite::Statement newEvent(
        m_to, "INSERT INTO events(run_id, time_ms, step, kind, data) VALUES(?, ?, ?, ?, ?)");
    copyRows(events, newEvent, run, copy);
    SQLite::Statement ranks(
        m_from, "SELECT position, matrix, rank FROM ranks WHERE run_id = ? ORDER BY position");
    SQLite::Statement newRank(
        m_to, "INSERT INTO ranks(run_id, position, matrix, rank) VALUES(?, ?, ?, ?)");
    copyRows(ranks, newRank, run, copy);
    SQLite::Statement remarks(
        m_from,
        "SELECT metric, step, text, created_ms FROM annotations WHERE run_id = ? ORDER BY id");
    SQLite::Statement newRemark(
        m_to,
        "INSERT INTO annotations(run_id, metric, step, text, created_ms) VALUES(?, ?, ?, ?, ?)");
    copyRows(remarks, newRemark, run, copy);
    return copy;
}

void RunCopier::linkParents() {
    for (const auto& [run, copy] : m_copies) {
        SQLite::Statement find(m_to, "SELECT parent_run FROM runs WHERE id = ?");
        find.bind(1, copy);
        if (!find.executeStep()) continue;
        const std::int64_t parent = find.getColumn(0).getInt64();
        const auto copied = m_copies.find(parent), known = m_known.find(parent);
        SQLite::Statement update(m_to, "UPDATE runs SET parent_run = ? WHERE id = ?");
        update.bind(1, copied != m_copies.end() ? copied->second
                       : known != m_known.end() ? known->second
                                                : std::int64_t{0});
        update.bind(2, copy);
        update.exec();
    }
}

void RunCopier::copyMetrics(std::int64_t run, std::int64_t copy) {
    SQLite::Statement select(m_from,
                             "SELECT name_id, step, value, time_ms FROM metrics WHERE run_id = ?");
    select.bind(1, run);
    SQLite::Statement insert(
        m_to, "INSERT INTO metrics(run_id, name_id, step, value, time_ms) VALUES(?, ?, ?, ?, ?)");
    while (select.executeStep()) {
        insert.bind(1, copy);
        insert.bind(2, metricName(select.getColumn(0).getInt64()));
        for (int i = 1; i < 4; ++i) bindColumn(insert, i + 2, select.getColumn(i));
        insert.exec();
        insert.reset();
    }
}

std::int64_t RunCopier::metricName(std::int64_t id) {
    if (const auto known = m_names.find(id); known != m_names.end()) return known->second;
    SQLite::Statement select(m_from, "SELECT name FROM metric_names WHERE id = ?");
    select.bind(1, id);
    const std::string name =
        select.executeStep() ? select.getColumn(0).getString() : strCat("metric ", id);
    SQLite::Statement insert(m_to, "INSERT OR IGNORE INTO metric_names(name) VALUES(?)");
    insert.bind(1, name);
    insert.exec();
    SQLite::Statement find(m_to, "SELECT id FROM metric_names WHERE name = ?");
    find.bind(1, name);
    find.executeStep();
    return m_names[id] = find.getColumn(0).getInt64();
}

std::optional<std::int64_t> RunCopier::analysis(std::int64_t run) {
    SQLite::Statement select(m_from,
                             "SELECT analyses.sha256, analyses.created_ms, document, blobs.sha256, "
                             "data FROM runs JOIN analyses ON analyses.id = analysis_id "
                             "JOIN blobs ON blobs.id = blob_id WHERE runs.id = ?");
    select.bind(1, run);
    if (!select.executeStep()) return {};
    SQLite::Statement blob(m_to, "INSERT OR IGNORE INTO blobs(sha256, data) VALUES(?, ?)");
    bindColumn(blob, 1, select.getColumn(3));
    bindColumn(blob, 2, select.getColumn(4));
    blob.exec();
    SQLite::Statement insert(m_to,
                             "INSERT OR IGNORE INTO analyses(sha256, created_ms, document, "
                             "blob_id) VALUES(?, ?, ?, (SELECT id FROM blobs WHERE sha256 = ?))");
    for (int i = 0; i < 4; ++i) bindColumn(insert, i + 1, select.getColumn(i));
    insert.exec();
    SQLite::Statement find(m_to, "SELECT id FROM analyses WHERE sha256 = ?");
    bindColumn(find, 1, select.getColumn(0));
    return find.executeStep() ? std::optional<std::int64_t>(find.getColumn(0).getInt64())
                              : std::nullopt;
}

std::optional<std::int64_t> RunCopier::study(std::int64_t run) {
    SQLite::Statement select(
        m_from,
        "SELECT studies.name, studies.spec, studies.spec_sha256, studies.created_ms FROM runs JOIN "
        "studies ON studies.id = study_id WHERE runs.id = ?");
    select.bind(1, run);
    if (!select.executeStep()) return {};
    SQLite::Statement insert(
        m_to,
        "INSERT OR IGNORE INTO studies(name, spec, spec_sha256, created_ms) VALUES(?, ?, ?, ?)");
    for (int i = 0; i < 4; ++i) bindColumn(insert, i + 1, select.getColumn(i));
    insert.exec();
    SQLite::Statement find(m_to, "SELECT id FROM studies WHERE name = ? AND spec_sha256 = ?");
    bindColumn(find, 1, select.getColumn(0));
    bindColumn(find, 2, select.getColumn(2));
    return find.executeStep() ? std::optional<std::int64_t>(find.getColumn(0).getInt64())
                              : std::nullopt;
}

}  // namespace skd
