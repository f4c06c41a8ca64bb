#include "store/seal.h"

#include <sqlite3.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/run_queries.h"

namespace skd {
namespace {

/// In front of every digest. Another one where the statements return something else of the same
/// rows, after a change of theirs or of the schema: older digests then count as missing.
constexpr std::string_view kDigestVersion = "1-";

/// Values of rows, each with its type and length in front, so that no two sequences of rows have
/// the same bytes.
class RowDigest {
public:
    void add(SQLite::Statement& statement) {
        std::int64_t rows = 0;
        for (; statement.executeStep(); ++rows)
            for (int i = 0; i < statement.getColumnCount(); ++i) add(statement.getColumn(i));
        number('#', rows);
    }
    [[nodiscard]] std::string hex() {
        flush();
        return m_hash.hex();
    }

private:
    void add(const SQLite::Column& column) {
        if (column.isNull()) return number('0', 0);
        if (column.isInteger()) return number('i', column.getInt64());
        if (column.isFloat()) return number('f', column.getDouble());
        number(column.isBlob() ? 'b' : 't', static_cast<std::int64_t>(column.getBytes()));
        bytes(column.getBlob(), static_cast<std::size_t>(column.getBytes()));
    }
    template <class Number>
    void number(char type, const Number& value) {
        bytes(&type, 1);
        bytes(&value, sizeof value);
    }
    /// Collected first: a call of the hash for every value costs more than the value.
    void bytes(const void* data, std::size_t size) {
        if (size == 0) return;  // with null as its address, perhaps
        m_waiting.append(static_cast<const char*>(data), size);
        if (m_waiting.size() >= kBlock) flush();
    }
    void flush() {
        m_hash.update(m_waiting.data(), m_waiting.size());
        m_waiting.clear();
    }

