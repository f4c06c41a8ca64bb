#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "spec/run_spec.h"

namespace skd {
namespace {

std::string errorAfter(const std::function<void(RunSpec&)>& change) {
    RunSpec spec;
    change(spec);
    const Status status = validate(spec);
    if (status) return "";
    EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
    return status.error().message;
}

TEST(Validate, TakesTheDefaultsAndAnEvaluationOnly) {
    EXPECT_EQ(errorAfter([](RunSpec&) {}), "");
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.prune.method = PruneMethod::None;
                  spec.distill.steps = 0;
              }),
              "");
}

TEST(Validate, TemperatureMustBeStored) {
    for (const double stored : {1.0, 1.5, 2.0, 3.0})
        EXPECT_EQ(errorAfter([&](RunSpec& spec) { spec.distill.temperature = stored; }), "");
    const std::string message = errorAfter([](RunSpec& spec) { spec.distill.temperature = 2.5; });
    EXPECT_NE(message.find("one of 1, 1.5, 2, 3"), std::string::npos);
    EXPECT_NE(message.find("not 2.5"), std::string::npos);
    EXPECT_EQ(
        errorAfter([](RunSpec& spec) { spec.distill.temperature = 2.5, spec.distill.alpha = 0; }),
        "");
    EXPECT_EQ(
        errorAfter([](RunSpec& spec) { spec.distill.temperature = 2.5, spec.distill.steps = 0; }),
        "");
}

TEST(Validate, DistillationFitsTogether) {
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.distill.warmup = 61; }).find("distill.warmup"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.distill.warmup = 61, spec.distill.steps = 0; }),
              "");
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.distill.warmup = 60; }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.distill.microBatch = 5; }).find("micro_batch"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.distill.microBatch = 4; }), "");
}

TEST(Validate, ABudgetMultipliesStepsThatMustBeGiven) {
    RunSpec spec;
    spec.distill.budget = 150'000;
    EXPECT_TRUE(validate(spec));
    spec.distill.steps = spec.distill.warmup = 0;
    ASSERT_FALSE(validate(spec));
    EXPECT_NE(validate(spec).error().message.find("distill.budget"), std::string::npos);
}

TEST(Validate, TimeAsCostNeedsARuleThatKnowsIt) {
    for (const RankRule rule :
         {RankRule::Uniform, RankRule::Tiers, RankRule::Energy, RankRule::Random}) {
        const std::string message = errorAfter(
            [&](RunSpec& spec) { spec.prune.cost = PruneCost::Latency, spec.prune.ranks = rule; });
        EXPECT_NE(message.find("prune.cost"), std::string::npos) << enumName(rule);
    }
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.prune.cost = PruneCost::Latency; }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.cost = PruneCost::Latency, spec.prune.remeasure = 1;
              }).find("remeasure"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.prune.costBatch = 0; }).find("cost_batch"),
              std::string::npos);
}

TEST(Validate, DepthNeedsABudgetAndClippingAFactor) {
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.prune.depthTrials = 10; }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.depthTrials = 10, spec.prune.ranks = RankRule::Uniform;
              }).find("prune.depth_trials"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.prune.depthTrials = 10, spec.control = Control::RandomRank;
              }),
              "")
        << "a control of the same base";
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.prune.energies["a"] = 0.9; }).find("energies"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.prune.fisherClip = 10; }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.prune.fisherClip = 0.5; }).find("fisher_clip"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.prune.fisherEdge = 0.5; }).find("fisher_edge"),
              std::string::npos);
}

TEST(Validate, SearchNeedsALimitAndTiersAFactor) {
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.ranks = RankRule::Search;
              }).find("prune.search_ppl"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.prune.ranks = RankRule::Search;
                  spec.prune.searchPerplexity = 50;
              }),
              "");
    const auto flat = [](RunSpec& spec) {
        spec.prune.tierEarly = spec.prune.tierMiddle = spec.prune.tierLate = 0;
    };
    EXPECT_EQ(errorAfter(flat), "") << "nothing reads the factors";
    EXPECT_NE(errorAfter([&](RunSpec& spec) {
                  flat(spec), spec.prune.ranks = RankRule::Tiers;
              }).find("tier_early"),
              std::string::npos);
    EXPECT_NE(errorAfter([&](RunSpec& spec) {
                  flat(spec), spec.prune.weights = WeightRule::Tiers;
              }).find("tier_early"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.locked = {"model.layers.0", ""};
              }).find("prune.locked"),
              std::string::npos);
}

