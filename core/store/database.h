#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "base/result.h"
#include "base/text.h"
#include "base/units.h"

/// For the .cpp files of store and exchange only: nothing else includes SQLiteCpp.
namespace skd {

/// In the header of every workspace ("SKDW").
inline constexpr int kApplicationId = 0x534B4457;

/// What SQLite threw, as an error that says what failed, on which file, and what to do.
Error sqliteError(const std::string& what, const std::filesystem::path& file,
                  const SQLite::Exception& thrown);

/// Calls `body`, which returns a Result; an exception of SQLite becomes the Result's error.
template <class Body>
auto catchingSqlite(const std::string& what, const std::filesystem::path& file, const Body& body)
    -> decltype(body()) {
    try {
        return body();
    } catch (const SQLite::Exception& thrown) {
        return fail(sqliteError(what, file, thrown));
    }
}

/// A connection that writes: WAL, synchronous=FULL. The caller owns the workspace's lock.
Result<std::unique_ptr<SQLite::Database>> openForWriting(const std::filesystem::path& workspace);

/// A connection that only reads and never checkpoints. Without a writer in a read-only folder the
/// file is opened as immutable, since SQLite cannot make its shared memory there.
Result<std::unique_ptr<SQLite::Database>> openForReading(const std::filesystem::path& workspace);

/// Corrupt when the file is a database of something else (an empty file is accepted).
Status checkIdentity(SQLite::Database& database, const std::filesystem::path& workspace);
int schemaVersion(SQLite::Database& database);

/// The file is of schema `version`, which a program that knows schemas up to `newest` cannot read.
Error newerSchema(const std::filesystem::path& file, int version, int newest);

/// Removes a database file with all that SQLite keeps beside it.
void removeDatabase(const std::filesystem::path& file);

/// Binds one parameter: an id as its number, nothing as NULL, bytes as a blob. SQLite itself stores
/// NaN as NULL, having no other place for it; infinities are stored as such.
template <class Value>
void bindOne(SQLite::Statement& statement, int index, const Value& value) {
    statement.bind(index, value);
}
template <class Tag>
void bindOne(SQLite::Statement& statement, int index, const Strong<Tag, std::int64_t>& id) {
    statement.bind(index, id.value());
}
template <class Value>
void bindOne(SQLite::Statement& statement, int index, const std::optional<Value>& value) {
    value ? bindOne(statement, index, *value) : statement.bind(index);
}
inline void bindOne(SQLite::Statement& statement, int index, std::span<const char> bytes) {
    statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}
/// A value of another statement's row, as it is.
void bindOne(SQLite::Statement& statement, int index, const SQLite::Column& column);

/// "?, ?, ?"
inline std::string placeholders(std::size_t count) {
    return joined(std::vector<char>(count, '?'));
}

/// Runs a statement once more, with these parameters; returns how many rows it changed.
template <class... Values>
int execute(SQLite::Statement& statement, const Values&... values) {
    int index = 0;
    (bindOne(statement, ++index, values), ...);
    const int changed = statement.exec();
    statement.reset();
    return changed;
}
template <class... Values>
int execute(SQLite::Database& database, const std::string& sql, const Values&... values) {
    SQLite::Statement statement(database, sql);
    return execute(statement, values...);
}

/// Adds a row; `into` is "TABLE(COLUMN, ...)". Returns its id.
template <class... Values>
std::int64_t insertRow(SQLite::Database& database, const std::string& into,
                       const Values&... values) {
    execute(database,
            strCat("INSERT INTO ", into, " VALUES(", placeholders(sizeof...(values)), ")"),
            values...);
    return database.getLastInsertRowid();
}

/// A query with its parameters, before its first row.
template <class... Values>
SQLite::Statement query(SQLite::Database& database, const std::string& sql,
                        const Values&... values) {
    SQLite::Statement statement(database, sql);
    int index = 0;
    (bindOne(statement, ++index, values), ...);
    return statement;
}

/// The whole number that a query finds first; none where it finds no row.
template <class... Values>
std::optional<std::int64_t> findNumber(SQLite::Database& database, const std::string& sql,
                                       const Values&... values) {
    SQLite::Statement statement = query(database, sql, values...);
    if (!statement.executeStep()) return std::nullopt;
    return statement.getColumn(0).getInt64();
}

/// A column's value; NaN of NULL, an id of its number.
template <class Value>
void readOne(const SQLite::Column& column, Value& out) {
    if constexpr (std::is_same_v<Value, std::string>)
        out = column.getString();
    else if constexpr (std::is_same_v<Value, double>)
        out = column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
    else
        out = static_cast<Value>(column.getInt64());
}
/// The first columns of the row that a statement stands on.
template <class... Members>
void readColumns(SQLite::Statement& row, Members&... members) {
    int index = 0;
    (readOne(row.getColumn(index++), members), ...);
}

}  // namespace skd
