#include <gtest/gtest.h>

#include <thread>

#include "events/run_context.h"

namespace skd {
namespace {

using namespace std::chrono_literals;

class Recorder final : public EventSink {
public:
    void emit(Event event) override { seen.push_back(std::get<Progress>(event)); }
    std::vector<Progress> seen;
};

RunContext contextFor(Recorder& recorder) {
    RunContext context;
    context.run = RunId(5);
    context.sink = &recorder;
    return context;
}

TEST(ProgressMeter, EmitsBeginAndEndOfFastWork) {
    Recorder recorder;
    const RunContext context = contextFor(recorder);
    {
        ProgressMeter meter(context, Stage::Prune, 100'000, "matrices");
        for (int i = 0; i < 100'000; ++i) meter.advance(1);
    }
    ASSERT_GE(recorder.seen.size(), 2u);
    EXPECT_LE(recorder.seen.size(), 20u);
    EXPECT_EQ(recorder.seen.front().done, 0);
    EXPECT_LT(recorder.seen.front().secondsLeft, 0);
    const Progress& last = recorder.seen.back();
    EXPECT_EQ(last.run, RunId(5));
    EXPECT_EQ(last.stage, Stage::Prune);
    EXPECT_EQ(last.unit, "matrices");
    EXPECT_EQ(last.done, 100'000);
    EXPECT_EQ(last.total, 100'000);
    EXPECT_EQ(last.secondsLeft, 0);
    EXPECT_GT(last.perSecond, 0);
}

TEST(ProgressMeter, EmitsTheLastStateOfWorkCutShort) {
    Recorder recorder;
    const RunContext context = contextFor(recorder);
    {
        ProgressMeter meter(context, Stage::Prune, 100, "matrices");
        meter.advance(3);
    }
    ASSERT_EQ(recorder.seen.size(), 2u);
    EXPECT_EQ(recorder.seen.back().done, 3);
}

TEST(ProgressMeter, RateAndTimeLeftFollowTheClock) {
    Recorder recorder;
    const RunContext context = contextFor(recorder);
    const auto begin = std::chrono::steady_clock::now();
    ProgressMeter meter(context, Stage::Distill, 1000, "steps");
    for (int i = 0; i < 25; ++i) {
        std::this_thread::sleep_for(20ms);
        meter.advance(10);
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_NEAR(meter.perSecond(), 250 / seconds, 0.35 * 250 / seconds);
    // At most ten a second besides the first one.
    EXPECT_LE(static_cast<double>(recorder.seen.size()), 2 + seconds * 10);
    EXPECT_GE(recorder.seen.size(), 3u);
    const Progress& last = recorder.seen.back();
    EXPECT_NEAR(last.secondsLeft, static_cast<double>(last.total - last.done) / last.perSecond,
                1e-9);
}

TEST(ProgressMeter, TotalMayBeUnknown) {
    Recorder recorder;
    const RunContext context = contextFor(recorder);
    {
        ProgressMeter meter(context, Stage::Load, 0, "tensors");
        meter.advance(7);
    }
    EXPECT_EQ(recorder.seen.back().done, 7);
    EXPECT_LT(recorder.seen.back().secondsLeft, 0);
}

}  // namespace
}  // namespace skd
