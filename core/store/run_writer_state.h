#pragma once

#include <mutex>
#include <optional>

#include "base/text.h"
#include "store/database.h"
#include "store/metric_writer.h"
#include "store/run_writer.h"
#include "store/workspace_lock.h"

/// What the files of RunWriter share; no one else includes it.
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

struct RunWriter::Implementation {
    // Destroyed from the last to the first: the lock is let go of when nothing writes any more.
    explicit Implementation(WorkspaceLock owner) : lock(std::move(owner)) {}
    WorkspaceLock lock;
    std::filesystem::path file;
    std::mutex writing;  ///< held during every transaction, the metric thread's too
    std::unique_ptr<SQLite::Database> database;
    std::unique_ptr<MetricWriter> metrics;

    /// One transaction; `body` takes the database and returns a Result.
    template <class Body>
    auto transact(const std::string& what, const Body& body) -> decltype(body(*database)) {
        const std::lock_guard guard(writing);
        return catchingSqlite(what, file, [&]() -> decltype(body(*database)) {
            SQLite::Transaction transaction(*database, SQLite::TransactionBehavior::IMMEDIATE);
            auto result = body(*database);
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

    /// One row of a table that people add rows to; NotFound where it is gone already.
    Status removeRow(const char* table, const char* what, std::int64_t id) {
        return transact(
            strCat("cannot remove a ", what, " from"), [&](SQLite::Database& db) -> Status {
                if (execute(db, strCat("DELETE FROM ", table, " WHERE id = ?"), id) > 0) return {};
                return fail(ErrorCode::NotFound,
                            strCat("there is no ", what, " ", id, " in ", file.string()));
            });
    }

    [[nodiscard]] Status missing(RunId run) const {
        return fail(ErrorCode::NotFound,
                    strCat("there is no run ", run.value(), " in ", file.string()));
    }

    Status requireRun(SQLite::Database& db, RunId run) const {
        SQLite::Statement statement(db, "SELECT 1 FROM runs WHERE id = ?");
        statement.bind(1, run.value());
        return statement.executeStep() ? Status() : missing(run);
    }
};

}  // namespace skd
