#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>

#include "ranks/arms.h"

namespace skd::test {
namespace {

constexpr std::int64_t kWidthMultiple = 2;

/// Layers of three small matrices each, and one curve by width for each layer.
struct ArmsProblem {
    std::vector<std::vector<double>> tails, channelTails;
    std::vector<std::vector<std::int64_t>> channelCosts;
    std::vector<AllocationItem> items;
    std::vector<MlpArms> groups;
    std::int64_t dense = 0;
};

std::vector<double> randomTail(std::int64_t count, double scale) {
    std::vector<double> sigma;
    for (std::int64_t i = 0; i < count; ++i)
        sigma.push_back(scale * *rc::gen::inRange(1, 100000) / 100000.0);
    std::sort(sigma.rbegin(), sigma.rend());
    return squaredTail(sigma);
}

ArmsProblem randomArms(std::size_t layers) {
    ArmsProblem problem;
    for (std::size_t l = 0; l < layers; ++l) {
        const auto hidden = *rc::gen::inRange<std::int64_t>(4, 7),
                   channels = *rc::gen::inRange<std::int64_t>(5, 12);
        for (int m = 0; m < 3; ++m)
            problem.tails.push_back(randomTail(std::min(hidden, channels), 1));
        problem.channelTails.push_back(randomTail(channels, *rc::gen::inRange(50, 200) / 100.0));
        auto& costs = problem.channelCosts.emplace_back();
        for (std::int64_t width = 0; width <= channels; ++width)
            costs.push_back(3 * hidden * (width == 0 ? channels : width));
        for (int m = 0; m < 3; ++m) problem.items.push_back({channels, hidden, nullptr, 1, {}});
        problem.dense += 3 * hidden * channels;
    }
    for (std::size_t i = 0; i < problem.items.size(); ++i)
        problem.items[i].tail = &problem.tails[i];
    for (std::size_t l = 0; l < layers; ++l) {
        AllocationItem channels;
        channels.tail = &problem.channelTails[l];
        channels.costs = &problem.channelCosts[l];
        channels.multiple = kWidthMultiple;
        problem.groups.push_back({{3 * l, 3 * l + 1, 3 * l + 2}, channels});
    }
    return problem;
}

struct Sum {
    std::int64_t cost = 0;
    double damage = 0;
};

Sum sumOf(const ArmsProblem& problem, const CutPlan& plan) {
    Sum sum;
    for (std::size_t g = 0; g < problem.groups.size(); ++g) {
        const MlpArms& group = problem.groups[g];
        if (plan.widths[g] > 0) {
            sum.cost += group.channels.cost(plan.widths[g]);
            sum.damage += group.channels.damage(plan.widths[g]);
            for (const std::size_t i : group.matrices) EXPECT_EQ(plan.ranks[i], 0);
            continue;
        }
        for (const std::size_t i : group.matrices) {
            sum.cost += problem.items[i].cost(plan.ranks[i]);
            sum.damage += problem.items[i].damage(plan.ranks[i]);
        }
    }
    return sum;
}

/// The option of least damage + price * cost, over every rank or width there is.
Sum cheapest(const AllocationItem& item, double price, std::int64_t multiple) {
    Sum best{item.cost(0), 0};
    for (std::int64_t r = multiple; r < static_cast<std::int64_t>(item.tail->size());
         r += multiple) {
        if (item.cost(r) >= item.cost(0)) break;
        const Sum other{item.cost(r), item.damage(r)};
        if (other.damage + price * static_cast<double>(other.cost) <
            best.damage + price * static_cast<double>(best.cost))
            best = other;
    }
    return best;
}

/// By Everett (1963) what minimises damage + price * cost is the best there is for what it costs:
/// given exactly that budget, the allocation has to find it.
RC_GTEST_PROP(Arms, FindTheCheapestArmAtEveryPrice, ()) {
    const ArmsProblem problem = randomArms(*rc::gen::inRange<std::size_t>(1, 5));
    const double price = std::pow(10.0, *rc::gen::inRange(-400, -50) / 100.0);
    Sum best;
    for (const MlpArms& group : problem.groups) {
        Sum factored;
        for (const std::size_t i : group.matrices) {
            const Sum one = cheapest(problem.items[i], price, 1);
            factored.cost += one.cost;
            factored.damage += one.damage;
        }
        const Sum narrow = cheapest(group.channels, price, kWidthMultiple);
        const bool takes = narrow.damage + price * static_cast<double>(narrow.cost) <
                           factored.damage + price * static_cast<double>(factored.cost);
        best.cost += (takes ? narrow : factored).cost;
        best.damage += (takes ? narrow : factored).damage;
    }
    const CutPlan plan = allocateArms(problem.items, problem.groups, MlpArm::Either, best.cost, 1);
    const Sum found = sumOf(problem, plan);
    RC_ASSERT(found.cost <= best.cost);
    RC_ASSERT(std::fabs(found.damage - best.damage) <= 1e-9 * (1 + best.damage));
}

RC_GTEST_PROP(Arms, StayInBudgetAndOnTheirMultiples, ()) {
    const ArmsProblem problem = randomArms(*rc::gen::inRange<std::size_t>(1, 5));
    const auto budget = static_cast<std::int64_t>(static_cast<double>(problem.dense) *
                                                  *rc::gen::inRange(70, 101) / 100.0);
    for (const MlpArm arm : {MlpArm::Channels, MlpArm::Either}) {
        const CutPlan plan = allocateArms(problem.items, problem.groups, arm, budget, 1);
        RC_ASSERT(sumOf(problem, plan).cost <= budget);
        for (const std::int64_t width : plan.widths) RC_ASSERT(width % kWidthMultiple == 0);
        if (arm != MlpArm::Channels) continue;
        for (const std::int64_t rank : plan.ranks) RC_ASSERT(rank == 0);
    }
}

/// One arm alone is the allocation that there was before there were two.
RC_GTEST_PROP(Arms, OneArmAloneIsAllocateBudget, ()) {
    ArmsProblem problem = randomArms(*rc::gen::inRange<std::size_t>(1, 5));
    const auto budget = static_cast<std::int64_t>(static_cast<double>(problem.dense) *
                                                  *rc::gen::inRange(40, 101) / 100.0);
    const std::vector<std::int64_t> ranks = allocateBudget(problem.items, budget, 1);
    RC_ASSERT(allocateArms(problem.items, problem.groups, MlpArm::Factored, budget, 1).ranks ==
              ranks);
    for (std::vector<double>& tail : problem.channelTails)
        for (double& value : tail) value = 1e6;
    const CutPlan either = allocateArms(problem.items, problem.groups, MlpArm::Either, budget, 1);
    const bool isReachable =
        sumOf(problem, {ranks, std::vector<std::int64_t>(problem.groups.size(), 0)}).cost <= budget;
    if (isReachable) RC_ASSERT(either.ranks == ranks);
}

/// Three layers of 64 channels; layer 1's hurt least to remove, layer 2's most.
Analysis threeLayers() {
    Analysis analysis;
    analysis.model.layers = 3;
    for (int layer = 0; layer < 3; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".mlp.";
        for (const auto& [kind, name, rows, columns] :
             {std::tuple{MatrixKind::Gate, "gate_proj", 64, 32},
              {MatrixKind::Up, "up_proj", 64, 32},
              {MatrixKind::Down, "down_proj", 32, 64}}) {
            MatrixSpectrum matrix{.info = {prefix + name, LayerIndex(layer), kind, rows, columns}};
            for (int r = 0; r < 32; ++r) matrix.plain.push_back(1 / (1 + 0.1 * r));
            matrix.weighted = matrix.plain;
            matrix.probes = {{8, 0.02}};
            matrix.probeRank = 8;
            matrix.probeKl = 0.02;
            analysis.matrices.push_back(matrix);
        }
        ChannelSpectrum channels{LayerIndex(layer), 96, {}, {{32, 0.02 * std::pow(10, 1 - layer)}}};
        if (layer == 1) channels.probes[0].kl = 0.001;
        if (layer == 2) channels.probes[0].kl = 5;
        for (int c = 0; c < 64; ++c) channels.lost.push_back(1 / (1 + 0.1 * c));
        analysis.channels.push_back(channels);
    }
    return analysis;
}

PruneSpec armSpec(MlpArm arm) {
    PruneSpec spec;
    spec.mlpArm = arm;
    spec.truncation = Truncation::Whitened;
    spec.target = 0.4;
    spec.rankMultiple = 1;
    spec.channelMultiple = 8;
    return spec;
}

std::int64_t keptBy(const Analysis& analysis, const CutPlan& plan) {
    std::int64_t kept = 0;
    for (std::size_t c = 0; c < plan.widths.size(); ++c) {
        if (plan.widths[c] > 0) kept += analysis.channels[c].parametersAt(plan.widths[c]);
        for (std::size_t i = 3 * c; plan.widths[c] == 0 && i < 3 * c + 3; ++i)
            kept += analysis.matrices[i].parametersAt(plan.ranks[i]);
    }
    return kept;
}

TEST(ArmChoice, FollowsTheProbes) {
    const Analysis analysis = threeLayers();
    const auto plan = chooseCut(analysis, armSpec(MlpArm::Either));
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_GT(plan->widths[1], 0) << "cheap channels go";
    EXPECT_EQ(plan->widths[2], 0) << "dear ones stay";
    EXPECT_LE(keptBy(analysis, *plan), budgetOf(analysis, 0.4));
    const auto all = chooseCut(analysis, armSpec(MlpArm::Channels));
    ASSERT_TRUE(all);
    EXPECT_LE(keptBy(analysis, *all), budgetOf(analysis, 0.4));
    for (const std::int64_t rank : all->ranks) EXPECT_EQ(rank, 0);
    EXPECT_GT(all->widths[2] == 0 ? 64 : all->widths[2], all->widths[1]);
}

TEST(ArmChoice, FactoredIsChooseRanks) {
    const Analysis analysis = threeLayers();
    const PruneSpec spec = armSpec(MlpArm::Factored);
    const auto plan = chooseCut(analysis, spec);
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->ranks, *chooseRanks(analysis, spec));
    EXPECT_EQ(plan->widths, std::vector<std::int64_t>(3, 0));
}

TEST(ArmChoice, LockedLayersKeepTheirChannels) {
    const Analysis analysis = threeLayers();
    PruneSpec spec = armSpec(MlpArm::Channels);
    spec.locked = {"model.layers.1.mlp.up_proj"};
    const auto plan = chooseCut(analysis, spec);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->widths[1], 0);
    EXPECT_EQ(plan->ranks[4], 0) << "the locked matrix";
    EXPECT_GT(plan->ranks[3] + plan->ranks[5], 0) << "its neighbours are cut by rank";
}

