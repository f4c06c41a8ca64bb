#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "base/text.h"
#include "core/store/raw_database.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

class MetricWriterThread : public testing::Test {
protected:
    void SetUp() override {
        m_writer = std::move(*RunWriter::open(m_file));
        m_store = std::move(*RunStore::open(m_file));
        m_run = *m_writer->createRun("a", Json::object(), "");
    }
    TemporaryFolder m_folder;
    std::filesystem::path m_file = m_folder / "runs.skd";
    std::unique_ptr<RunWriter> m_writer;
    std::unique_ptr<RunStore> m_store;
    RunId m_run;
};

TEST_F(MetricWriterThread, EveryValueComesBack) {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> values{0.0,
                                     -0.0,
                                     1.0 / 3,
                                     5e-324,
                                     std::numeric_limits<double>::max(),
                                     infinity,
                                     -infinity,
                                     std::numeric_limits<double>::quiet_NaN()};
    std::vector<MetricRow> rows;
    for (std::size_t i = 0; i < values.size(); ++i)
        rows.push_back({"kd.loss", static_cast<std::int64_t>(i), values[i]});
    m_writer->appendMetrics(m_run, rows);
    ASSERT_TRUE(m_writer->flush());
    const auto series = m_store->series(m_run, "kd.loss");
    ASSERT_TRUE(series);
    ASSERT_EQ(series->values.size(), values.size());
    for (std::size_t i = 0; i + 1 < values.size(); ++i)
        EXPECT_EQ(series->values[i], values[i]) << i;
    EXPECT_TRUE(std::isnan(series->values.back()));
}

TEST_F(MetricWriterThread, SeriesAreSortedAndRewritable) {
    m_writer->appendMetrics(m_run, {{"b", 5, 50}, {"b", 1, 10}, {"a", 0, 1}});
    m_writer->appendMetrics(m_run, {{"b", 3, 30}, {"b", 5, 51}});
    m_writer->appendMetrics(m_run, {});
    ASSERT_TRUE(m_writer->flush());
    EXPECT_EQ(m_store->series(m_run, "b")->steps, (std::vector<double>{1, 3, 5}));
    EXPECT_EQ(m_store->series(m_run, "b")->values, (std::vector<double>{10, 30, 51}));
    EXPECT_EQ(*m_store->metricNames(m_run), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(m_store->series(m_run, "unknown")->steps.empty());
}

TEST_F(MetricWriterThread, IsOnDiskSoonWithoutAFlush) {
    m_writer->appendMetrics(m_run, {{"a", 0, 1}});
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (m_store->series(m_run, "a")->steps.empty()) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

TEST_F(MetricWriterThread, FlushesWhenItEnds) {
    m_writer->appendMetrics(m_run, {{"a", 0, 1}, {"a", 1, 2}});
    m_writer.reset();
    EXPECT_EQ(m_store->series(m_run, "a")->steps.size(), 2u);
}

TEST_F(MetricWriterThread, NeverWaitsForSql) {
    test::RawDatabase other(m_file);
    other("BEGIN IMMEDIATE");
    const auto begin = std::chrono::steady_clock::now();
    for (std::int64_t step = 0; step < 5000; ++step)
        m_writer->appendMetrics(m_run, {{"a", step, 1}});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(m_store->series(m_run, "a")->steps.empty());
    other("ROLLBACK");
    ASSERT_TRUE(m_writer->flush());
    EXPECT_EQ(m_store->series(m_run, "a")->steps.size(), 5000u);
}

TEST_F(MetricWriterThread, ManyThreadsBesideAReader) {
    constexpr int kThreads = 4;
    constexpr std::int64_t kSteps = 2000;
    std::atomic<bool> done = false;
    std::thread reader([&] {
        const auto store = std::move(*RunStore::open(m_file));
        std::size_t before = 0;
        while (!done) {
            const auto series = store->series(m_run, "m0");
            if (!series) {
                ADD_FAILURE() << series.error().message;
                return;
            }
            EXPECT_GE(series->steps.size(), before);
            before = series->steps.size();
        }
    });
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t)
            threads.emplace_back([&, t] {
                for (std::int64_t step = 0; step < kSteps; ++step) {
                    m_writer->appendMetrics(m_run,
                                            {{strCat("m", t), step, static_cast<double>(step)}});
                    if (step % 500 == 0) {
                        EXPECT_TRUE(m_writer->flush());
                        EXPECT_TRUE(m_writer->appendEvent(m_run, "log", Json{{"thread", t}}));
                    }
                }
            });
    }
    EXPECT_TRUE(m_writer->flush());
    done = true;
    reader.join();
    for (int t = 0; t < kThreads; ++t) {
        const auto series = m_store->series(m_run, strCat("m", t));
        ASSERT_EQ(series->steps.size(), static_cast<std::size_t>(kSteps));
        for (std::int64_t step = 0; step < kSteps; ++step)
            ASSERT_EQ(series->values[static_cast<std::size_t>(step)], static_cast<double>(step));
    }
    EXPECT_EQ(m_store->events(m_run)->size(), 4u * kThreads);
}

}  // namespace
}  // namespace skd
