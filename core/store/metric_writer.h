#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace skd {

/// Thread that writes metric rows with a connection of its own, a transaction per batch: at the
/// latest 100 ms after the first row, or as soon as 1000 wait. Rows that cannot be written are kept
/// and tried again every second and by every flush.
class MetricWriter {
public:
    /// `writing` is held during each transaction: of a workspace's connections only one writes or
    /// checkpoints at a time (two at once can lose data in SQLite before 3.51.3). It outlives the
    /// writer.
    static Result<std::unique_ptr<MetricWriter>> open(const std::filesystem::path& workspace,
                                                      std::mutex& writing);
    /// Writes what waits; logs an error when that fails.
    ~MetricWriter();
    MetricWriter(const MetricWriter&) = delete;
    MetricWriter& operator=(const MetricWriter&) = delete;

    /// Never waits for SQL. Rows without a time get the current one.
    void append(RunId run, std::vector<MetricRow> rows);
    /// Waits until everything appended so far is on disk, or an attempt to write it has failed.
    Status flush();

private:
    struct Entry {
        RunId run;
        std::vector<MetricRow> rows;
    };
    using Batch = std::deque<Entry>;
    class Connection;

    MetricWriter();
    void work();
    void waitForBatch(std::unique_lock<std::mutex>& lock);
    void attempt(std::unique_lock<std::mutex>& lock);
    Batch takeBatch();
    [[nodiscard]] bool urgent() const { return m_stopping || m_flushesServed < m_flushesAsked; }

    std::unique_ptr<Connection> m_connection;  ///< used by the thread alone
    std::mutex m_mutex;                        ///< guards all that follows; never held during SQL
    std::condition_variable m_work, m_done;
    Batch m_waiting;
    std::size_t m_waitingRows = 0;
    std::uint64_t m_appended = 0, m_written = 0;  ///< rows since the start
    std::uint64_t m_flushesAsked = 0, m_flushesServed = 0;
    std::uint64_t m_failures = 0;
    Error m_failure;  ///< of the last failed attempt
    bool m_failing = false;
    bool m_stopping = false;
    std::thread m_thread;
};

}  // namespace skd
