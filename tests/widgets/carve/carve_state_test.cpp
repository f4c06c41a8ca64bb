#include "carve/carve_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "carve/energy_scale.h"
#include "widgets/support/synthetic_workspace.h"

namespace skd {
namespace {

struct CarveStateTest : testing::Test {
    CarveStateTest() {
        state.setAnalysis(test::syntheticAnalysis(6));
        state.startFromBudget(0.15);
    }
    CarveState state;
};

TEST_F(CarveStateTest, ADragIsOneUndoStep) {
    const RankProfile before = state.snapshot();
    state.beginEdit("drag");
    for (double energy : {0.99, 0.98, 0.97, 0.9}) state.setLayerEnergies({{2, energy}});
    state.endEdit();
    EXPECT_NE(state.snapshot(), before);
    EXPECT_EQ(state.undoStack().count(), 1);
    const RankProfile after = state.snapshot();
    state.undoStack().undo();
    EXPECT_EQ(state.snapshot(), before);
    state.undoStack().redo();
    EXPECT_EQ(state.snapshot(), after);
}

TEST_F(CarveStateTest, ADragThatComesBackLeavesNoStep) {
    const double start = state.layerEnergy(2);
    const auto ranks = state.snapshot().ranks;
    state.beginEdit("drag");
    state.setRanks({6}, 64);
    state.restoreRanks(ranks, "back");
    state.endEdit();
    EXPECT_DOUBLE_EQ(state.layerEnergy(2), start);
    EXPECT_LE(state.undoStack().count(), 1);
}

/// The same target, met again with the other form's parameters; a run is given the form on screen.
TEST_F(CarveStateTest, AnotherFormMeetsTheSameTargetWithMoreRank) {
    state.solve(RankPreset::Uniform, 0.4);
    const auto factored = state.snapshot().ranks;
    state.setForm(MatrixForm::IdentityBlock);
    EXPECT_EQ(state.plan().form(), MatrixForm::IdentityBlock);
    EXPECT_GE(state.price().mlpRemoved, 0.4);
    for (std::size_t i = 0; i < factored.size(); ++i) {
        EXPECT_GT(state.snapshot().ranks[i], factored[i]) << i;
        EXPECT_EQ(state.info(i).breakEven(), std::min(state.info(i).rows, state.info(i).columns));
    }
    PruneSpec spec;
    state.fillSpec(spec);
    EXPECT_EQ(spec.form, MatrixForm::IdentityBlock);
    EXPECT_EQ(spec.ranks, RankRule::Uniform);
    state.setRanks({0}, 480);
    EXPECT_EQ(state.snapshot().ranks[0], 480);
    state.setForm(MatrixForm::Factored);
    EXPECT_EQ(state.snapshot().ranks[0], 0) << "factors of that rank are no smaller";
    EXPECT_EQ(state.snapshot().ranks[1] > 0, true);
}

TEST_F(CarveStateTest, LockedLayersKeepTheirRanks) {
    state.setLayerEnergies({{1, 0.9}});
    const std::vector<std::size_t>& matrices = state.layerMatrices(1);
    const std::int64_t kept = state.snapshot().ranks[matrices[0]];
    state.toggleLock(1);
    for (RankPreset rule :
         {RankPreset::Budget, RankPreset::Uniform, RankPreset::Energy, RankPreset::Dense}) {
        state.solve(rule, 0.4);
        EXPECT_EQ(state.snapshot().ranks[matrices[0]], kept);
    }
    state.setLayerEnergies({{1, 0.5}});
    state.setRanks({matrices[0]}, 16);
    state.nudgeRanks({matrices[0]}, -3);
    EXPECT_EQ(state.snapshot().ranks[matrices[0]], kept);
}

TEST_F(CarveStateTest, BudgetIsMetByEveryRule) {
    for (RankPreset rule : {RankPreset::Budget, RankPreset::Uniform, RankPreset::Energy}) {
        state.solve(rule, 0.30);
        EXPECT_NEAR(state.price().mlpRemoved, 0.30, 0.06) << static_cast<int>(rule);
        EXPECT_EQ(state.snapshot().preset(), rule);
    }
}

TEST_F(CarveStateTest, SpecOfARunSaysWhatThePageShows) {
    PruneSpec spec;
    state.solve(RankPreset::Budget, 0.25);
    state.fillSpec(spec);
    EXPECT_EQ(spec.ranks, RankRule::Budget);
    EXPECT_DOUBLE_EQ(spec.target, 0.25);
    EXPECT_TRUE(spec.explicitRanks.empty());
    state.setRanks({0}, 128);
    state.fillSpec(spec = {});
    EXPECT_EQ(spec.ranks, RankRule::Explicit);
    EXPECT_EQ(spec.explicitRanks.size(), 18u);
    EXPECT_EQ(spec.explicitRanks.at("model.layers.0.mlp.gate_proj"), 128);
    state.solve(RankPreset::Dense, 0);
    state.fillSpec(spec = {});
    EXPECT_EQ(spec.method, PruneMethod::None);
}

TEST_F(CarveStateTest, BetterFiguresForTheSameModelKeepTheProfile) {
    state.setRanks({4}, 96);
    const auto ranks = state.snapshot().ranks;
    state.setAnalysis(test::syntheticAnalysis(6, false));
    EXPECT_EQ(state.snapshot().ranks, ranks);
    state.setAnalysis(test::syntheticAnalysis(3));
    EXPECT_EQ(state.snapshot().ranks.size(), 9u);
    EXPECT_EQ(state.undoStack().count(), 0);
}

TEST_F(CarveStateTest, PastedProfilesAreCheckedAndUndone) {
    state.setRanks({4}, 96);
    const Json profile = state.plan().toJson();
    const auto copied = state.snapshot().ranks;
    state.solve(RankPreset::Dense, 0);
    ASSERT_TRUE(state.paste(profile));
    EXPECT_EQ(state.snapshot().ranks, copied);
    state.undoStack().undo();
    EXPECT_EQ(state.price().mlpRemoved, 0);
    EXPECT_FALSE(state.paste(Json{{"format", "something else"}}));
}

RC_GTEST_PROP(EnergyScale, PositionAndEnergyAreInverse, ()) {
    CarveState state;
    state.setAnalysis(test::syntheticAnalysis(3));
    const EnergyScale scale(state);
    const double position = *rc::gen::inRange(0, 97) / 100.0;
    RC_ASSERT(std::abs(scale.position(scale.energy(position)) - position) < 1e-9);
    RC_ASSERT(scale.energy(1) == 1);
    RC_ASSERT(scale.position(1) == 1);
}

}  // namespace
}  // namespace skd
