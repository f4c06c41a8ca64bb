#include "exchange/run_copy.h"

#include "base/text.h"

namespace skd {
namespace {

constexpr const char* kRunColumns =
    "name, model, method, status, seed, target, created_ms, started_ms, finished_ms, dense_ppl, "
    "post_prune_ppl, post_kd_ppl, mlp_removed, parameters_removed, stop_reason, error, notes, "
    "deleted, spec, spec_sha256, environment, summary, variant, parent_run, parent_step, tags, "
    "color";

/// Runs `insert` with the `leading` values and then all columns of the row that `select` stands on.
template <class... Values>
void copyRow(SQLite::Statement& select, SQLite::Statement& insert, const Values&... leading) {
    int index = 0;
    (bindOne(insert, ++index, leading), ...);
    for (int i = 0; i < select.getColumnCount(); ++i) bindOne(insert, ++index, select.getColumn(i));
    insert.exec();
    insert.reset();
}

}  // namespace

std::int64_t RunCopier::copy(std::int64_t run, std::optional<std::int64_t> id) {
    SQLite::Statement select =
        query(m_from, strCat("SELECT ", kRunColumns, " FROM runs WHERE id = ?"), run);
    if (!select.executeStep()) return 0;
    SQLite::Statement insert(
        m_to, strCat("INSERT INTO runs(id, analysis_id, study_id, ", kRunColumns, ") VALUES(",
                     placeholders(select.getColumnCount() + 3u), ")"));
    copyRow(select, insert, id, analysis(run), study(run));
    const std::int64_t copy = m_to.getLastInsertRowid();
    m_numbers[run] = copy;
    m_copies.push_back(copy);
    copyMetrics(run, copy);
    copyRows("events", "time_ms, step, kind, data", "id", run, copy);
    copyRows("ranks", "position, matrix, rank", "position", run, copy);
    copyRows("annotations", "metric, step, text, created_ms", "id", run, copy);
    return copy;
}

void RunCopier::linkParents() {
    for (const std::int64_t copy : m_copies) {
        const auto parent = findNumber(m_to, "SELECT parent_run FROM runs WHERE id = ?", copy);
        const auto here = m_numbers.find(parent.value_or(0));
        execute(m_to, "UPDATE runs SET parent_run = ? WHERE id = ?",
                here != m_numbers.end() ? here->second : std::int64_t{0}, copy);
    }
}

void RunCopier::copyRows(const char* table, const char* columns, const char* order,
                         std::int64_t run, std::int64_t copy) {
    SQLite::Statement select = query(
        m_from, strCat("SELECT ", columns, " FROM ", table, " WHERE run_id = ? ORDER BY ", order),
        run);
    SQLite::Statement insert(m_to, strCat("INSERT INTO ", table, "(run_id, ", columns, ") VALUES(",
                                          placeholders(select.getColumnCount() + 1u), ")"));
    while (select.executeStep()) copyRow(select, insert, copy);
}

void RunCopier::copyMetrics(std::int64_t run, std::int64_t copy) {
    SQLite::Statement select =
        query(m_from,
              "SELECT coalesce(name, 'metric ' || name_id), step, value, time_ms FROM metrics LEFT "
              "JOIN metric_names ON metric_names.id = name_id WHERE run_id = ?",
              run);
    SQLite::Statement addName(m_to, "INSERT OR IGNORE INTO metric_names(name) VALUES(?)");
    SQLite::Statement insert(m_to,
                             "INSERT INTO metrics(run_id, name_id, step, value, time_ms) VALUES(?, "
                             "(SELECT id FROM metric_names WHERE name = ?), ?, ?, ?)");
    std::optional<std::string> name;
    while (select.executeStep()) {
        // Values of one name follow each other.
        if (std::string next = select.getColumn(0).getString(); name != next)
            execute(addName, name.emplace(std::move(next)));
        copyRow(select, insert, copy);
    }
}

std::optional<std::int64_t> RunCopier::analysis(std::int64_t run) {
    SQLite::Statement row =
        query(m_from,
              "SELECT analyses.sha256, analyses.created_ms, document, blobs.sha256, data FROM runs "
              "JOIN analyses ON analyses.id = analysis_id JOIN blobs ON blobs.id = blob_id WHERE "
              "runs.id = ?",
              run);
    if (!row.executeStep()) return {};
    execute(m_to, "INSERT OR IGNORE INTO blobs(sha256, data) VALUES(?, ?)", row.getColumn(3),
            row.getColumn(4));
    execute(m_to,
            "INSERT OR IGNORE INTO analyses(sha256, created_ms, document, blob_id) VALUES(?, ?, ?, "
            "(SELECT id FROM blobs WHERE sha256 = ?))",
            row.getColumn(0), row.getColumn(1), row.getColumn(2), row.getColumn(3));
    return findNumber(m_to, "SELECT id FROM analyses WHERE sha256 = ?", row.getColumn(0));
}

std::optional<std::int64_t> RunCopier::study(std::int64_t run) {
    SQLite::Statement row = query(
        m_from,
        "SELECT studies.name, studies.spec, studies.spec_sha256, studies.created_ms FROM runs JOIN "
        "studies ON studies.id = study_id WHERE runs.id = ?",
        run);
    if (!row.executeStep()) return {};
    execute(m_to,
            "INSERT OR IGNORE INTO studies(name, spec, spec_sha256, created_ms) VALUES(?, ?, ?, ?)",
            row.getColumn(0), row.getColumn(1), row.getColumn(2), row.getColumn(3));
    return findNumber(m_to, "SELECT id FROM studies WHERE name = ? AND spec_sha256 = ?",
                      row.getColumn(0), row.getColumn(2));
}

}  // namespace skd
