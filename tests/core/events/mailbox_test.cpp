#include "events/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <thread>

#include "base/text.h"

namespace skd {
namespace {

const RunId kFirst(1), kSecond(2);

Progress progress(RunId run, Stage stage, std::int64_t done) {
    Progress event;
    event.run = run;
    event.stage = stage;
    event.done = done;
    return event;
}
MetricBatch metrics(RunId run, std::int64_t step) {
    return {run, {{"kd.loss", step, 1.0}}};
}
StageStarted started(RunId run, Stage stage) {
    return {run, stage, ""};
}
PreviewReady preview(std::uint64_t serial) {
    PreviewReady event;
    event.serial = serial;
    return event;
}

/// One word per event: "progress 1 prune 5", "metrics 1 [0 1]", "started 1 load", "preview 3".
std::string wordsOf(const Event& event) {
    if (const auto* value = std::get_if<Progress>(&event))
        return strCat("progress ", value->run.value(), " ", stageName(value->stage), " ",
                      value->done);
    if (const auto* value = std::get_if<MetricBatch>(&event)) {
        std::string steps;
        for (const MetricPoint& point : value->points)
            steps += strCat(steps.empty() ? "" : " ", point.step);
        return strCat("metrics ", value->run.value(), " [", steps, "]");
    }
    if (const auto* value = std::get_if<StageStarted>(&event))
        return strCat("started ", value->run.value(), " ", stageName(value->stage));
    if (const auto* value = std::get_if<LogLine>(&event))
        return strCat("log ", value->run.value(), " ", value->text);
    if (const auto* value = std::get_if<PreviewReady>(&event))
        return strCat("preview ", value->serial);
    if (const auto* value = std::get_if<PreviewFailed>(&event))
        return strCat("no preview ", value->serial);
    return "other";
}

using Words = std::vector<std::string>;

Words drained(Mailbox& box) {
    Words words;
    for (const Event& event : box.drain()) words.push_back(wordsOf(event));
    return words;
}

TEST(Mailbox, KeepsLifecycleEventsInOrder) {
    Mailbox box({});
    box.emit(started(kFirst, Stage::Load));
    box.emit(started(kSecond, Stage::Load));
    box.emit(LogLine{kFirst, log::Level::Info, "x"});
    box.emit(started(kFirst, Stage::Load));
    EXPECT_EQ(drained(box),
              (Words{"started 1 load", "started 2 load", "log 1 x", "started 1 load"}));
    EXPECT_TRUE(box.drain().empty());
}

TEST(Mailbox, NewestProgressOfARunsStageWins) {
    Mailbox box({});
    box.emit(progress(kFirst, Stage::Prune, 1));
    box.emit(progress(kSecond, Stage::Prune, 2));
    box.emit(progress(kFirst, Stage::Distill, 3));
    box.emit(progress(kFirst, Stage::Prune, 4));
    EXPECT_EQ(drained(box),
              (Words{"progress 2 prune 2", "progress 1 distill 3", "progress 1 prune 4"}));
    box.emit(progress(kFirst, Stage::Prune, 5));
    EXPECT_EQ(drained(box), Words{"progress 1 prune 5"});
}

TEST(Mailbox, ProgressNeverOvertakesTheStartOfItsStage) {
    Mailbox box({});
    box.emit(progress(kFirst, Stage::Evaluate, 9));
    box.emit(started(kFirst, Stage::Evaluate));
    box.emit(progress(kFirst, Stage::Evaluate, 1));
    EXPECT_EQ(drained(box), (Words{"started 1 evaluate", "progress 1 evaluate 1"}));
}

TEST(Mailbox, MetricsOfARunComeAsOneBatch) {
    Mailbox box({});
    box.emit(metrics(kFirst, 0));
    box.emit(metrics(kSecond, 10));
    box.emit(progress(kFirst, Stage::Distill, 1));
    box.emit(metrics(kFirst, 1));
    box.emit(started(kSecond, Stage::Prune));
    box.emit(metrics(kFirst, 2));
    EXPECT_EQ(drained(box), (Words{"metrics 1 [0 1 2]", "metrics 2 [10]", "progress 1 distill 1",
                                   "started 2 prune"}));
    box.emit(metrics(kFirst, 3));
    EXPECT_EQ(drained(box), Words{"metrics 1 [3]"});
}

TEST(Mailbox, MetricsNeverCrossALifecycleEventOfTheirRun) {
    Mailbox box({});
    box.emit(metrics(kFirst, 0));
    box.emit(started(kFirst, Stage::Evaluate));
    box.emit(metrics(kFirst, 1));
    box.emit(metrics(kFirst, 2));
    box.emit(LogLine{kFirst, log::Level::Info, "x"});
    box.emit(metrics(kFirst, 3));
    EXPECT_EQ(drained(box), (Words{"metrics 1 [0]", "started 1 evaluate", "metrics 1 [1 2]",
                                   "log 1 x", "metrics 1 [3]"}));
}

TEST(Mailbox, NewestPreviewWins) {
    Mailbox box({});
    box.emit(preview(3));
    box.emit(PreviewFailed{4, {}});
    box.emit(preview(2));
    EXPECT_EQ(drained(box), Words{"no preview 4"});
    box.emit(preview(2));
    box.emit(started(kFirst, Stage::Load));
    box.emit(preview(5));
    EXPECT_EQ(drained(box), (Words{"started 1 load", "preview 5"}));
}

TEST(Mailbox, WakesOncePerFilling) {
    int wakes = 0;
    Mailbox box([&] { ++wakes; });
    for (int i = 0; i < 10; ++i) box.emit(progress(kFirst, Stage::Load, i));
    box.emit(started(kFirst, Stage::Load));
    EXPECT_EQ(wakes, 1);
    (void)box.drain();
    EXPECT_EQ(wakes, 1);
    box.emit(metrics(kFirst, 1));
    EXPECT_EQ(wakes, 2);
}

TEST(Mailbox, MayBeDrainedByTheWakeUp) {
    Words words;
    Mailbox* self = nullptr;
    Mailbox box([&] {
        for (const std::string& word : drained(*self)) words.push_back(word);
    });
    self = &box;
    box.emit(started(kFirst, Stage::Load));
    box.emit(metrics(kFirst, 1));
    EXPECT_EQ(words, (Words{"started 1 load", "metrics 1 [1]"}));
}

/// A consumer that sleeps until woken, as a window does, and what it has seen.
class Consumer {
public:
    Consumer()
        : m_box([this] { wake(); }),
          m_thread([this](const std::stop_token& stop) { work(stop); }) {}

