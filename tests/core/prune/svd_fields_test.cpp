#include <gtest/gtest.h>

#include <cmath>

#include "prune/svd/analyse.h"
#include "ranks/damage.h"
#include "ranks/rank_rules.h"

namespace skd::test {
namespace {

Corpus corpusOf(std::int64_t samples) {
    std::vector<TokenId> ids;
    for (std::int64_t i = 0; i < samples * 32; ++i) ids.push_back(static_cast<TokenId>(i % 60));
    return {32, std::move(ids), std::vector<std::uint32_t>(static_cast<std::size_t>(samples), 32)};
}

std::int64_t tokensOf(const std::vector<at::Tensor>& sequences) {
    std::int64_t tokens = 0;
    for (const at::Tensor& sequence : sequences) tokens += sequence.size(0);
    return tokens;
}

TEST(AnalysisInput, TokensOfEachKindComeFromTheSpec) {
    const Corpus corpus = corpusOf(40);
    PruneSpec spec;
    spec.truncation = Truncation::Fisher;
    spec.calibrationTokens = 320;
    spec.fisherTokens = 640;
    spec.probeTokens = 96;
    AnalysisInput input = analysisInput({}, corpus, spec);
    EXPECT_EQ(tokensOf(input.calibration.sequences), 320);
    EXPECT_EQ(tokensOf(input.fisher.sequences), 640);
    EXPECT_EQ(tokensOf(input.probeSequences), 96);
    EXPECT_EQ(input.probeSequences[0][0].item<std::int64_t>(), 640 % 60)
        << "behind what both others took";
    EXPECT_FALSE(input.calibration.skipFirstPosition);
    spec.calibrationTokens = 960;
    spec.skipFirstPosition = true;
    input = analysisInput({}, corpus, spec);
    EXPECT_EQ(input.probeSequences[0][0].item<std::int64_t>(), 960 % 60);
    EXPECT_TRUE(input.calibration.skipFirstPosition && input.fisher.skipFirstPosition);
    spec.truncation = Truncation::Whitened;
    EXPECT_TRUE(analysisInput({}, corpus, spec).fisher.sequences.empty());
}

Analysis sixMatrices() {
    Analysis analysis;
    for (int i = 0; i < 6; ++i) {
        MatrixSpectrum matrix{
            .info = {"m" + std::to_string(i), LayerIndex(i), MatrixKind::Up, 80, 48}};
        for (int r = 0; r < 48; ++r) {
            matrix.plain.push_back(3.0 / (1 + 0.1 * (6 - i) * r));
            matrix.weighted.push_back((1.0 + i) * std::exp(-0.02 * (i + 1) * r));
        }
        matrix.probes = {{12, 0.3 / (1 + i)}};
        matrix.probeRank = 12;
        matrix.probeKl = matrix.probes[0].kl;
        analysis.matrices.push_back(matrix);
    }
    return analysis;
}

TEST(RankFields, EachOneChangesTheRanks) {
    const Analysis analysis = sixMatrices();
    PruneSpec spec;
    spec.target = 0.4;
    spec.rankMultiple = 1;
    const auto ranks = [&](const std::function<void(PruneSpec&)>& change) {
        PruneSpec changed = spec;
        change(changed);
        return *chooseRanks(analysis, changed);
    };
    const auto base = ranks([](PruneSpec&) {});
    EXPECT_NE(ranks([](PruneSpec& s) { s.target = 0.6; }), base);
    EXPECT_NE(ranks([](PruneSpec& s) { s.truncation = Truncation::Plain; }), base);
    for (const WeightRule rule : {WeightRule::Relative, WeightRule::Unit, WeightRule::Tiers})
        EXPECT_NE(ranks([&](PruneSpec& s) { s.weights = rule; }), base) << enumName(rule);
    for (const RankRule rule : {RankRule::Uniform, RankRule::Tiers, RankRule::Energy,
                                RankRule::Random, RankRule::Explicit})
        EXPECT_NE(ranks([&](PruneSpec& s) { s.ranks = rule, s.energy = 0.9; }), base)
            << enumName(rule);
    for (const std::int64_t rank : ranks([](PruneSpec& s) { s.rankMultiple = 8; }))
        EXPECT_EQ(rank % 8, 0);
    const auto energy = [](double share) {
        return [share](PruneSpec& s) { s.ranks = RankRule::Energy, s.energy = share; };
    };
    EXPECT_NE(ranks(energy(0.6)), ranks(energy(0.8)));
    for (double PruneSpec::*factor :
         {&PruneSpec::tierEarly, &PruneSpec::tierMiddle, &PruneSpec::tierLate}) {
        const auto tiers = [](PruneSpec& s) { s.weights = WeightRule::Tiers; };
        EXPECT_NE(ranks(tiers), ranks([&](PruneSpec& s) { tiers(s), s.*factor = 8; }));
    }
}

TEST(RankFields, MeasuredWeightsWithoutProbesAreAnError) {
    Analysis analysis = sixMatrices();
    analysis.matrices[2].probes.clear();
    analysis.matrices[2].probeKl = NAN;
    const auto ranks = chooseRanks(analysis, PruneSpec{});
    ASSERT_FALSE(ranks);
    EXPECT_NE(ranks.error().message.find("probes"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
