#pragma once

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <span>

#include "base/result.h"
#include "store/database.h"
#include "store/migrations.h"

/// For the .cpp files of store and exchange only, like store/database.h.
namespace skd {

/// Corrupt unless every table and index of `steps` up to `version` is there with the very SQL that
/// the steps give it, and nothing else hangs on those tables. A file from outside could have a view
/// or a computed column there, which each reading would run.
Status checkSchemaSql(SQLite::Database& database, const std::filesystem::path& file,
                      std::span<const Migration> steps, int version);

/// Corrupt unless `table` is an ordinary table that holds `columns` and computes none.
Status checkPlainTable(SQLite::Database& database, const std::filesystem::path& file,
                       const char* table, std::initializer_list<const char*> columns);

/// A connection to a file that somebody else has made. It only reads, runs neither views nor
/// triggers, and gives up (Corrupt) after far more work than a file of its size can need.
class ForeignDatabase {
public:
    /// NotFound, InvalidInput, Corrupt and Io as for openForReading.
    static Result<ForeignDatabase> open(const std::filesystem::path& file);
    [[nodiscard]] SQLite::Database& operator*() const { return *m_database; }

private:
    std::unique_ptr<std::int64_t> m_steps;  ///< those left; outlives the connection
    std::unique_ptr<SQLite::Database> m_database;
};

}  // namespace skd
