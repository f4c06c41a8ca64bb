#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "carve/carve_state.h"
#include "carve/energy_scale.h"
#include "ranks/damage.h"
#include "ranks/rank_rules.h"
#include "widgets/support/loop_watch.h"
#include "widgets/support/synthetic_workspace.h"

namespace skd {
namespace {

using test::threadMilliseconds;

/// Times that fall short of what parameters promise: half of the gain at every rank.
BreakEvenTable timesOf(std::int64_t batch) {
    BreakEvenTable table{"machine", "bf16", 2, {}};
    for (const auto& [rows, columns] :
         {std::pair<std::int64_t, std::int64_t>{1536, 576}, {576, 1536}})
        table.put({rows, columns, batch, 100, {{16, 52}, {208, 74}, {416, 101}, {576, 122}}});
    return table;
}

struct CarveRules : testing::Test {
    CarveRules() { state.setAnalysis(test::syntheticAnalysis(12)); }
    /// What a run of the page's spec would cut, worked out by the rules of runs.
    std::vector<std::int64_t> ranksOfRun(
        const std::vector<std::vector<std::int64_t>>* times = nullptr) {
        PruneSpec spec;
        state.fillSpec(spec);
        RankBase base;
        base.seed = 7;  // whatever a run's seed is
        base.latency = times;
        const auto ranks = chooseRanks(state.plan().analysis(), spec, base);
        return ranks ? *ranks : std::vector<std::int64_t>{};
    }
    RankRule rule() {
        PruneSpec spec;
        state.fillSpec(spec);
        return spec.ranks;
    }
    CarveState state;
};

TEST_F(CarveRules, ARunCutsExactlyWhatThePageShowsForEveryPreset) {
    const std::vector<std::pair<RankPreset, RankRule>> presets{
        {RankPreset::Budget, RankRule::Budget},   {RankPreset::Relative, RankRule::Budget},
        {RankPreset::Uniform, RankRule::Uniform}, {RankPreset::Tiers, RankRule::Tiers},
        {RankPreset::Energy, RankRule::Energy},   {RankPreset::Random, RankRule::Explicit}};
    for (const auto& [preset, written] : presets) {
        state.solve(preset, 0.27);
        EXPECT_EQ(rule(), written) << static_cast<int>(preset);
        EXPECT_EQ(ranksOfRun(), state.snapshot().ranks) << static_cast<int>(preset);
    }
}

TEST_F(CarveRules, WithLayersLockedDenseTheRuleStillSaysIt) {
    for (int layer : {0, 11}) state.toggleLock(layer);  // dense, as the page begins
    for (RankPreset preset : {RankPreset::Budget, RankPreset::Relative, RankPreset::Uniform,
                              RankPreset::Tiers, RankPreset::Energy}) {
        state.solve(preset, 0.2);
        EXPECT_NE(rule(), RankRule::Explicit) << static_cast<int>(preset);
        EXPECT_EQ(ranksOfRun(), state.snapshot().ranks) << static_cast<int>(preset);
        EXPECT_EQ(state.snapshot().ranks[0], 0);
        EXPECT_NEAR(state.price().mlpRemoved, 0.2, 0.03) << static_cast<int>(preset);
    }
    PruneSpec spec;
    state.fillSpec(spec);
    EXPECT_EQ(spec.locked, (std::vector<std::string>{"model.layers.0", "model.layers.11"}));
}

TEST_F(CarveRules, WithALayerLockedAtARankTheRanksAreWrittenOut) {
    state.setRanks({3, 4}, 64);
    state.toggleLock(1);
    for (RankPreset preset : {RankPreset::Budget, RankPreset::Relative, RankPreset::Uniform,
                              RankPreset::Tiers, RankPreset::Energy, RankPreset::Random}) {
        state.solve(preset, 0.3);
        EXPECT_EQ(state.snapshot().ranks[3], 64);
        EXPECT_EQ(rule(), RankRule::Explicit) << static_cast<int>(preset);
        EXPECT_EQ(ranksOfRun(), state.snapshot().ranks) << static_cast<int>(preset);
        EXPECT_NEAR(state.price().mlpRemoved, 0.3, 0.045)
            << "a step of uniform ranks is 4 %; the other layers make up for it: "
            << static_cast<int>(preset);
    }
}

TEST_F(CarveRules, MatricesMovedApartAreWrittenOut) {
    state.solve(RankPreset::Budget, 0.2);
    state.setLayerEnergies({{5, 0.9}}, MatrixKind::Up);
    EXPECT_EQ(rule(), RankRule::Explicit);
    EXPECT_EQ(ranksOfRun(), state.snapshot().ranks);
}

TEST_F(CarveRules, AFaderOfOneKindLeavesTheOthers) {
    state.solve(RankPreset::Uniform, 0.2);
    const auto before = state.snapshot().ranks;
    state.setLayerEnergies({{5, 0.9}, {6, 0.8}}, MatrixKind::Down);
    for (std::size_t i = 0; i < before.size(); ++i) {
        const bool moved = i == 17 || i == 20;
        EXPECT_EQ(state.snapshot().ranks[i] == before[i], !moved) << i;
    }
    EXPECT_GE(state.faderEnergy(5, MatrixKind::Down), 0.9);
    EXPECT_LT(state.faderEnergy(6, MatrixKind::Down), state.faderEnergy(5, MatrixKind::Down));
    EXPECT_DOUBLE_EQ(state.faderEnergy(5, MatrixKind::Up), state.energyAt(16, before[16]));
    EXPECT_EQ(state.undoStack().count(), 2);
    state.undoStack().undo();
    EXPECT_EQ(state.snapshot().ranks, before);
}

TEST_F(CarveRules, TiersShiftTheCutAndAreOneStepEach) {
    state.solve(RankPreset::Tiers, 0.25);
    const double middle = state.layerEnergy(5), early = state.layerEnergy(1);
    EXPECT_LT(middle, early) << "the middle gives three times as much";
    const int steps = state.undoStack().count();
    state.setTiers({1.5, 0.5, 0.5});
    EXPECT_LT(state.layerEnergy(1), early);
    EXPECT_GT(state.layerEnergy(5), middle);
    EXPECT_NEAR(state.price().mlpRemoved, 0.25, 0.02);
    EXPECT_EQ(state.undoStack().count(), steps + 1);
    EXPECT_EQ(ranksOfRun(), state.snapshot().ranks);
    state.undoStack().undo();
    EXPECT_DOUBLE_EQ(state.layerEnergy(5), middle);
    EXPECT_EQ(state.snapshot().tiers(), RankProfile::kTiers);
}

TEST_F(CarveRules, TiersAreThirdsOfTheDepth) {
    for (int layer = 0; layer < 12; ++layer)
        EXPECT_EQ(state.plan().tierOf(layer), static_cast<std::size_t>(layer / 4));
}

TEST_F(CarveRules, AThresholdKeepsItsEnergyEverywhere) {
    state.solveThreshold(0.97);
    for (std::size_t i = 0; i < state.snapshot().ranks.size(); ++i)
        EXPECT_GE(state.energyAt(i, state.snapshot().ranks[i]), 0.97);
    PruneSpec spec;
    state.fillSpec(spec);
    EXPECT_EQ(spec.ranks, RankRule::Energy);
    EXPECT_DOUBLE_EQ(spec.energy, 0.97);
}

TEST_F(CarveRules, AnotherDrawIsAnotherProfileOfTheSamePrice) {
    state.redrawRandom(0.3);
    const auto first = state.snapshot().ranks;
    state.redrawRandom(0.3);
    EXPECT_NE(state.snapshot().ranks, first);
    EXPECT_NEAR(state.price().mlpRemoved, 0.3, 0.02);
    state.undoStack().undo();
    EXPECT_EQ(state.snapshot().ranks, first);
}

TEST_F(CarveRules, BudgetsCanBeInTime) {
    EXPECT_TRUE(state.batches().empty());
    state.setTimes(timesOf(512));
    ASSERT_EQ(state.batches(), std::vector<std::int64_t>{512});
    state.solve(RankPreset::Budget, 0.3);
    const auto byParameters = state.snapshot().ranks;
    state.setBudgetIn(512);
    EXPECT_EQ(state.snapshot().timeBatch(), 512);
    state.solve(RankPreset::Budget, 0.2);
    EXPECT_NEAR(state.price().timeRemoved, 0.2, 0.02);
    EXPECT_DOUBLE_EQ(state.removed(), state.price().timeRemoved);
    PruneSpec spec;
    state.fillSpec(spec);
    EXPECT_EQ(spec.cost, PruneCost::Latency);
    EXPECT_EQ(spec.costBatch, 512);
    std::vector<std::vector<std::int64_t>> times;
    for (const MatrixSpectrum& matrix : state.plan().analysis().matrices)
        times.push_back(timesOf(512).find(matrix.info.rows, matrix.info.columns, 512)->costs(576));
    EXPECT_EQ(ranksOfRun(&times), state.snapshot().ranks);
    state.solve(RankPreset::Uniform, 0.2);
    EXPECT_EQ(state.snapshot().timeBatch(), 0) << "shares of every matrix know parameters only";
    while (state.undoStack().canUndo() && state.snapshot().ranks != byParameters)
        state.undoStack().undo();
    EXPECT_EQ(state.snapshot().timeBatch(), 0);
}

TEST_F(CarveRules, TimesOfOtherShapesAreOfNoUse) {
    BreakEvenTable other{"machine", "bf16", 2, {}};
    other.put({1536, 576, 1, 100, {{16, 52}, {416, 101}}});  // the way down was not timed
    state.setTimes(other);
    EXPECT_TRUE(state.batches().empty());
    EXPECT_TRUE(std::isnan(state.price().timeRemoved));
}

TEST_F(CarveRules, StepsOfASeriesAreUndoneTogether) {
    state.solve(RankPreset::Budget, 0.15);
    const auto before = state.snapshot().ranks;
    const int steps = state.undoStack().count();
    for (double target : {0.4, 0.2, 0.3}) {
        state.beginEdit("search", 5);
        state.solve(RankPreset::Budget, target);
        state.endEdit();
    }
    EXPECT_EQ(state.undoStack().count(), steps + 1);
    state.undoStack().undo();
    EXPECT_EQ(state.snapshot().ranks, before);
    state.undoStack().redo();
    EXPECT_DOUBLE_EQ(state.snapshot().target(), 0.3);
}

TEST(CarveRulesAtEighty, EveryPresetIsSolvedAtOnce) {
    CarveState state;
    state.setAnalysis(test::syntheticAnalysis(80));
    state.setTimes(timesOf(1));
    for (RankPreset preset :
         {RankPreset::Budget, RankPreset::Relative, RankPreset::Uniform, RankPreset::Tiers,
          RankPreset::Energy, RankPreset::Random, RankPreset::Dense}) {
        const double start = threadMilliseconds();
        state.solve(preset, 0.3);
        EXPECT_LE(threadMilliseconds() - start, 50) << static_cast<int>(preset);
    }
    const double start = threadMilliseconds();
    state.setBudgetIn(1);
    EXPECT_LE(threadMilliseconds() - start, 50);
}

RC_GTEST_PROP(CarveRulesProperty, LocksHoldAndTheSpecSaysTheRanks, ()) {
    CarveState state;
    state.setAnalysis(test::syntheticAnalysis(6, *rc::gen::arbitrary<bool>()));
    const auto rule =
        *rc::gen::element(RankPreset::Budget, RankPreset::Relative, RankPreset::Uniform,
                          RankPreset::Tiers, RankPreset::Energy, RankPreset::Random);
    if (*rc::gen::arbitrary<bool>())
        state.setRanks({*rc::gen::inRange<std::size_t>(0, 18)},
                       *rc::gen::inRange<std::int64_t>(1, 20) * 16);
    const auto locked = *rc::gen::container<std::vector<bool>>(6, rc::gen::arbitrary<bool>());
    for (int layer = 0; layer < 6; ++layer)
        if (locked[static_cast<std::size_t>(layer)]) state.toggleLock(layer);
    const auto before = state.snapshot().ranks;
    state.solve(rule, *rc::gen::inRange(0, 60) / 100.0);
    for (std::size_t i = 0; i < before.size(); ++i)
        if (locked[i / 3]) RC_ASSERT(state.snapshot().ranks[i] == before[i]);
    PruneSpec spec;
    state.fillSpec(spec);
    const auto ranks = chooseRanks(state.plan().analysis(), spec);
    RC_ASSERT(ranks.has_value());
    RC_ASSERT(*ranks == state.snapshot().ranks);
}

}  // namespace
}  // namespace skd