TEST(Validate, EveryTruncationAndRankRuleIsTaken) {
    for (const auto& [truncation, name] : kNames<Truncation>)
        EXPECT_EQ(errorAfter([one = truncation](RunSpec& spec) { spec.prune.truncation = one; }),
                  "")
            << name;
    for (const RankRule rule :
         {RankRule::Budget, RankRule::Uniform, RankRule::Tiers, RankRule::Energy, RankRule::Random})
        EXPECT_EQ(errorAfter([&](RunSpec& spec) { spec.prune.ranks = rule; }), "")
            << enumName(rule);
}

TEST(Validate, ExplicitRanksNeedAMap) {
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.ranks = RankRule::Explicit;
              }).find("prune.explicit_ranks"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.prune.ranks = RankRule::Explicit;
                  spec.prune.explicitRanks["m"] = 16;
              }),
              "");
}

TEST(Validate, MaskPatternsAreNOfM) {
    for (const char* good : {"", "2:4", "1:2", "63:64"})
        EXPECT_EQ(errorAfter([&](RunSpec& spec) {
                      spec.prune.method = PruneMethod::Wanda, spec.prune.pattern = good;
                  }),
                  "")
            << good;
    for (const char* bad : {"2", "4:4", "0:4", "5:4", "-1:4", "2:65", "2:4:8", "2 : 4", ":",
                            "2:", ":4", "a:b", "99999999999999999999:4"})
        EXPECT_NE(errorAfter([&](RunSpec& spec) {
                      spec.prune.method = PruneMethod::Wanda, spec.prune.pattern = bad;
                  }).find("prune.pattern"),
                  std::string::npos)
            << bad;
}

TEST(Validate, StructuredPrunersRefuseWhatTheyCannotKeep) {
    for (const auto& [method, name] : kNames<PruneMethod>)
        EXPECT_EQ(errorAfter([one = method](RunSpec& spec) { spec.prune.method = one; }), "")
            << name;
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.method = PruneMethod::LlmPruner;
                  spec.prune.targets = PruneTargets::All;
              }).find("prune.targets"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.method = PruneMethod::SliceGpt;
                  spec.prune.locked = {"model.layers.0"};
              }).find("prune.locked"),
              std::string::npos);
}

TEST(Validate, ChannelsNeedABudgetAndGramMatrices) {
    const auto errorOf = [](MlpArm arm, const std::function<void(PruneSpec&)>& change) {
        return errorAfter([&](RunSpec& spec) { spec.prune.mlpArm = arm, change(spec.prune); });
    };
    const std::vector<std::pair<const char*, std::function<void(PruneSpec&)>>> conflicts{
        {"prune.targets", [](PruneSpec& s) { s.targets = PruneTargets::Attention; }},
        {"prune.ranks", [](PruneSpec& s) { s.ranks = RankRule::Uniform; }},
        {"prune.truncation", [](PruneSpec& s) { s.truncation = Truncation::Plain; }},
        {"prune.truncation", [](PruneSpec& s) { s.truncation = Truncation::Asvd; }},
        {"prune.cost", [](PruneSpec& s) { s.cost = PruneCost::Latency; }},
        {"prune.remeasure", [](PruneSpec& s) { s.remeasure = 1; }}};
    for (const MlpArm arm : {MlpArm::Channels, MlpArm::Either}) {
        EXPECT_EQ(errorOf(arm, [](PruneSpec&) {}), "");
        EXPECT_EQ(errorOf(arm, [](PruneSpec& s) { s.targets = PruneTargets::All; }), "");
        for (const auto& [field, change] : conflicts) {
            const std::string message = errorOf(arm, change);
            EXPECT_NE(message.find(field), std::string::npos) << message;
            EXPECT_NE(message.find("prune.mlp_arm"), std::string::npos) << message;
        }
    }
    for (const auto& [field, change] : conflicts)
        EXPECT_EQ(errorOf(MlpArm::Factored, change), "") << field;
    const auto given = [](PruneSpec& s) {
        s.ranks = RankRule::Explicit;
        s.explicitRanks["model.layers.3.mlp"] = 64;
    };
    EXPECT_EQ(errorOf(MlpArm::Either, given), "");
    EXPECT_NE(errorOf(MlpArm::Factored, given).find("model.layers.3.mlp"), std::string::npos);
}

