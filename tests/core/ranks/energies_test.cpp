// Energy thresholds by layer.
#include <gtest/gtest.h>

#include <cmath>

#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

Analysis threeLayers() {
    Analysis analysis;
    for (int layer = 0; layer < 3; ++layer)
        for (const char* kind : {"gate_proj", "up_proj"}) {
            MatrixSpectrum matrix{.info = {"model.layers." + std::to_string(layer) + ".mlp." + kind,
                                           LayerIndex(layer), MatrixKind::Up, 80, 48}};
            for (int r = 0; r < 48; ++r) matrix.weighted.push_back(std::exp(-0.05 * r));
            analysis.matrices.push_back(std::move(matrix));
        }
    return analysis;
}

PruneSpec byEnergy() {
    PruneSpec spec;
    spec.truncation = Truncation::Whitened;
    spec.ranks = RankRule::Energy;
    spec.energy = 0.8;
    spec.rankMultiple = 1;
    return spec;
}

TEST(Energies, TheLongestNameThatFitsCounts) {
    PruneSpec spec = byEnergy();
    spec.energies = {{"model.layers.1", 0.5}, {"model.layers.1.mlp.up_proj", 0.9}, {"model", 0.7}};
    const auto ranks = chooseRanks(threeLayers(), spec);
    ASSERT_TRUE(ranks) << ranks.error().message;
    // Smallest r with 1 - exp(-0.1 r) >= tau (1 - exp(-4.8)).
    const auto rankAt = [](double tau) {
        return static_cast<std::int64_t>(std::ceil(-10 * std::log(1 - tau * (1 - std::exp(-4.8)))));
    };
    EXPECT_EQ(*ranks, (std::vector<std::int64_t>{rankAt(0.7), rankAt(0.7), rankAt(0.5), rankAt(0.9),
                                                 rankAt(0.7), rankAt(0.7)}));
    spec.energies.erase("model");
    EXPECT_EQ(chooseRanks(threeLayers(), spec)->front(), rankAt(0.8))
        << "others have the one of all";
}

TEST(Energies, ANameThatFitsNothingIsAnErrorWithTheNearest) {
    PruneSpec spec = byEnergy();
    spec.energies = {{"model.layers.3", 0.5}};
    const auto ranks = chooseRanks(threeLayers(), spec);
    ASSERT_FALSE(ranks);
    EXPECT_NE(ranks.error().message.find("\"prune.energies\" names \"model.layers.3\""),
              std::string::npos)
        << ranks.error().message;
    EXPECT_NE(ranks.error().message.find("nearest is model.layers."), std::string::npos);
}

}  // namespace
}  // namespace skd::test