    Mailbox& box() { return m_box; }
    void finish() {
        m_thread.request_stop();
        wake();
        m_thread.join();
        take();
    }
    std::vector<Event> seen;
    int wakes = 0, drains = 0;

private:
    void wake() {
        const std::lock_guard lock(m_mutex);
        m_woken = true;
        ++wakes;
        m_changed.notify_one();
    }
    void work(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            {
                std::unique_lock lock(m_mutex);
                m_changed.wait(lock, [this] { return m_woken; });
                m_woken = false;
            }
            take();
        }
    }
    void take() {
        ++drains;
        for (Event& event : m_box.drain()) seen.push_back(std::move(event));
    }

    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_woken = false;
    Mailbox m_box;
    std::jthread m_thread;
};

constexpr int kThreads = 4;
constexpr int kRounds = 5000;

/// What one engine thread says: steps counted up over all kinds of events.
void speak(Mailbox& box, RunId run) {
    std::int64_t step = 0;
    for (int i = 0; i < kRounds; ++i) {
        box.emit(metrics(run, step++));
        box.emit(metrics(run, step++));
        box.emit(progress(run, Stage::Distill, i));
        if (i % 10 == 0) box.emit(LogLine{run, log::Level::Info, std::to_string(step++)});
    }
}

TEST(Mailbox, LosesNothingBetweenManyThreads) {
    Consumer consumer;
    {
        std::vector<std::jthread> threads;
        for (int t = 1; t <= kThreads; ++t)
            threads.emplace_back([&, t] { speak(consumer.box(), RunId(t)); });
    }
    consumer.finish();
    // Metrics and log lines of a run come in the order in which it said them, none missing.
    std::map<RunId, std::int64_t> next, lastDone;
    for (const Event& event : consumer.seen) {
        if (const auto* batch = std::get_if<MetricBatch>(&event)) {
            for (const MetricPoint& point : batch->points)
                ASSERT_EQ(point.step, next[batch->run]++);
        }
        if (const auto* line = std::get_if<LogLine>(&event)) {
            ASSERT_EQ(line->text, std::to_string(next[line->run]++));
        }
        if (const auto* value = std::get_if<Progress>(&event)) {
            ASSERT_GE(value->done, lastDone[value->run]);
            lastDone[value->run] = value->done;
        }
    }
    for (int t = 1; t <= kThreads; ++t) {
        EXPECT_EQ(next[RunId(t)], 2 * kRounds + kRounds / 10);
        EXPECT_EQ(lastDone[RunId(t)], kRounds - 1);
    }
    EXPECT_LE(consumer.wakes, consumer.drains + 1);
}

}  // namespace
}  // namespace skd
