#include "store/metric_writer.h"

#include <chrono>
#include <iterator>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "store/database.h"

namespace skd {
namespace {

constexpr std::chrono::milliseconds kLongestWait{100};
constexpr std::chrono::seconds kRetryInterval{1};
constexpr std::size_t kFullBatch = 1000;
/// A transaction holds the write lock: one that catches up must not hold it for seconds.
constexpr std::size_t kLargestBatch = 20'000;

}  // namespace

/// The SQL side: prepared statements and the ids of metric names.
class MetricWriter::Connection {
public:
    Connection(std::filesystem::path workspace, std::unique_ptr<SQLite::Database> database,
               std::mutex& writing)
        : m_workspace(std::move(workspace)),
          m_database(std::move(database)),
          m_writing(writing),
          m_insert(*m_database,
                   "INSERT OR REPLACE INTO metrics(run_id, name_id, step, value, time_ms) "
                   "VALUES(?, ?, ?, ?, ?)"),
          m_insertName(*m_database, "INSERT OR IGNORE INTO metric_names(name) VALUES(?)"),
          m_findName(*m_database, "SELECT id FROM metric_names WHERE name = ?"),
          m_unseal(*m_database, "DELETE FROM seals WHERE id = ? AND part IN ('run', 'metrics')") {}

    Status write(const Batch& batch) {
        const std::lock_guard lock(m_writing);
        Status status = catchingSqlite("cannot write metrics to", m_workspace, [&]() -> Status {
            SQLite::Transaction transaction(*m_database, SQLite::TransactionBehavior::IMMEDIATE);
            for (const Entry& entry : batch)
                for (const MetricRow& row : entry.rows) insert(entry.run, row);
            // A run that has ended may grow all the same: one that another program writes.
            for (const RunId run : runsOf(batch)) execute(m_unseal, run);
            transaction.commit();
            return {};
        });
        if (!status) forgetNames();
        return status;
    }

private:
    static std::set<RunId> runsOf(const Batch& batch) {
        std::set<RunId> runs;
        for (const Entry& entry : batch) runs.insert(entry.run);
        return runs;
    }

    void insert(RunId run, const MetricRow& row) {
        execute(m_insert, run, nameId(row.name), row.step, row.value, row.timeMs);
    }

    std::int64_t nameId(const std::string& name) {
        if (const auto known = m_names.find(name); known != m_names.end()) return known->second;
        execute(m_insertName, name);
        m_findName.bind(1, name);
        m_findName.executeStep();
        const std::int64_t id = m_findName.getColumn(0).getInt64();
        m_findName.reset();
        m_names.emplace(name, id);
        return id;
    }

    /// Ids given in a transaction that was rolled back do not stand. Statements end with it too.
    void forgetNames() {
        m_names.clear();
        m_insert.tryReset();
        m_insertName.tryReset();
        m_findName.tryReset();
        m_unseal.tryReset();
    }

    std::filesystem::path m_workspace;
    std::unique_ptr<SQLite::Database> m_database;
    std::mutex& m_writing;
    SQLite::Statement m_insert, m_insertName, m_findName, m_unseal;
    std::unordered_map<std::string, std::int64_t> m_names;
};

MetricWriter::MetricWriter() = default;

Result<std::unique_ptr<MetricWriter>> MetricWriter::open(const std::filesystem::path& workspace,
                                                         std::mutex& writing) {
    SKD_TRY(auto database, openForWriting(workspace));
    std::unique_ptr<MetricWriter> writer(new MetricWriter);
    SKD_CHECK(catchingSqlite("cannot prepare metrics of", workspace, [&]() -> Status {
        writer->m_connection =
            std::make_unique<Connection>(workspace, std::move(database), writing);
        return {};
    }));
    writer->m_thread = std::thread(&MetricWriter::work, writer.get());
    return writer;
}

MetricWriter::~MetricWriter() {
    if (!m_thread.joinable()) return;
    {
        const std::lock_guard lock(m_mutex);
        m_stopping = true;
    }
    m_work.notify_all();
    m_thread.join();
    if (m_waitingRows > 0)
        log::error(strCat(m_waitingRows, " metric values were lost: ", m_failure.message));
}

void MetricWriter::append(RunId run, std::vector<MetricRow> rows) {
    if (rows.empty()) return;
    const std::int64_t now = nowMs();
    for (MetricRow& row : rows)
        if (row.timeMs == 0) row.timeMs = now;
    bool wake = false;
    {
        const std::lock_guard lock(m_mutex);
        wake = m_waiting.empty() || m_waitingRows + rows.size() >= kFullBatch;
        m_waitingRows += rows.size();
        m_appended += rows.size();
        m_waiting.push_back({run, std::move(rows)});
    }
    if (wake) m_work.notify_one();
}

Status MetricWriter::flush() {
    std::unique_lock lock(m_mutex);
    const std::uint64_t target = m_appended;
    const std::uint64_t failuresBefore = m_failures;
    ++m_flushesAsked;
    m_work.notify_one();
    m_done.wait(lock, [&] { return m_written >= target || m_failures > failuresBefore; });
    if (m_written >= target) return {};
    return fail(m_failure);
}

void MetricWriter::work() {
    std::unique_lock lock(m_mutex);
    while (true) {
        waitForBatch(lock);
        if (m_waiting.empty()) return;  // stopping, all written
        attempt(lock);
        if (!m_failing) continue;
        if (m_stopping) return;
        m_work.wait_for(lock, kRetryInterval, [this] { return urgent(); });
    }
}

/// Returns with rows to write, or with none when the thread has to end.
void MetricWriter::waitForBatch(std::unique_lock<std::mutex>& lock) {
    m_work.wait(lock, [this] { return m_stopping || !m_waiting.empty(); });
    if (m_failing) return;
    m_work.wait_for(lock, kLongestWait, [this] { return urgent() || m_waitingRows >= kFullBatch; });
}

void MetricWriter::attempt(std::unique_lock<std::mutex>& lock) {
    const std::uint64_t flushes = m_flushesAsked;
    Batch batch = takeBatch();
    std::size_t rows = 0;
    for (const Entry& entry : batch) rows += entry.rows.size();
    lock.unlock();
    Status status = m_connection->write(batch);
    if (!status && !m_failing)
        log::warning(status.error().message + "; they are kept and will be tried again");
    lock.lock();
    m_failing = !status;
    if (status) {
        m_written += rows;
        if (m_waiting.empty()) m_flushesServed = flushes;
    } else {
        m_waiting.insert(m_waiting.begin(), std::make_move_iterator(batch.begin()),
                         std::make_move_iterator(batch.end()));
        m_waitingRows += rows;
        m_flushesServed = flushes;
        m_failure = std::move(status).error();
        ++m_failures;
    }
    m_done.notify_all();
}

/// Whole entries from the front, up to a transaction's size.
MetricWriter::Batch MetricWriter::takeBatch() {
    Batch batch;
    std::size_t rows = 0;
    while (!m_waiting.empty() && rows < kLargestBatch) {
        rows += m_waiting.front().rows.size();
        batch.push_back(std::move(m_waiting.front()));
        m_waiting.pop_front();
    }
    m_waitingRows -= rows;
    return batch;
}

}  // namespace skd
