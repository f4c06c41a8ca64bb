#include <gtest/gtest.h>

#include <map>

#include "base/hash.h"
#include "core/model/tiny_model.h"
#include "run/pipeline.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

/// What a run chooses by and what it is judged by are different texts, and both are on record.
namespace skd::test {
namespace {

/// Keeps a run's metrics and warnings.
class SelectionSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                metrics[point.name][point.step] = point.value;
        if (const auto* line = std::get_if<LogLine>(&event)) log += line->text + "\n";
    }
    std::map<std::string, std::map<std::int64_t, double>> metrics;
    std::string log;
};

class SelectionTest : public testing::Test {
protected:
    struct Done {
        SelectionSink sink;
        RunSummary summary;
        Json environment;
    };

    void SetUp() override {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
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
        spec.eval.maxTokens = 500;
        spec.eval.liveTokens = 200;
        spec.eval.context = 64;
        spec.eval.answerTokens = 8;
        std::string text;
        for (int i = 0; i < 200; ++i)
            text += "The number " + std::to_string(i * 7919 % 1000) + " is written here.\n";
        other = folder.write("other.txt", text).string();
        otherSha256 = sha256Hex(text);
    }
    Done run() {
        Done done;
        const RunContext context{RunId(++m_runs), &done.sink, {}, 42, {}, {}};
        const auto result = runPipeline(spec, paths, context, [&](const Json& environment) {
            done.environment = environment;
            return Status();
        });
        EXPECT_TRUE(result) << result.error().message;
        if (result) done.summary = result->summary;
        return done;
    }

    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
    RunSpec spec;
    std::string other, otherSha256;

private:
    std::int64_t m_runs = 0;
};

/// Against a run whose evaluation text is that text.
TEST_F(SelectionTest, TheLiveCurveIsOfTheSelection) {
    spec.eval.selection = other;
    const Done chosen = run();
    spec.eval.selection.clear();
    const Done old = run();
    spec.eval.text = other;
    const Done same = run();
    const auto& live = chosen.sink.metrics.at("ppl.live");
    EXPECT_EQ(live, same.sink.metrics.at("ppl.live"));
    EXPECT_NE(live.at(0), old.sink.metrics.at("ppl.live").at(0));
    EXPECT_EQ(chosen.sink.metrics.at("ppl.dense_live"), same.sink.metrics.at("ppl.dense_live"));
    EXPECT_EQ(chosen.summary.densePpl, old.summary.densePpl) << "judged by the evaluation text";
    EXPECT_EQ(chosen.summary.postPrunePpl, old.summary.postPrunePpl);
    EXPECT_EQ(chosen.summary.selection->sha256, otherSha256);
    EXPECT_EQ(chosen.summary.selection->tokens, 200);
    EXPECT_EQ(chosen.environment["selection_sha256"], otherSha256);
    EXPECT_NE(chosen.environment["text_sha256"], otherSha256);
    EXPECT_EQ(chosen.summary.evaluation->text, EvalSpec().text);
    EXPECT_EQ(chosen.summary.evaluation->tokens, 500);
    EXPECT_EQ(old.summary.selection->sha256, old.summary.evaluation->sha256);
    EXPECT_EQ(old.environment["selection_sha256"], old.environment["text_sha256"]);
    EXPECT_NE(chosen.summary.quality->text->find("selection text other.txt"), std::string::npos);
}

TEST_F(SelectionTest, TheDefaultIsHeldOutValidationTextWithoutItsUnknownWords) {
    spec.corpus.shares = CorpusSpec::defaultShares();
    spec.eval.domainTokens = 300;
    spec.distill.steps = 0;
    const Done done = run();
    EXPECT_EQ(done.summary.selection->text, EvalSpec().selection);
    EXPECT_GT(done.summary.selection->unscored, 0);
    EXPECT_EQ(done.summary.evaluation->unscored, 0);
    EXPECT_NE(done.sink.metrics.at("ppl.dense_live").at(0), *done.summary.densePpl);
    EXPECT_EQ(done.summary.quality->text, "first 200 tokens of the held-out validation text");
    EXPECT_GT(done.summary.quality->tokens, 100);
    ASSERT_EQ(done.summary.domains.size(), 4u);
    EXPECT_EQ(done.summary.domains[3].name, "code");
}

TEST_F(SelectionTest, RepeatsOfACorpusAreSaid) {
    const Done distinct = run();
    EXPECT_EQ(distinct.summary.corpus->distinct, 24);
    EXPECT_EQ(distinct.sink.log.find("repeats"), std::string::npos) << distinct.sink.log;
    spec.corpus.shares = {{"small", other, CorpusFormat::Text, {}}};
    spec.corpus.samples = 2000;
    spec.distill.steps = 0;
    const Done repeated = run();
    ASSERT_TRUE(repeated.summary.corpus);
    EXPECT_EQ(repeated.summary.corpus->samples, 2000);
    const std::int64_t held = *repeated.summary.corpus->distinct;
    EXPECT_GT(held, 10);
    EXPECT_LT(held, 200);
    const std::string said = "small " + std::to_string(held) + " of 2,000";
    EXPECT_NE(repeated.sink.log.find(said), std::string::npos) << repeated.sink.log;
}

}  // namespace
}  // namespace skd::test
