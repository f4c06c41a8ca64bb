#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

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

/// NaN is stored as NULL: SQLite has no other place for it. Infinities are stored as such.
void bindNumber(SQLite::Statement& statement, int index, double value);
double numberAt(const SQLite::Column& column);

}  // namespace skd