TEST(ArmChoice, WidthsAreGivenByTheNameOfAnMlp) {
    const Analysis analysis = threeLayers();
    PruneSpec spec = armSpec(MlpArm::Either);
    spec.ranks = RankRule::Explicit;
    spec.explicitRanks = {{"model.layers.0.mlp", 40},
                          {"model.layers.1.mlp", 64},
                          {"model.layers.2.mlp.up_proj", 12},
                          {"model.layers.2.mlp", 0}};
    const auto plan = chooseCut(analysis, spec);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->widths, (std::vector<std::int64_t>{40, 0, 0})) << "64 of 64 is as it is";
    EXPECT_EQ(plan->ranks, (std::vector<std::int64_t>{0, 0, 0, 0, 0, 0, 0, 12, 0}));
    const auto errorWith = [&](const char* name, std::int64_t size) {
        PruneSpec wrong = spec;
        wrong.explicitRanks[name] = size;
        const auto refused = chooseCut(analysis, wrong);
        return refused ? std::string() : refused.error().message;
    };
    EXPECT_NE(errorWith("model.layers.0.mlp", 65).find("between 0 and 64"), std::string::npos);
    EXPECT_NE(errorWith("model.layers.2.mlp", 8).find("model.layers.2.mlp.up_proj"),
              std::string::npos);
    EXPECT_NE(errorWith("model.layers.3.mlp", 8).find("model.layers.3.mlp"), std::string::npos);
    spec.locked = {"model.layers.0"};
    EXPECT_EQ(chooseCut(analysis, spec)->widths[0], 0) << "locked";
}

