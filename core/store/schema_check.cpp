#include "store/schema_check.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/files.h"

namespace skd {
namespace {

/// Instructions of SQLite's machine: whole tables are read with a few for every byte of the file.
constexpr std::int64_t kStepsPerByte = 64, kLeastSteps = 20'000'000;
constexpr int kStepsPerCall = 10'000;

struct SchemaObject {
    std::string type, table, sql;
    bool operator==(const SchemaObject&) const = default;
};
using SchemaObjects = std::map<std::string, SchemaObject>;

/// Tables, indexes, views and triggers by name; those that SQLite makes by itself have no SQL.
SchemaObjects objectsOf(SQLite::Database& database) {
    SchemaObjects objects;
    SQLite::Statement rows = query(
        database, "SELECT name, type, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL");
    while (rows.executeStep()) {
        std::string name;
        SchemaObject object;
        readColumns(rows, name, object.type, object.table, object.sql);
        objects.emplace(lower(std::move(name)), std::move(object));
    }
    return objects;
}

SchemaObjects objectsOfSteps(std::span<const Migration> steps, int version) {
    SQLite::Database database(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    for (const Migration& step : steps)
        if (step.version <= version) database.exec(step.sql);
    return objectsOf(database);
}

tl::unexpected<Error> foreignSchema(const std::filesystem::path& file, const std::string& what) {
    return fail(ErrorCode::Corrupt,
                strCat(file.string(), " is not as this program makes it: ", what,
                       "; get an intact copy, or choose another workspace file"));
}

int countDown(void* left) {
    auto& steps = *static_cast<std::int64_t*>(left);
    steps -= kStepsPerCall;
    return steps < 0 ? 1 : 0;
}

}  // namespace

Status checkSchemaSql(SQLite::Database& database, const std::filesystem::path& file,
                      std::span<const Migration> steps, int version) {
    const SchemaObjects expected = objectsOfSteps(steps, version), found = objectsOf(database);
    for (const auto& [name, object] : expected) {
        const auto here = found.find(name);
        if (here == found.end()) return foreignSchema(file, strCat("it lacks \"", name, "\""));
        if (here->second.type != object.type)
            return foreignSchema(file, strCat("\"", name, "\" is a ", here->second.type));
    }
    for (const auto& [name, object] : expected)
        if (found.at(name) != object)
            return foreignSchema(file, strCat("\"", name, "\" is another ", object.type));
    for (const auto& [name, object] : found)
        if (!expected.contains(name) && expected.contains(lower(object.table)))
            return foreignSchema(
                file, strCat("its table ", lower(object.table), " has a foreign ", object.type));
    return {};
}

Status checkPlainTable(SQLite::Database& database, const std::filesystem::path& file,
                       const char* table, std::initializer_list<const char*> columns) {
    const auto refused = [&](const std::string& what) {
        return fail(ErrorCode::Corrupt, strCat("cannot read ", file.string(), ": ", what));
    };
    SQLite::Statement kind =
        query(database, "SELECT type, sql FROM sqlite_schema WHERE name = ? COLLATE NOCASE", table);
    std::string type, sql;
    if (!kind.executeStep()) return refused(strCat("it has no table ", table));
    readColumns(kind, type, sql);
    if (type != "table" || !lower(sql).starts_with("create table"))
        return refused(strCat(table, " is no ordinary table"));
    std::set<std::string> there;
    // The last column is 0 for what is stored, 2 or 3 for what is computed.
    SQLite::Statement info = query(database, strCat("PRAGMA table_xinfo(", table, ")"));
    while (info.executeStep()) {
        if (info.getColumn(6).getInt() != 0)
            return refused(strCat("its table ", table, " has a computed column"));
        there.insert(lower(info.getColumn(1).getString()));
    }
    for (const char* column : columns)
        if (!there.contains(column))
            return refused(strCat("its table ", table, " has no column ", column));
    return {};
}

Result<ForeignDatabase> ForeignDatabase::open(const std::filesystem::path& file) {
    ForeignDatabase foreign;
    SKD_TRY(foreign.m_database, openForReading(file));
    const std::int64_t bytes = bytesBelow(file) + bytesBelow(file.string() + "-wal");
    foreign.m_steps = std::make_unique<std::int64_t>(kLeastSteps + kStepsPerByte * bytes);
    sqlite3* handle = foreign.m_database->getHandle();
    sqlite3_progress_handler(handle, kStepsPerCall, countDown, foreign.m_steps.get());
    // No value that is stored is longer than the file.
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH,
                  static_cast<int>(std::clamp<std::int64_t>(bytes, 1 << 20, 1'000'000'000)));
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 100);
    sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    return foreign;
}

}  // namespace skd
