#include <gtest/gtest.h>

#include "base/hash.h"
#include "core/library/elastic_run.h"
#include "core/model/tiny_model.h"
#include "run/carving.h"
#include "store/run_writer.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Keeps what Carving says.
class KeepingSink final : public EventSink {
public:
    void emit(Event event) override { m_events.push_back(std::move(event)); }
    template <class T>
    std::vector<T> all() const {
        std::vector<T> found;
        for (const Event& event : m_events)
            if (const auto* one = std::get_if<T>(&event)) found.push_back(*one);
        return found;
    }

private:
    std::vector<Event> m_events;
};

class RecoveredPreview : public testing::Test {
protected:
    void SetUp() override {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        spec.model = {.path = modelFixture("workbench").string(), .dtype = DTypeChoice::F32};
        spec.model.threads = 1;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 30;
        spec.prune.truncation = Truncation::Plain;
        spec.prune.rankMultiple = 2;
        spec.prune.calibrationTokens = 400;
        spec.prune.probeTokens = 90;
        spec.prune.weights = WeightRule::Unit;
        spec.eval.maxTokens = 700;
        spec.eval.liveTokens = 300;
        spec.eval.context = 64;
    }
    RunContext context() { return {RunId(), &sink, {}, 42, {}, {}}; }
    PreviewReady preview(Carving& carving, std::uint64_t serial,
                         const std::vector<std::int64_t>& ranks) {
        carving.measure({serial, ranks}, context());
        for (const PreviewReady& ready : sink.all<PreviewReady>())
            if (ready.serial == serial) return ready;
        ADD_FAILURE() << "no preview " << serial;
        return {};
    }
    /// The run in the workspace, with this analysis on record.
    RunId record(const Analysis& analysis) {
        auto writer = RunWriter::open(workspace);
        EXPECT_TRUE(writer) << writer.error().message;
        const Json json = toJson(spec);
        const auto run = (*writer)->createRun("elastic", json, sha256Hex(dumpJson(json)));
        EXPECT_TRUE(run);
        EXPECT_TRUE((*writer)->saveAnalysis(*run, analysis));
        return *run;
    }

    TemporaryFolder folder;
    std::filesystem::path workspace = folder / "w.sqlite";
    RunPaths paths = RunPaths::of(workspace);
    RunSpec spec;
    KeepingSink sink;
};

// The factors of the run are the model's own plain SVDs, so a size of it is the plain cut of the
// same ranks, which another path computes.
TEST_F(RecoveredPreview, ASizeOfTheRunIsTheCutOfTheSameRanks) {
    Carving dense(paths.spectra());
    dense.open(spec, context());
    ASSERT_FALSE(sink.all<AnalysisReady>().empty());
    const AnalysisPtr analysis = sink.all<AnalysisReady>().back().analysis;
    const RunId run = record(*analysis);
    const ElasticRun made = writeElasticRun(paths, run);
    Carving recovered(paths.spectra(), RecordedRuns{workspace, paths});
    RunSpec opened;
    opened.model.path = "run:" + std::to_string(run.value());
    opened.model.threads = 1;
    recovered.open(opened, context());
    for (const RunFailed& failed : sink.all<RunFailed>()) ADD_FAILURE() << failed.error.message;
    EXPECT_EQ(sink.all<AnalysisReady>().back().analysis->model.path, opened.model.path);
    std::uint64_t serial = 0;
    // Up and down again: kept hidden states must not outlive the ranks that they are of.
    for (const double removed : {0.6, 0.3, 0.45, 0.1, 0.6}) {
        const auto ranks = made.path.ranksAt(made.path.prefixAt(removed));
        const PreviewReady cut = preview(dense, ++serial, ranks),
                           size = preview(recovered, ++serial, ranks);
        EXPECT_NEAR(size.perplexity, cut.perplexity, 2e-4 * cut.perplexity) << removed;
        EXPECT_NEAR(size.kl, cut.kl, 2e-3 * cut.kl + 1e-6);
        EXPECT_EQ(size.densePerplexity, cut.densePerplexity);
    }
}

TEST_F(RecoveredPreview, RanksBeyondTheCapAndUnknownRunsAreRefused) {
    Carving dense(paths.spectra());
    dense.open(spec, context());
    ASSERT_FALSE(sink.all<AnalysisReady>().empty());
    const AnalysisPtr analysis = sink.all<AnalysisReady>().back().analysis;
    const RunId run = record(*analysis);
    const ElasticRun made = writeElasticRun(paths, run);
    Carving recovered(paths.spectra(), RecordedRuns{workspace, paths});
    RunSpec opened;
    opened.model.path = "run:" + std::to_string(run.value());
    recovered.open(opened, context());
    for (const RunFailed& failed : sink.all<RunFailed>()) ADD_FAILURE() << failed.error.message;
    const std::vector<std::int64_t> ranks = made.path.ranksAt(0);
    const double before = preview(recovered, 1, ranks).perplexity;
    recovered.measure({2, std::vector<std::int64_t>(ranks.size(), 1'000'000)}, context());
    ASSERT_EQ(sink.all<PreviewFailed>().size(), 1u);
    EXPECT_EQ(preview(recovered, 3, ranks).perplexity, before) << "a refusal changes nothing";
    opened.model.path = "run:99";
    recovered.open(opened, context());
    EXPECT_EQ(sink.all<RunFailed>().size(), 1u);
}

}  // namespace
}  // namespace skd::test
