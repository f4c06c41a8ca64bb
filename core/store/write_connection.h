#pragma once

#include <mutex>

#include "store/database.h"
#include "store/records.h"
#include "store/seal.h"
#include "store/workspace_lock.h"

/// For the .cpp files of store and exchange only, like store/database.h.
namespace skd {

/// The connection of a workspace's owner: its lock, and transactions that exclude each other.
class WriteConnection {
public:
    /// Takes the lock, creates or migrates the file. Busy: another process owns the workspace.
    static Result<std::unique_ptr<WriteConnection>> open(const std::filesystem::path& workspace);

    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }
    /// Held during every transaction, the metric thread's too.
    [[nodiscard]] std::mutex& writing() { return m_writing; }

    /// Calls `body` while no other connection of the workspace writes; it takes the database and
    /// returns a Result.
    template <class Body>
    auto alone(const std::string& what, const Body& body) {
        const std::lock_guard guard(m_writing);
        return catchingSqlite(what, m_file, [&] { return body(*m_database); });
    }

    /// The same in one transaction.
    template <class Body>
    auto transact(const std::string& what, const Body& body) {
        return alone(what, [&](SQLite::Database& db) {
            SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
            auto result = body(db);
            if (result) transaction.commit();
            return result;
        });
    }

    /// The same for a run that is there, whose seal stays true; `body` returns nothing. What it
    /// changes beside the run's row and annotations it unseals itself.
    template <class Body>
    Status change(const std::string& what, RunId run, const Body& body) {
        return transact(what, [&](SQLite::Database& db) -> Status {
            SKD_CHECK(requireRun(db, run));
            RunSeal seal(db, run);
            body(db);
            seal.finish();
            return {};
        });
    }

    /// One statement on one run, whose id is its last parameter.
    template <class... Values>
    Status update(const std::string& what, RunId run, const std::string& sql,
                  const Values&... values) {
        return change(what, run, [&](SQLite::Database& db) { execute(db, sql, values..., run); });
    }

    [[nodiscard]] Status missing(RunId run) const {
        return fail(ErrorCode::NotFound,
                    strCat("there is no run ", run.value(), " in ", m_file.string()));
    }

    Status requireRun(SQLite::Database& db, RunId run) const {
        return findNumber(db, "SELECT 1 FROM runs WHERE id = ?", run) ? Status() : missing(run);
    }

private:
    // Destroyed from the last to the first: the lock is released when nothing writes any more.
    explicit WriteConnection(WorkspaceLock lock) : m_lock(std::move(lock)) {}
    WorkspaceLock m_lock;
    std::filesystem::path m_file;
    std::mutex m_writing;
    std::unique_ptr<SQLite::Database> m_database;
};

}  // namespace skd
