#include <atomic>
#include <chrono>
#include <thread>

#include "base/files.h"
#include "bench/rows/rows.h"
#include "store/run_store.h"
#include "store/run_writer.h"

namespace skd::bench {
namespace {

constexpr std::int64_t kBatch = 1000;  ///< rows that are appended at once
constexpr double kRowBytes = 40;       ///< of a row with its keys on disk, about
constexpr const char* kMetric = "kd.loss";

/// Reads a run's curve over and over until it ends, as a window does that shows it.
class CurveReader {
public:
    CurveReader(std::filesystem::path workspace, RunId run)
        : m_thread([this, path = std::move(workspace), run](const std::stop_token& stop) {
              const auto store = RunStore::open(path);
              while (store && !stop.stop_requested()) {
                  if ((*store)->series(run, kMetric)) ++m_reads;
                  std::this_thread::sleep_for(std::chrono::milliseconds(100));
              }
          }) {}
    [[nodiscard]] std::int64_t reads() const { return m_reads; }

private:
    std::atomic<std::int64_t> m_reads = 0;
    std::jthread m_thread;
};

/// Rows of metrics until they are on disk.
class MetricRowsRow final : public Row {
public:
    Status prepare(World& world) override {
        m_rows = world.size(300'000, 4'000);
        m_workspace = world.freshPath("metrics.sqlite");
        SKD_TRY(m_writer, RunWriter::open(m_workspace));
        const std::string bytes(
            static_cast<std::size_t>(kRowBytes) * static_cast<std::size_t>(m_rows), 'x');
        const auto begin = std::chrono::steady_clock::now();
        SKD_CHECK(writeFileAtomically(world.freshPath("bytes"), bytes));
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
        m_diskSeconds = spent.count();
        return {};
    }
    /// The reader ends here: its last nap is no part of the work.
    void reset() override {
        if (m_reader) m_reads += m_reader->reads();
        m_reader.reset();
        if (auto run = m_writer->createRun("bench", Json::object(), "")) m_run = *run;
    }
    Status ours() override {
        m_reader.emplace(m_workspace, m_run);
        return write();
    }
    Status reference() override { return write(); }
    [[nodiscard]] Work work() const override {
        return {.units = static_cast<double>(m_rows),
                .bound = BoundKind::Measured,
                .amount = m_diskSeconds};
    }
    [[nodiscard]] Json details() const override { return {{"reads", m_reads}}; }

private:
    Status write() {
        for (std::int64_t first = 0; first < m_rows; first += kBatch) {
            std::vector<MetricRow> rows;
            for (std::int64_t step = first; step < std::min(m_rows, first + kBatch); ++step)
                rows.push_back({kMetric, step, static_cast<double>(step) * 0.5, step});
            m_writer->appendMetrics(m_run, std::move(rows));
        }
        return m_writer->flush();
    }

    std::int64_t m_rows = 0, m_reads = 0;
    std::filesystem::path m_workspace;
    std::unique_ptr<RunWriter> m_writer;
    RunId m_run;
    std::optional<CurveReader> m_reader;
    double m_diskSeconds = 0;
};

}  // namespace

std::vector<RowEntry> metricRows() {
    return {{"metrics",
             "rows of metrics into the workspace, a reader attached",
             "rows",
             "the same without a reader",
             "writing as many bytes into a file, fsync included",
             {.rate = 300'000},
             false,
             rowOf<MetricRowsRow>()}};
}

}  // namespace skd::bench
