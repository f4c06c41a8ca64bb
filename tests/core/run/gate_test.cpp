// The stability gate: what it measures from, what it tries, what a refused cut leaves.
#include <gtest/gtest.h>

#include <map>

#include "core/model/tiny_model.h"
#include "run/pipeline.h"
#include "support/small_corpus.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Keeps what a run says of its cuts.
class GateSink final : public EventSink {
public:
    void emit(Event event) override {
        if (const auto* batch = std::get_if<MetricBatch>(&event))
            for (const MetricPoint& point : batch->points)
                metrics[point.name][point.step] = point.value;
        if (const auto* chosen = std::get_if<RanksChosen>(&event)) ranks.push_back(chosen->ranks);
        if (const auto* line = std::get_if<LogLine>(&event))
            lines.push_back({line->level, line->text});
    }
    std::map<std::string, std::map<std::int64_t, double>> metrics;
    std::vector<std::vector<std::pair<std::string, std::int64_t>>> ranks;
    std::vector<std::pair<log::Level, std::string>> lines;
};

class GateTest : public testing::Test {
protected:
    GateTest() {
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
        spec.model.path = modelFixture("workbench").string();
        spec.model.threads = 1;
        spec.corpus.shares = smallShares();
        spec.corpus.sequenceLength = 48;
        spec.corpus.samples = 24;
        spec.prune.rankMultiple = 4;
        spec.prune.target = 0.5;
        spec.prune.calibrationTokens = 300;
        spec.prune.probeTokens = 90;
        spec.distill.steps = 0;
        spec.distill.batch = 2;
        spec.distill.warmup = 0;
        spec.eval.maxTokens = 500;
        spec.eval.liveTokens = 200;
        spec.eval.context = 64;
        spec.schedule.gateKl = 1e5;
    }
    PipelineResult complete(std::int64_t id) {
        sink = {};
        const RunContext context{RunId(id), &sink, {}, 42, {}, {}};
        const auto result = runPipeline(spec, paths, context, [](const Json&) { return Status(); });
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? *result : PipelineResult{};
    }
    const TemporaryFolder folder;
    const RunPaths paths{folder.path() / "files"};
    RunSpec spec;
    GateSink sink;
};

TEST_F(GateTest, EveryRoundIsMeasuredToTheOriginalToo) {
    spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
    spec.distill.steps = 3;
    const auto rounds = complete(1).summary.rounds;
    ASSERT_EQ(rounds.size(), 2u);
    ASSERT_TRUE(rounds[0].gateKl && rounds[1].gateKl && rounds[0].gateOriginalKl &&
                rounds[1].gateOriginalKl && rounds[0].recoveredKl && rounds[1].recoveredKl);
    EXPECT_EQ(*rounds[0].gateOriginalKl, *rounds[0].gateKl) << "the model before is the original";
    EXPECT_GT(*rounds[1].gateOriginalKl, *rounds[1].gateKl);
    EXPECT_GT(*rounds[1].gateOriginalKl, *rounds[0].gateOriginalKl);
    EXPECT_GT(*rounds[0].recoveredKl, 0);
    ASSERT_TRUE(rounds[1].gateStandardError);
    EXPECT_GT(*rounds[1].gateStandardError, 0);
    EXPECT_LT(*rounds[1].gateStandardError, *rounds[1].gateKl);
    EXPECT_EQ(sink.metrics["gate.original_kl"].at(7), *rounds[1].gateOriginalKl);
    // The same figures in a run that is told of an interrupted one's.
    EXPECT_EQ(complete(1).summary.rounds[1].gateOriginalKl, rounds[1].gateOriginalKl);
}

/// Student's t of at least infinitely many degrees of freedom, of at most the blocks there are.
TEST_F(GateTest, EveryDistanceHasAnInterval) {
    spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
    spec.distill.steps = 3;
    for (const KlReference reference : {KlReference::Before, KlReference::Original}) {
        spec.schedule.gateReference = reference;
        const auto rounds = complete(1 + static_cast<std::int64_t>(reference)).summary.rounds;
        ASSERT_EQ(rounds.size(), 2u);
        for (const RoundSummary& round : rounds) {
            ASSERT_TRUE(round.gateHalfWidth && round.gateOriginalHalfWidth &&
                        round.recoveredHalfWidth && round.gateStandardError);
            const double limited = reference == KlReference::Original ? *round.gateOriginalHalfWidth
                                                                      : *round.gateHalfWidth;
            EXPECT_GE(limited / *round.gateStandardError, 1.959);
            EXPECT_LE(limited / *round.gateStandardError, 12.8);
            EXPECT_GT(*round.recoveredHalfWidth, 0);
        }
        EXPECT_EQ(*rounds[0].gateHalfWidth, *rounds[0].gateOriginalHalfWidth)
            << "the model before is the original";
        EXPECT_NE(*rounds[1].gateHalfWidth, *rounds[1].gateOriginalHalfWidth);
    }
}