TEST(Validate, CorpusNeedsSources) {
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.corpus.shares.clear(); }).find("corpus.shares"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.corpus.shares[1].path.clear();
              }).find("corpus.shares.1.path"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  for (CorpusShare& share : spec.corpus.shares) share.weight = 0;
              }).find("add up to 0"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.corpus.shares[0].fields.clear();
              }).find("corpus.shares.0.fields"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.corpus.shares[1].fields.clear(); }),
              "");  // plain text has none
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.corpus.shares[1].name = "c4";
              }).find("two shares called \"c4\""),
              std::string::npos);
}

TEST(Validate, AFolderReplacesShares) {
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.corpus.folder = "mix"; }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.corpus.folder = "mix";
                  spec.corpus.shares[0].weight = 1;
              }).find("remove one of the two"),
              std::string::npos);
}

TEST(Validate, TheControlWithoutWikiTextWorksOnSharesAndFolders) {
    RunSpec spec;
    spec.control = Control::NoWikiText;
    EXPECT_EQ(withControl(spec).corpus.shares.size(), 3u);
    EXPECT_TRUE(withControl(spec).corpus.without.empty());
    spec.corpus.shares[0].format = CorpusFormat::WikiText;
    EXPECT_EQ(withControl(spec).corpus.shares.size(), 2u);
    spec.corpus = CorpusSpec();
    spec.corpus.folder = "mix";
    const CorpusSpec worked = withControl(spec).corpus;
    EXPECT_EQ(worked.without, std::vector<std::string>{"wikitext"});
    EXPECT_EQ(worked.shares, CorpusSpec::defaultShares());
}

TEST(Validate, WindowsOverlapOrTouch) {
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.eval.context = 128, spec.eval.stride = 129;
              }).find("eval.stride"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.eval.context = 128, spec.eval.stride = 128; }),
              "");
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.eval.stride = 513; }).find("512"),
              std::string::npos);
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.eval.stride = 513, spec.eval.protocol = Protocol::NonOverlap2048;
              }),
              "");
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.eval.context = 1; }), "");
}

TEST(Validate, FurtherProtocolsAreKnownByName) {
    EXPECT_EQ(errorAfter([](RunSpec& spec) {
                  spec.eval.also = {"hf-stride", "lm-eval-wikitext"};
              }),
              "");
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.eval.also = {"hf-strid"};
              }).find("did you mean \"hf-stride\""),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.eval.also = {"x"}; }).find("paper-512-256"),
              std::string::npos);
}

TEST(Validate, PromptsHaveText) {
    EXPECT_EQ(errorAfter([](RunSpec& spec) { spec.eval.prompts.clear(); }), "");
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.eval.prompts = {"Why?", ""};
              }).find("prompts"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.eval.answerTokens = 0; }), "");
}

TEST(Validate, PagesHaveNoStrideAndTheirOwnPrefix) {
    const auto withPages = [](auto&& change) {
        return errorAfter([&](RunSpec& spec) {
            spec.eval.protocol = Protocol::LmEvalWikiText;
            change(spec.eval);
        });
    };
    EXPECT_EQ(withPages([](EvalSpec&) {}), "");
    EXPECT_NE(withPages([](EvalSpec& eval) { eval.stride = 8; }).find("eval.stride"),
              std::string::npos);
    EXPECT_NE(withPages([](EvalSpec& eval) { eval.bos = BosRule::Window; }).find("eval.bos"),
              std::string::npos);
}

