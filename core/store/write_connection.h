#pragma once

#include <mutex>
#include <optional>
#include <type_traits>

#include "base/text.h"
#include "store/database.h"
#include "store/records.h"
#include "store/workspace_lock.h"

/// For the .cpp files of core/store only, like store/database.h.
namespace skd {

inline void bindOne(SQLite::Statement& statement, int index, const std::string& value) {
    statement.bind(index, value);
}
inline void bindOne(SQLite::Statement& statement, int index, const char* value) {
    statement.bind(index, value);
}
inline void bindOne(SQLite::Statement& statement, int index, std::int64_t value) {
    statement.bind(index, value);
}
inline void bindOne(SQLite::Statement& statement, int index, double value) {
    bindNumber(statement, index, value);
}
inline void bindOne(SQLite::Statement& statement, int index,
                    const std::optional<std::int64_t>& value) {
    if (value)
        statement.bind(index, *value);
    else
        statement.bind(index);
}

/// Runs one statement; returns how many rows it changed.
template <class... Values>
int execute(SQLite::Database& database, const std::string& sql, const Values&... values) {
    SQLite::Statement statement(database, sql);
    int index = 0;
    (bindOne(statement, ++index, values), ...);
    return statement.exec();
}

/// The connection of a workspace's owner: its lock, and transactions that exclude each other.
class WriteConnection {
public:
    /// Takes the lock, creates or migrates the file. Busy: another process owns the workspace.
    static Result<std::unique_ptr<WriteConnection>> open(const std::filesystem::path& workspace);

    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }
    /// Held during every transaction, the metric thread's too.
    [[nodiscard]] std::mutex& writing() { return m_writing; }

    /// One transaction; `body` takes the database and returns a Result.
    template <class Body>
    std::invoke_result_t<const Body&, SQLite::Database&> transact(const std::string& what,
                                                                  const Body& body) {
        const std::lock_guard guard(m_writing);
        return catchingSqlite(what, m_file, [&] {
            SQLite::Transaction transaction(*m_database, SQLite::TransactionBehavior::IMMEDIATE);
            auto result = body(*m_database);
            if (result) transaction.commit();
            return result;
        });
    }

    /// One statement on one run, whose id is its last parameter.
    template <class... Values>
    Status update(const std::string& what, RunId run, const char* sql, const Values&... values) {
        return transact(what, [&](SQLite::Database& db) -> Status {
            if (execute(db, sql, values..., run.value()) > 0) return {};
            return missing(run);
        });
    }

    /// One row of a table that users add rows to; NotFound where it is gone already.
    Status removeRow(const char* table, const char* what, std::int64_t id) {
        return transact(
            strCat("cannot remove a ", what, " from"), [&](SQLite::Database& db) -> Status {
                if (execute(db, strCat("DELETE FROM ", table, " WHERE id = ?"), id) > 0) return {};
                return fail(ErrorCode::NotFound,
                            strCat("there is no ", what, " ", id, " in ", m_file.string()));
            });
    }

    /// VACUUM, and the log of changes back into the file; the bytes by which it is smaller.
    Result<std::int64_t> shrink();

    [[nodiscard]] Status missing(RunId run) const {
        return fail(ErrorCode::NotFound,
                    strCat("there is no run ", run.value(), " in ", m_file.string()));
    }

    Status requireRun(SQLite::Database& db, RunId run) const {
        SQLite::Statement statement(db, "SELECT 1 FROM runs WHERE id = ?");
        statement.bind(1, run.value());
        return statement.executeStep() ? Status() : missing(run);
    }

private:
    // Destroyed from the last to the first: the lock is released when nothing writes any more.
    explicit WriteConnection(WorkspaceLock owner) : m_lock(std::move(owner)) {}
    WorkspaceLock m_lock;
    std::filesystem::path m_file;
    std::mutex m_writing;
    std::unique_ptr<SQLite::Database> m_database;
};

}  // namespace skd
