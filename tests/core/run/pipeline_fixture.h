#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "core/model/tiny_model.h"
#include "library/run_models.h"
#include "run/pipeline.h"
#include "run/scoring.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {

/// Keeps events; asks for the end at the nth one, or at the first that stopWhen says.
class StoppingSink final : public EventSink {
public:
    void emit(Event event) override {
        events.push_back(std::move(event));
        if (stopAt > 0 && events.size() == stopAt) stop.request_stop();
        if (stopWhen && stopWhen(events.back())) stop.request_stop();
    }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const Event& event : events)
            if (const auto* candidate = std::get_if<T>(&event)) found.push_back(*candidate);
        return found;
    }
    /// Value of a metric by step, the last one said.
    std::map<std::int64_t, double> metric(const std::string& name) const {
        std::map<std::int64_t, double> values;
        for (const MetricBatch& batch : all<MetricBatch>())
            for (const MetricPoint& point : batch.points)
                if (point.name == name) values[point.step] = point.value;
        return values;
    }
    std::vector<Event> events;
    std::size_t stopAt = 0;
    std::function<bool(const Event&)> stopWhen;
    std::stop_source stop;
};

class PipelineTest : public testing::Test {
protected:
    void SetUp() override { setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1); }

    static RunSpec small() {
        RunSpec spec;
        spec.model.path = modelFixture("workbench").string();
        spec.model.threads = 1;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 24;
        spec.prune.rankMultiple = 4;
        spec.prune.target = 0.3;
        spec.prune.calibrationTokens = 300;
        spec.prune.probeTokens = 90;
        spec.distill.steps = 4;
        spec.distill.batch = 2;
        spec.distill.warmup = 1;
        spec.distill.evalEvery = 2;
        spec.distill.checkpointEvery = 2;
        spec.eval.maxTokens = 500;
        spec.eval.liveTokens = 200;
        spec.eval.context = 64;
        spec.eval.answerTokens = 8;
        return spec;
    }

    Result<PipelineResult> run(const RunSpec& spec, std::int64_t id, StoppingSink& sink) {
        const RunContext context{
            RunId(id), &sink, sink.stop.get_token(), static_cast<std::uint64_t>(spec.seed), {}, {}};
        return runPipeline(spec, paths, context, [](const Json&) { return Status(); });
    }
    PipelineResult complete(const RunSpec& spec, std::int64_t id) {
        StoppingSink sink;
        return complete(spec, id, sink);
    }
    PipelineResult complete(const RunSpec& spec, std::int64_t id, StoppingSink& sink) {
        auto result = run(spec, id, sink);
        EXPECT_TRUE(result) << result.error().message;
        if (!result) return {};
        EXPECT_EQ(result->outcome, Outcome::Completed);
        return *result;
    }

    /// Two rounds, stopped at about nine places and resumed; what the uninterrupted run said.
    StoppingSink expectSameModelAfterStops(RunSpec spec, const Json& budget = {}) {
        spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
        spec.schedule.recache = true;
        const auto begin = [&](std::int64_t id) {
            if (!budget.is_null()) {
                EXPECT_TRUE(RunState(paths.run(RunId(id))).put("budget", budget));
            }
        };
        begin(1);
        StoppingSink whole;
        const Json expected = toJson(complete(spec, 1, whole).summary);
        for (std::size_t stopAt = 2, id = 10; stopAt < whole.events.size();
             stopAt += whole.events.size() / 9 + 1, ++id) {
            StoppingSink first;
            first.stopAt = stopAt;
            begin(static_cast<std::int64_t>(id));
            const auto stopped = run(spec, static_cast<std::int64_t>(id), first);
            EXPECT_TRUE(stopped) << stopped.error().message;
            if (!stopped) break;
            const Json resumed = toJson(complete(spec, static_cast<std::int64_t>(id)).summary);
            for (const char* key : {"dense_ppl", "post_prune_ppl", "post_kd_ppl", "mlp_removed",
                                    "best_step", "teacher_sha256", "answers"})
                EXPECT_EQ(resumed[key], expected[key])
                    << key << " after a stop at event " << stopAt;
            const auto hash = [&](std::int64_t run) {
                const auto file =
                    RunModels(paths.run(RunId(run))).open({}, {at::kBFloat16, at::kCPU});
                return file ? file->model.weightsSha256 : file.error().message;
            };
            EXPECT_EQ(hash(static_cast<std::int64_t>(id)), hash(1))
                << "after a stop at event " << stopAt;
        }
        return whole;
    }

    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
};

}  // namespace skd::test
