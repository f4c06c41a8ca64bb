#include "bridge/event_bridge.h"

#include <gtest/gtest.h>

#include <QTest>
#include <thread>

#include "widgets/support/loop_watch.h"

namespace skd {
namespace {

TEST(EventBridge, DeliversInOrderOnTheWindowsThread) {
    EventBridge bridge;
    QStringList heard;
    bridge.on<RunStarted>(&bridge,
                          [&](const RunStarted& e) { heard << QString::fromStdString(e.name); });
    bridge.on<LogLine>(&bridge, [&](const LogLine& e) { heard << QString::fromStdString(e.text); });
    std::thread engine([sink = bridge.sink()] {
        sink->emit(RunStarted{RunId(1), "run", {}, false});
        for (int i = 0; i < 3; ++i)
            sink->emit(LogLine{RunId(1), log::Level::Info, std::to_string(i)});
    });
    engine.join();
    ASSERT_TRUE(QTest::qWaitFor([&] { return heard.size() == 4; }, 2000));
    EXPECT_EQ(heard, (QStringList{"run", "0", "1", "2"}));
}

TEST(EventBridge, HearsWhatIsSaidWhileItDelivers) {
    EventBridge bridge;
    int heard = 0;
    bridge.on<LogLine>(&bridge, [&](const LogLine&) {
        if (++heard < 5) bridge.sink()->emit(LogLine{RunId(1), log::Level::Info, "again"});
    });
    bridge.sink()->emit(LogLine{RunId(1), log::Level::Info, "first"});
    EXPECT_TRUE(QTest::qWaitFor([&] { return heard == 5; }, 2000));
}

TEST(EventBridge, DrainsAtMostThirtyTimesASecond) {
    EventBridge bridge;
    int signalsHeard = 0;
    bridge.on<MetricBatch>(&bridge, [&](const MetricBatch&) { ++signalsHeard; });
    std::atomic<bool> end = false;
    std::jthread engine([&, sink = bridge.sink()] {
        for (std::int64_t step = 0; !end; ++step) {
            sink->emit(MetricBatch{RunId(1), {{"kd.ce", step, 1.0}}});
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    });
    QTest::qWait(1000);
    end = true;
    EXPECT_LE(signalsHeard, 32);
    EXPECT_GE(signalsHeard, 10);
}

TEST(EventBridge, OutlivedByItsSink) {
    std::shared_ptr<EventSink> sink;
    {
        EventBridge bridge;
        sink = bridge.sink();
    }
    sink->emit(LogLine{RunId(1), log::Level::Info, "nobody listens"});
    QTest::qWait(50);
}

TEST(EventBridge, AMillionPointsNeverHoldUpTheEventLoop) {
    EventBridge bridge;
    std::size_t points = 0;
    bridge.on<MetricBatch>(&bridge, [&](const MetricBatch& e) { points += e.points.size(); });
    MetricBatch batch{RunId(1), {}};
    for (std::int64_t i = 0; i < 1'000'000; ++i)
        batch.points.push_back({"kd.loss", i, 1.0 / static_cast<double>(i + 1)});
    std::thread([sink = bridge.sink(), batch = std::move(batch)]() mutable {
        sink->emit(std::move(batch));
    }).join();
    const test::LoopWatch watch;
    ASSERT_TRUE(QTest::qWaitFor([&] { return points == 1'000'000; }, 10000));
    EXPECT_LE(watch.worst(), 50);
}

}  // namespace
}  // namespace skd