TEST(Validate, SharesOfTheStepsAreWhole) {
    const auto with = [](std::vector<RoundSpec> rounds) {
        return errorAfter([&](RunSpec& spec) {
            spec.distill.steps = 60;
            spec.schedule.rounds = std::move(rounds);
        });
    };
    EXPECT_EQ(with({{0.2, 0, 0.2}, {0.4, 0, 0.2}, {0.5, 0, 0.6}}), "");
    EXPECT_NE(with({{0.2, 0, 0.2}, {0.4, 0, 0.7}}).find("add up to 0.900;"), std::string::npos);
    EXPECT_NE(with({{0.2, 0, 0.5}, {0.4, 30, 0.5}}).find("rounds.1.steps\" is given"),
              std::string::npos);
    EXPECT_NE(with({{0.2, 0, 1}, {0.4}}).find("rounds.1.share\" is 0"), std::string::npos);
    EXPECT_NE(with({{0.2, 0, 0.001}, {0.4, 0, 0.999}}).find("no whole step"), std::string::npos);
}

TEST(RunRoundsOfASpec, SharesDivideTheStepsWithoutARemainder) {
    RunSpec spec;
    spec.schedule.rounds = {{0.1, 0, 1.0 / 3}, {0.2, 0, 1.0 / 3}, {0.3, 0, 1.0 / 3}};
    for (const std::int64_t steps : {3, 10, 91, 1562}) {
        spec.distill.steps = steps;
        std::int64_t sum = 0;
        for (const RoundSpec& round : roundsOf(spec)) {
            EXPECT_NEAR(static_cast<double>(round.steps), static_cast<double>(steps) / 3, 1);
            sum += round.steps;
        }
        EXPECT_EQ(sum, steps);
    }
    spec.distill.steps = 100;
    spec.schedule.rounds = {{0.25, 0, 0.2}, {0.4, 0, 0.2}, {0.51, 0, 0.6}};
    EXPECT_EQ(roundsOf(spec)[0].steps, 20);
    EXPECT_EQ(roundsOf(spec)[1].steps, 20);
    EXPECT_EQ(roundsOf(spec)[2].steps, 60);
}

TEST(Validate, RefinementNeedsACutThatKeepsTheStream) {
    const auto with = [](PruneMethod method, Control control = Control::None) {
        return errorAfter([&](RunSpec& spec) {
            spec.refine.passes = 3;
            spec.prune.method = method;
            spec.control = control;
        });
    };
    EXPECT_EQ(with(PruneMethod::Svd), "");
    EXPECT_EQ(with(PruneMethod::ShortGpt), "");
    EXPECT_NE(with(PruneMethod::None).find("nothing is cut"), std::string::npos);
    EXPECT_NE(with(PruneMethod::SliceGpt).find("residual stream"), std::string::npos);
    EXPECT_EQ(with(PruneMethod::Svd, Control::DenseKd), "") << "a dense control refines nothing";
    RunSpec control;
    control.refine.passes = 3;
    control.control = Control::DenseCe;
    EXPECT_EQ(withControl(control).refine.passes, 0);
}

TEST(Validate, PathsMustBeGiven) {
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.model.path.clear(); }).find("model.path"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.eval.text.clear(); }).find("eval.text"),
              std::string::npos);
}

TEST(Validate, RangesHoldForSpecsMadeInCode) {
    EXPECT_NE(errorAfter([](RunSpec& spec) { spec.prune.target = 2; }).find("prune.target"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.target = std::numeric_limits<double>::quiet_NaN();
              }).find("finite"),
              std::string::npos);
    EXPECT_NE(errorAfter([](RunSpec& spec) {
                  spec.prune.explicitRanks["m"] = -1;
              }).find("explicit_ranks.m"),
              std::string::npos);
}

}  // namespace
}  // namespace skd