TEST(ArmChoice, MeasuredWeightsNeedProbesOfBoth) {
    Analysis analysis = threeLayers();
    analysis.channels[0].probes.clear();
    const auto plan = chooseCut(analysis, armSpec(MlpArm::Either));
    ASSERT_FALSE(plan);
    EXPECT_NE(plan.error().message.find("probes"), std::string::npos);
    PruneSpec relative = armSpec(MlpArm::Either);
    relative.weights = WeightRule::Relative;
    EXPECT_TRUE(chooseCut(analysis, relative));
}

TEST(ArmChoice, TheWholeMlpsProbeWeighsItsMatrices) {
    Analysis analysis = threeLayers();
    const DamageCurves damage =
        damageCurves(analysis, {Truncation::Whitened, WeightRule::Measured, {}});
    ChannelSpectrum& channels = analysis.channels[0];
    const auto factor = [&](double together) {
        channels.factoredKl = together;
        return jointFactor(analysis, channels, damage);
    };
    EXPECT_NEAR(factor(0.09), 0.09 / (3 * 0.02), 1e-12);
    EXPECT_EQ(factor(9), 4);
    EXPECT_EQ(factor(1e-9), 0.25);
    EXPECT_EQ(factor(0), 1);
    EXPECT_EQ(factor(NAN), 1);
    channels.probes[0].kl = 0.04;
    channels.factoredKl = 0.24;  // far more than one by one: channels win
    EXPECT_GT(chooseCut(analysis, armSpec(MlpArm::Either))->widths[0], 0);
    channels.factoredKl = 0.015;  // far less
    EXPECT_EQ(chooseCut(analysis, armSpec(MlpArm::Either))->widths[0], 0);
}

TEST(ArmChoice, AProbeIsAPointOfItsCurve) {
    const DamageCurves curves = damageCurves(channelsAsMatrices(threeLayers()),
                                             {Truncation::Whitened, WeightRule::Measured, {}});
    ASSERT_EQ(curves.size(), 3u);
    EXPECT_NEAR(curves[0][32], 0.2, 1e-12);
    EXPECT_NEAR(curves[1][32], 0.001, 1e-12);
    EXPECT_EQ(curves[0].size(), 65u);
    EXPECT_EQ(curves[0][64], 0);
}

}  // namespace
}  // namespace skd::test