    static constexpr std::size_t kBlock = 1 << 16;
    Xxh3 m_hash;
    std::string m_waiting;
};

template <class... Values>
void addQuery(RowDigest& digest, SQLite::Database& database, const std::string& sql,
              const Values&... values) {
    SQLite::Statement statement = query(database, sql, values...);
    digest.add(statement);
}

/// Rows by the same statements as the reader's; names and values of metrics lie in two tables and
/// are found by two ways.
void addRun(RowDigest& digest, SQLite::Database& database, std::int64_t run) {
    static const std::string details =
        strCat(kRunDetails,
               ", queue_position, coalesce((SELECT sha256 FROM analyses WHERE analyses.id = "
               "analysis_id), '')");
    addQuery(digest, database, selectRuns(kSealSchema, details.c_str(), "WHERE id = ?"), run);
    addQuery(digest, database, kSelectAnnotations, run);
}

void addMetrics(RowDigest& digest, SQLite::Database& database, std::int64_t run) {
    std::vector<std::string> names;
    SQLite::Statement named = query(database, kSelectMetricNames, run);
    while (named.executeStep()) readColumns(named, names.emplace_back());
    SQLite::Statement series(database, kSelectSeries);
    for (const std::string& name : names) {
        series.bind(1, run);
        series.bind(2, name);
        digest.add(series);
        series.reset();
    }
    addQuery(digest, database, kSelectMetrics, run);
}

/// Where the rows of a part lie that is one row.
const char* tableOf(SealedPart part) {
    return part == SealedPart::Study         ? "studies"
           : part == SealedPart::Measurement ? "measurements"
                                             : "views";
}

bool isOfRun(SealedPart part) {
    return part != SealedPart::Study && part != SealedPart::Measurement && part != SealedPart::View;
}

/// What cannot be read stays without a seal, and an error for its readers: no reason to lose the
/// rest of the file.
void sealWhereReadable(SQLite::Database& database, SealedPart part, std::int64_t id) {
    try {
        seal(database, part, id);
    } catch (const SQLite::Exception& thrown) {
        if (thrown.getErrorCode() != SQLITE_CORRUPT) throw;
    }
}

bool isRunning(SQLite::Database& database, RunId run) {
    return findNumber(database, "SELECT 1 FROM runs WHERE id = ? AND status = 'running'", run)
        .has_value();
}

Error brokenSeal(const std::filesystem::path& file, SealedPart part, std::int64_t id) {
    const char* what = part == SealedPart::Events    ? "its events or ranks were"
                       : part == SealedPart::Metrics ? "its metrics were"
                       : part == SealedPart::Files   ? "its list of files was"
                                                     : "it was";
    return {
        ErrorCode::Corrupt,
        strCat(file.string(), ": ", isOfRun(part) ? "run" : enumName(part), " ", id,
               " is damaged: ", what,
               " changed or lost after the program wrote it; restore the file from a backup",
               isOfRun(part) ? strCat(", or keep what is left with 'sparsekd runs accept ", id, "'")
                             : std::string())};
}

}  // namespace

std::string digestOf(SQLite::Database& database, SealedPart part, std::int64_t id) {
    RowDigest digest;
    switch (part) {
        case SealedPart::Run:
            addRun(digest, database, id);
            break;
        case SealedPart::Events:
            addQuery(digest, database, kSelectEvents, id);
            addQuery(digest, database, kSelectRanks, id);
            break;
        case SealedPart::Metrics:
            addMetrics(digest, database, id);
            break;
        case SealedPart::Files:
            addQuery(digest, database,
                     "SELECT name, bytes, sha256 FROM archive_files WHERE run_id = ? ORDER BY name",
                     id);
            break;
        case SealedPart::Study:
        case SealedPart::Measurement:
        case SealedPart::View:
            addQuery(digest, database, strCat("SELECT * FROM ", tableOf(part), " WHERE id = ?"),
                     id);
            break;
    }
    return strCat(kDigestVersion, digest.hex());
}

void seal(SQLite::Database& database, SealedPart part, std::int64_t id) {
    execute(database, "INSERT OR REPLACE INTO seals(part, id, digest) VALUES(?, ?, ?)",
            enumName(part), id, digestOf(database, part, id));
}

void unseal(SQLite::Database& database, SealedPart part, std::int64_t id) {
    execute(database, "DELETE FROM seals WHERE part = ? AND id = ?", enumName(part), id);
}

void unsealRun(SQLite::Database& database, RunId run) {
    for (const SealedPart part : kRunParts) unseal(database, part, run.value());
}

void sealMissing(SQLite::Database& database) {
    const auto sealAll = [&](SealedPart part, const char* rows) {
        std::vector<std::int64_t> ids;
        SQLite::Statement found = query(
            database,
            strCat("SELECT id FROM ", rows,
                   " AND NOT EXISTS(SELECT 1 FROM seals WHERE part = ? AND seals.id = item.id AND "
                   "digest LIKE '",
                   kDigestVersion, "%')"),
            enumName(part));
        while (found.executeStep()) readColumns(found, ids.emplace_back());
        for (const std::int64_t id : ids) sealWhereReadable(database, part, id);
    };
    for (const SealedPart part : kRunParts) sealAll(part, "runs AS item WHERE status <> 'running'");
    sealAll(SealedPart::Study, "studies AS item WHERE true");
    sealAll(SealedPart::Measurement, "measurements AS item WHERE true");
    sealAll(SealedPart::View, "views AS item WHERE true");
}

std::optional<std::string> sealOf(SQLite::Database& database, SealedPart part, std::int64_t id) {
    if (schemaVersion(database) < kSealSchema) return {};
    SQLite::Statement found =
        query(database, "SELECT digest FROM seals WHERE part = ? AND id = ?", enumName(part), id);
    if (!found.executeStep()) return {};
    std::string digest = found.getColumn(0).getString();
    return digest.starts_with(kDigestVersion) ? std::optional(std::move(digest)) : std::nullopt;
}

std::map<std::int64_t, std::string> sealsOf(SQLite::Database& database, SealedPart part) {
    std::map<std::int64_t, std::string> seals;
    if (schemaVersion(database) < kSealSchema) return seals;
    SQLite::Statement found =
        query(database, "SELECT id, digest FROM seals WHERE part = ?", enumName(part));
    while (found.executeStep()) {
        std::int64_t id = 0;
        std::string digest;
        readColumns(found, id, digest);
        if (digest.starts_with(kDigestVersion)) seals.emplace(id, std::move(digest));
    }
    return seals;
}

RunSeal::RunSeal(SQLite::Database& database, RunId run) : m_database(database), m_run(run) {
    const auto kept = sealOf(database, SealedPart::Run, run.value());
    m_isSound = !kept || *kept == digestOf(database, SealedPart::Run, run.value());
}

void RunSeal::finish() {
    if (isRunning(m_database, m_run)) return unsealRun(m_database, m_run);
    if (m_isSound) seal(m_database, SealedPart::Run, m_run.value());
    for (const SealedPart part : {SealedPart::Events, SealedPart::Metrics})
        if (!sealOf(m_database, part, m_run.value())) seal(m_database, part, m_run.value());
}

Status SealCheck::operator()(SQLite::Database& database, SealedPart part, std::int64_t id) {
    const auto kept = sealOf(database, part, id);
    return kept ? compare(database, part, id, *kept) : Status();
}

Status SealCheck::compare(SQLite::Database& database, SealedPart part, std::int64_t id,
                          const std::string& kept) {
    std::string& known = m_true[{part, id}];
    if (known == kept) return {};
    if (digestOf(database, part, id) != kept) return fail(brokenSeal(m_file, part, id));
    known = kept;
    return {};
}

Status SealCheck::run(SQLite::Database& database, RunId run) {
    for (const SealedPart part : kRunParts) SKD_CHECK((*this)(database, part, run.value()));
    return {};
}

}  // namespace skd
