// How long the sizes of a recovered SmolLM2 take to look at and to write: run by hand (label
// bench). The limits are those for two cores with nothing beside them.
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>

#include "base/text.h"
#include "library/elastic_path.h"
#include "library/model_source.h"
#include "requests/export/export_tool.h"
#include "run/session.h"
#include "store/run_store.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Lets a test wait for the first event of a kind that it accepts.
class LatencySink final : public EventSink {
public:
    void emit(Event event) override {
        const std::lock_guard lock(m_mutex);
        m_events.push_back(std::move(event));
        m_arrived.notify_all();
    }
    template <class T>
    std::optional<T> waitFor(const std::function<bool(const T&)>& accept) {
        std::unique_lock lock(m_mutex);
        std::optional<T> found;
        m_arrived.wait_for(lock, std::chrono::minutes(30), [&] {
            for (const Event& event : m_events)
                if (const auto* one = std::get_if<T>(&event); one != nullptr && accept(*one))
                    found = *one;
            return found.has_value();
        });
        return found;
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    std::vector<Event> m_events;
};

/// A short run: what is timed does not depend on how well it has recovered.
RunSpec shortElastic() {
    RunSpec spec;
    spec.corpus.sequenceLength = 128;
    spec.corpus.samples = 64;
    spec.prune.ranks = RankRule::Budget;
    spec.prune.weights = WeightRule::Unit;
    spec.prune.form = MatrixForm::IdentityBlock;
    spec.prune.calibrationTokens = 2048;
    spec.elastic.largest = 0.15;
    spec.elastic.smallest = 0.65;
    spec.schedule.gate = false;
    spec.distill.alpha = 0;
    spec.distill.steps = 2;
    spec.distill.warmup = 0;
    spec.distill.evalEvery = 2;
    spec.eval.maxTokens = 1024;
    spec.eval.liveTokens = 512;
    spec.eval.quality = false;
    spec.eval.prompts.clear();
    return spec;
}

double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

class BenchElasticLatency : public testing::Test {
protected:
    void SetUp() override {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        setenv("SPARSEKD_MODELS", SKD_SOURCE_DIR "/.deps/models", 0);
        if (!resolveModelPath(RunSpec().model.path)) GTEST_SKIP() << "there is no sample model";
        auto made = makeSession({workspace, "", 0});
        ASSERT_TRUE(made) << made.error().message;
        session = std::move(*made);
        session->subscribe(sink);
        const auto run = session->start(shortElastic());
        ASSERT_TRUE(run) << run.error().message;
        const auto finished = sink->waitFor<RunFinished>([](const RunFinished&) { return true; });
        ASSERT_TRUE(finished && finished->outcome == Outcome::Completed);
    }
    /// Seconds of a preview of these ranks.
    double preview(const std::vector<std::int64_t>& ranks) {
        const std::uint64_t serial = ++last;
        session->requestPreview({serial, ranks});
        const auto ready = sink->waitFor<PreviewReady>(
            [=](const PreviewReady& one) { return one.serial == serial; });
        EXPECT_TRUE(ready);
        return ready ? ready->seconds : std::nan("");
    }

    const TemporaryFolder folder;
    const std::filesystem::path workspace = folder / "w.sqlite";
    const RunPaths paths = RunPaths::of(workspace);
    std::shared_ptr<LatencySink> sink = std::make_shared<LatencySink>();
    std::unique_ptr<Session> session;
    std::uint64_t last = 0;
};

TEST_F(BenchElasticLatency, PreviewsSlicesAndExportsOfSmolLm2) {
    RunSpec opened;
    opened.model.path = "run:1";
    session->openModel(opened);
    ASSERT_TRUE(sink->waitFor<StageFinished>([](const StageFinished& stage) {
        return stage.run == RunId{} && stage.stage == Stage::Evaluate;
    }));
    const auto store = RunStore::open(workspace);
    ASSERT_TRUE(store);
    const auto path =
        elasticPath(paths, RunId(1), (*store)->details(RunId(1)).value().summary.elastic);
    ASSERT_TRUE(path) << path.error().message;
    for (const double removed : {0.15, 0.65, 0.42, 0.43}) {
        const double seconds = preview(path->ranksAt(path->prefixAt(removed)));
        std::cout << "preview at " << percentText(removed) << ": " << formatNumber(seconds, 3)
                  << " s\n";
        EXPECT_LE(seconds, 1.5);
    }
    std::vector<std::int64_t> ranks = path->ranksAt(path->prefixAt(0.43));
    ranks.back() = path->bounds(ranks.size() - 1).least;
    std::cout << "preview after the last layer alone: " << formatNumber(preview(ranks), 3)
              << " s\n";
    for (const double removed : {0.15, 0.42, 0.65}) {
        const RunReference reference{RunId(1), {}, removed};
        auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(openOneSize(paths, reference, {at::kFloat, at::kCPU}));
        const double slice = secondsSince(begin);
        begin = std::chrono::steady_clock::now();
        ExportRequest request{.model = {.path = reference.text()},
                              .out = folder / ("out" + std::to_string(++last)),
                              .workspace = workspace};
        const auto written = exportModel(request, {});
        ASSERT_TRUE(written) << written.error().message;
        const double whole = secondsSince(begin);
        std::cout << "slice at " << percentText(removed) << ": " << formatNumber(slice, 3)
                  << " s, slice and export: " << formatNumber(whole, 3) << " s\n";
        EXPECT_LE(whole, 5);
    }
}

}  // namespace
}  // namespace skd::test
