#include "spec/elastic_spec.h"

#include <gtest/gtest.h>

#include <functional>

#include "spec/rate_rule.h"
#include "spec/run_spec.h"
#include "spec/spec_identity.h"

namespace skd {
namespace {

using Change = std::function<void(RunSpec&)>;

RunSpec elasticSpec(const Change& change = {}) {
    RunSpec spec;
    spec.elastic.smallest = 0.65;
    if (change) change(spec);
    return spec;
}

/// Empty where an elastic run with this change is valid and applicable.
std::string refusalAfter(const Change& change) {
    const RunSpec spec = elasticSpec(change);
    for (const Status& status : {validate(spec), checkApplicable(spec)}) {
        if (status) continue;
        EXPECT_EQ(status.error().code, ErrorCode::InvalidInput);
        return status.error().message;
    }
    return "";
}

TEST(ElasticSpec, IsOffByDefaultAndThenNoPartOfASpecsIdentity) {
    EXPECT_FALSE(RunSpec().elastic.isOn());
    EXPECT_FALSE(specIdentity(RunSpec()).contains("elastic"));
    EXPECT_EQ(specIdentity(elasticSpec())["elastic"], Json({{"smallest", 0.65}}));
    Json old = toJson(RunSpec());
    old.erase("elastic");
    EXPECT_EQ(parseRunSpec(completedRunSpec(old)), RunSpec());
}

TEST(ElasticSpec, NodesAreCutToTheRangeWithBothEnds) {
    ElasticSpec spec;
    spec.smallest = 0.65;
    EXPECT_EQ(spec.measuredNodes(), (std::vector<double>{0.15, 0.25, 0.35, 0.51, 0.65}));
    spec.largest = 0.2;
    spec.smallest = 0.4;
    EXPECT_EQ(spec.measuredNodes(), (std::vector<double>{0.2, 0.25, 0.35, 0.4}));
    spec.nodes = {0.3, 0.25, 0.3};
    EXPECT_EQ(spec.measuredNodes(), (std::vector<double>{0.2, 0.25, 0.3, 0.4}));
    spec.nodes.clear();
    EXPECT_EQ(spec.measuredNodes(), (std::vector<double>{0.2, 0.4}));
}

TEST(ElasticSpec, ListsOfFractionsAreRead) {
    Json json = Json::object();
    ASSERT_TRUE(applyOverride(json, "elastic.nodes=[0.2, 0.4]"));
    EXPECT_EQ(parseRunSpec(json)->elastic.nodes, (std::vector<double>{0.2, 0.4}));
    for (const char* wrong : {R"([0.2, "a"])", "0.2", "[1.5]", "[-0.1]", "[null]"}) {
        Json bad = Json::object();
        ASSERT_TRUE(applyOverride(bad, std::string("elastic.nodes=") + wrong));
        const auto spec = parseRunSpec(bad);
        ASSERT_FALSE(spec) << wrong;
        EXPECT_NE(spec.error().message.find("\"elastic.nodes"), std::string::npos);
    }
}

TEST(ElasticSpec, ValidationSaysWhatDoesNotFit) {
    EXPECT_EQ(refusalAfter({}), "");
    const std::vector<std::pair<Change, const char*>> cases{
        {[](RunSpec& spec) { spec.elastic.largest = 0.65; }, "elastic.largest"},
        {[](RunSpec& spec) { spec.elastic.smallest = 0.1; }, "elastic.largest"},
        {[](RunSpec& spec) { spec.elastic.smallest = 1.2; }, "elastic.smallest"},
        {[](RunSpec& spec) { spec.elastic.offPath = 2; }, "elastic.off_path"},
        {[](RunSpec& spec) {
             spec.elastic.nodes = {0.3, 0.7};
         },
         "elastic.nodes"},
        {[](RunSpec& spec) {
             spec.elastic.focus = ElasticFocus::Around;
             spec.elastic.focusAt = 0.7;
         },
         "elastic.focus_at"},
        {[](RunSpec& spec) { spec.prune.method = PruneMethod::Wanda; }, "prune.method"},
        {[](RunSpec& spec) { spec.prune.method = PruneMethod::None; }, "prune.method"},
        {[](RunSpec& spec) { spec.prune.ranks = RankRule::Uniform; }, "prune.ranks"},
        {[](RunSpec& spec) { spec.prune.mlpArm = MlpArm::Either; }, "prune.mlp_arm"},
        {[](RunSpec& spec) { spec.prune.cost = PruneCost::Latency; }, "prune.cost"},
        {[](RunSpec& spec) { spec.prune.remeasure = 1; }, "prune.remeasure"},
        {[](RunSpec& spec) {
             spec.schedule.rounds = {{0.2, 5}, {0.4, 5}};
         },
         "schedule.rounds"},
        {[](RunSpec& spec) {
             spec.schedule.rounds = {{0.2, 5}};
         },
         "schedule.rounds"},
        {[](RunSpec& spec) { spec.refine.passes = 1; }, "refine.passes"},
        {[](RunSpec& spec) { spec.distill.batch = 1; }, "distill.batch"},
        {[](RunSpec& spec) { spec.prune.target = 0.3; }, "prune.target"},
        {[](RunSpec& spec) { spec.elastic.focusAt = 0.4; }, "elastic.focus_at"},
        {[](RunSpec& spec) {
             spec.distill.batch = 2;
             spec.elastic.offPath = 0.5;
         },
         "elastic.off_path"}};
    for (const auto& [change, field] : cases)
        EXPECT_NE(refusalAfter(change).find("\"" + std::string(field)), std::string::npos)
            << field << ": " << refusalAfter(change);
}

TEST(ElasticSpec, PassesWhatFits) {
    const std::vector<Change> cases{
        [](RunSpec& spec) { spec.elastic.largest = 0; },
        [](RunSpec& spec) {
            spec.elastic.nodes = {0.15, 0.3};
        },
        [](RunSpec& spec) {
            spec.elastic.focus = ElasticFocus::Around;
            spec.elastic.focusAt = 0.6;
        },
        [](RunSpec& spec) { spec.elastic.smallest = 0.3; },
        [](RunSpec& spec) { spec.distill.batch = 2; },
        [](RunSpec& spec) { spec.distill.steps = 0, spec.distill.batch = 1; },
        [](RunSpec& spec) { spec.prune.form = MatrixForm::IdentityBlock; },
        [](RunSpec& spec) { spec.control = Control::DenseKd; },
        [](RunSpec& spec) { spec.control = Control::RandomRank; }};
    for (const Change& change : cases) EXPECT_EQ(refusalAfter(change), "");
}

TEST(ElasticSpec, FieldsOfARunOfOneSizeWouldBeIgnored) {
    const std::vector<std::pair<Change, const char*>> cases{
        {[](RunSpec& spec) { spec.elastic.largest = 0.2; }, "elastic.largest"},
        {[](RunSpec& spec) { spec.elastic.nodes = {0.2}; }, "elastic.nodes"},
        {[](RunSpec& spec) { spec.elastic.focus = ElasticFocus::LargeFirst; }, "elastic.focus"},
        {[](RunSpec& spec) { spec.elastic.focusAt = 0.2; }, "elastic.focus_at"},
        {[](RunSpec& spec) { spec.elastic.offPath = 0; }, "elastic.off_path"},
        {[](RunSpec& spec) { spec.elastic.weights = ElasticWeights::InverseRoot; },
         "elastic.weights"}};
    for (const auto& [change, field] : cases) {
        RunSpec spec;
        change(spec);
        EXPECT_TRUE(validate(spec)) << field;
        const Status status = checkApplicable(spec);
        ASSERT_FALSE(status) << field;
        EXPECT_EQ(status.error().message.find("\"" + std::string(field) + "\""), 0u);
    }
}

TEST(ElasticSpec, ControlsAreRunsOfOneSize) {
    for (const Control control :
         {Control::DenseKd, Control::DenseCe, Control::DenseKl, Control::RandomRank})
        EXPECT_FALSE(withControl(elasticSpec([&](RunSpec& spec) {
                         spec.control = control;
                     })).elastic.isOn());
    EXPECT_TRUE(withControl(elasticSpec([](RunSpec& spec) {
                    spec.control = Control::NoWikiText;
                })).elastic.isOn());
}

TEST(ElasticSpec, IsNamedByBothEndsAndItsRateByTheirMean) {
    EXPECT_EQ(displayName(elasticSpec()), "svd-fisher elastic 15 % to 65 % · seed 42");
    RunSpec middle;
    middle.prune.target = 0.4;
    EXPECT_DOUBLE_EQ(ruledRate(elasticSpec(), 134'500'000), ruledRate(middle, 134'500'000));
}

TEST(ElasticSpec, RangesOnTheCommandLineArePercentages) {
    EXPECT_EQ(parseSizeRange("15..65"), (SizeRange{0.15, 0.65}));
    EXPECT_EQ(parseSizeRange("0..99"), (SizeRange{0, 0.99}));
    EXPECT_EQ(parseSizeRange("12.5..50"), (SizeRange{0.125, 0.5}));
    for (const char* wrong : {"", "15", "15..", "..65", "65..15", "15..15", "-5..65", "15..100",
                              "15...65", "15-65", "15..65%", " 15..65", "nan..65", "15..inf"}) {
        const auto range = parseSizeRange(wrong);
        ASSERT_FALSE(range) << wrong;
        EXPECT_NE(range.error().message.find("15..65"), std::string::npos);
    }
}

}  // namespace
}  // namespace skd