TEST_F(GateTest, TheLimitIsOnTheDistanceThatIsAskedFor) {
    spec.schedule.rounds = {{0.2, 0}, {0.4, 0}};
    const auto rounds = complete(1).summary.rounds;
    const double before = std::max(*rounds[0].gateKl, *rounds[1].gateKl),
                 original = *rounds[1].gateOriginalKl;
    ASSERT_GT(original, before);
    spec.schedule.gateKl = (before + original) / 2;
    const PipelineResult passed = complete(2);
    EXPECT_FALSE(passed.summary.rounds.back().rolledBack);
    spec.schedule.gateReference = KlReference::Original;
    const PipelineResult refused = complete(3);
    ASSERT_EQ(refused.summary.rounds.size(), 2u);
    EXPECT_FALSE(refused.summary.rounds[0].rolledBack);
    EXPECT_TRUE(refused.summary.rounds[1].rolledBack);
    EXPECT_EQ(refused.summary.mlpRemoved, rounds[0].mlpRemoved);
    const std::string& reason = refused.summary.rounds[1].reason;
    EXPECT_NE(reason.find("from the original model's"), std::string::npos) << reason;
    EXPECT_NE(refused.reason.find(reason), std::string::npos);
}

TEST_F(GateTest, ARefusedCutSaysWhy) {
    spec.schedule.gateKl = 1e-9;
    const PipelineResult result = complete(1);
    const RoundSummary& round = result.summary.rounds.at(0);
    EXPECT_TRUE(round.rolledBack);
    EXPECT_NE(round.reason.find("the limit is 1e-09"), std::string::npos) << round.reason;
    EXPECT_EQ(result.reason, "round 1 was rolled back: " + round.reason);
}

/// Back until a cut passes, then up again between what passed and what did not.
TEST_F(GateTest, RaisingRanksEndsNearTheLimit) {
    const double whole = *complete(1).summary.rounds.at(0).gateKl;
    spec.schedule.gateAction = GateAction::RaiseRanks;
    for (const double share : {0.2, 0.5, 0.8}) {
        spec.schedule.gateKl = whole * share;
        const PipelineResult result = complete(2 + static_cast<std::int64_t>(10 * share));
        const RoundSummary& round = result.summary.rounds.at(0);
        const auto &kl = sink.metrics["gate.kl"], &removed = sink.metrics["gate.removed"];
        ASSERT_EQ(kl.size(), static_cast<std::size_t>(RoundSummary::kGateTrials));
        double most = 0;
        std::size_t best = 0;
        for (const auto& [trial, value] : kl)
            if (value <= spec.schedule.gateKl)
                most = removed.at(trial), best = static_cast<std::size_t>(trial) - 1;
        ASSERT_FALSE(round.rolledBack);
        EXPECT_EQ(*round.targetRemoved, most) << "the last that passed removes most";
        for (const auto& [trial, value] : kl)
            if (value > spec.schedule.gateKl) {
                EXPECT_GE(removed.at(trial), most) << share;
            }
        EXPECT_TRUE(round.reason.empty());
        ASSERT_GT(sink.ranks.size(), best);
        EXPECT_EQ(sink.ranks.back(), sink.ranks[best]) << "the ranks on record are the model's";
    }
    spec.schedule.gateKl = 1e-9;
    EXPECT_TRUE(complete(21).summary.rounds.at(0).rolledBack) << "nothing passes";
}

TEST_F(GateTest, WithoutAGateNoDistanceIsKept) {
    spec.schedule.gate = false;
    spec.prune.target = 0.3;
    const auto rounds = complete(1).summary.rounds;
    EXPECT_FALSE(rounds.at(0).gateKl || rounds[0].gateOriginalKl || rounds[0].recoveredKl);
    EXPECT_TRUE(sink.metrics["gate.kl"].empty());
}

TEST_F(GateTest, ACutThatGoesTooFarIsSaid) {
    const auto said = [&] {
        for (const auto& [level, text] : sink.lines)
            if (level == log::Level::Warning && text.find("in whole steps") != std::string::npos)
                return text;
        return std::string();
    };
    spec.prune.ranks = RankRule::Uniform;
    spec.prune.rankMultiple = 16;
    spec.prune.target = 0.1;
    const double removed = *complete(1).summary.targetRemoved;
    ASSERT_GT(removed, 0.11) << "the rank that 10 % leaves is no multiple of 16";
    EXPECT_NE(said().find("instead of 10.00 % are removed"), std::string::npos) << said();
    spec.prune.method = PruneMethod::ShortGpt;
    spec.prune.target = 0.3;
    (void)complete(2);
    EXPECT_NE(said().find("50.00 % of the layers instead of 30.00 %"), std::string::npos) << said();
    spec.prune.method = PruneMethod::Magnitude;
    spec.prune.target = 0.25;
    (void)complete(3);
    EXPECT_EQ(said(), "") << "masks meet their target";
}

}  // namespace
}  // namespace skd::test
