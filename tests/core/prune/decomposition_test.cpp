#include <gtest/gtest.h>

#include <cmath>

#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "core/model/tiny_model.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "prune/svd/decomposition.h"
#include "prune/svd/prune.h"
#include "prune/svd/spectrum_cache.h"
#include "ranks/allocation.h"
#include "ranks/rank_rules.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

struct Problem {
    at::Tensor weight, inputs, gram;
};

Problem problem(std::int64_t rows, std::int64_t columns, std::int64_t samples) {
    at::manual_seed(11);
    Problem p{at::randn({rows, columns}),
              at::randn({columns, samples}) * at::linspace(0.1, 3, columns).unsqueeze(1),
              {}};
    p.gram = at::mm(p.inputs.to(at::kDouble), p.inputs.to(at::kDouble).t());
    return p;
}

Linear matrixOf(const at::Tensor& weight) {
    return {"w", DenseWeight{weight}};
}

at::Tensor truncated(const Problem& p, std::int64_t rank, bool whitened = true) {
    const auto d = decompose(matrixOf(p.weight), {whitened ? p.gram : at::Tensor(), {}});
    const Factors f = factorsAt(*d, p.weight, rank);
    return at::mm(f.a.to(at::kDouble), f.b.to(at::kDouble));
}

double calibrationError(const Problem& p, const at::Tensor& approximation) {
    return at::mm(p.weight.to(at::kDouble) - approximation, p.inputs.to(at::kDouble))
        .square()
        .sum()
        .item<double>();
}

/// Tall, wide and square, with full and with deficient Gram matrices (fewer samples than inputs).
class Decomposing : public testing::TestWithParam<std::tuple<int, int, int>> {
protected:
    Problem p = problem(std::get<0>(GetParam()), std::get<1>(GetParam()), std::get<2>(GetParam()));
};

TEST_P(Decomposing, FullRankReproducesTheMatrix) {
    const std::int64_t full = std::min(p.weight.size(0), p.weight.size(1));
    EXPECT_LT(relativeError(truncated(p, full), p.weight), 1e-5);
}

TEST_P(Decomposing, ErrorOnCalibrationIsTheTailOfTheSpectrum) {
    const auto d = decompose(matrixOf(p.weight), {p.gram, {}});
    ASSERT_TRUE(d);
    const std::vector<double> tail = squaredTail(d->sigma);
    for (const std::int64_t rank : {1, 5, 12}) {
        const double error = calibrationError(p, truncated(p, rank));
        EXPECT_NEAR(error, tail[static_cast<std::size_t>(rank)], 1e-5 * tail[0]) << rank;
        EXPECT_LE(error, calibrationError(p, truncated(p, rank, false)) * (1 + 1e-6)) << rank;
    }
}

TEST_P(Decomposing, SingularValuesEqualLapackSvd) {
    const auto plain = plainSingularValues(matrixOf(p.weight));
    ASSERT_TRUE(plain);
    const at::Tensor expected = std::get<1>(at::linalg_svd(p.weight.to(at::kDouble), false));
    for (std::size_t i = 0; i < plain->size(); ++i)
        EXPECT_NEAR((*plain)[i], expected[static_cast<std::int64_t>(i)].item<double>(), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Shapes, Decomposing,
                         testing::Values(std::tuple{40, 24, 100}, std::tuple{24, 40, 100},
                                         std::tuple{32, 32, 100}, std::tuple{40, 24, 15},
                                         std::tuple{24, 40, 15}));

TEST(Decompose, EqualsTheInverseSquareRootForm) {
    // W S has the SVD P D Q^T with S = G^1/2; the classic whitened truncation is P_r D_r Q_r^T
    // S^-1.
    const Problem p = problem(30, 20, 200);
    const auto [values, vectors] = at::linalg_eigh(p.gram);
    const at::Tensor root = at::mm(vectors * values.sqrt(), vectors.t()),
                     inverse = at::mm(vectors / values.sqrt(), vectors.t());
    const auto [u, s, vh] = at::linalg_svd(at::mm(p.weight.to(at::kDouble), root), false);
    const at::Tensor classic =
        at::mm(at::mm(u.narrow(1, 0, 7) * s.narrow(0, 0, 7), vh.narrow(0, 0, 7)), inverse);
    EXPECT_LT(relativeError(truncated(p, 7), classic), 1e-5);
}

TEST(Decompose, FactorsAreBalanced) {
    const Problem p = problem(30, 20, 200);
    const Factors f = factorsAt(*decompose(matrixOf(p.weight), {p.gram, {}}), p.weight, 9);
    EXPECT_LT(relativeError(f.a.norm(2, 0), f.b.norm(2, 1)), 1e-5);
}

TEST(Decompose, NamesAMatrixThatIsNotFinite) {
    at::Tensor weight = at::randn({8, 6});
    weight[2][3] = std::nanf("");
    const auto d = decompose(Linear("model.layers.4.mlp.up_proj", DenseWeight{weight}), {});
    ASSERT_FALSE(d);
    EXPECT_NE(d.error().message.find("model.layers.4.mlp.up_proj"), std::string::npos);
}

TEST(SpectrumCache, GivesBackWhatWasSavedAndNoticesDamage) {
    const TemporaryFolder folder;
    const SpectrumCache cache(folder.path());
    const Problem p = problem(24, 16, 50);
    const std::vector<MatrixInfo> infos{{"w", LayerIndex(0), MatrixKind::Gate, 24, 16}};
    SpectrumCache::Entry entry{{*decompose(matrixOf(p.weight), {p.gram, {}})},
                               {*plainSingularValues(matrixOf(p.weight))}};
    const std::string key(64, 'a');
    EXPECT_FALSE(cache.load(key, infos));
    ASSERT_TRUE(cache.save(key, infos, entry));
    const auto loaded = cache.load(key, infos);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(at::equal(loaded->decompositions[0].u, entry.decompositions[0].u));
    EXPECT_EQ(loaded->decompositions[0].sigma, entry.decompositions[0].sigma);
    const auto file = folder.path() / (key.substr(0, 32) + ".spectra");
    std::string bytes = *readFile(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    ASSERT_TRUE(writeFileAtomically(file, bytes));
    EXPECT_FALSE(cache.load(key, infos));
    EXPECT_FALSE(std::filesystem::exists(file)) << "a damaged entry is removed";
}

TEST(SpectrumCache, NoticesFlipsAndCutsAndReadsEarlierFiles) {
    const TemporaryFolder folder;
    const SpectrumCache cache(folder.path());
    const Problem p = problem(24, 16, 50);
    const std::vector<MatrixInfo> infos{{"w", LayerIndex(0), MatrixKind::Gate, 24, 16}};
    const SpectrumCache::Entry entry{{*decompose(matrixOf(p.weight), {p.gram, {}})},
                                     {*plainSingularValues(matrixOf(p.weight))}};
    const std::string key(64, 'a');
    ASSERT_TRUE(cache.save(key, infos, entry));
    const auto file = folder.path() / (key.substr(0, 32) + ".spectra");
    const std::string sound = *readFile(file);
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t at = i * (sound.size() - 1) / 199;
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (i % 8)));
        for (const std::string& bytes : {flipped, sound.substr(0, at)}) {
            ASSERT_TRUE(writeFileAtomically(file, bytes));
            EXPECT_FALSE(cache.load(key, infos)) << at;
        }
    }
    // As earlier versions wrote it: a digest chained over the tensors, no seal.
    ASSERT_TRUE(writeFileAtomically(file, sound));
    const auto opened = SafetensorsFile::open(file);
    ASSERT_TRUE(opened);
    std::vector<TensorOut> tensors;
    std::uint64_t digest = 0;
    for (const char* part : {"u", "sigma", "plain", "right"})
        if (const TensorView* view = opened->find(strCat("matrix.0.", part))) {
            tensors.push_back({view->name, view->type, view->shape, view->bytes});
            const std::uint64_t pair[2] = {digest, xxh3(view->bytes.data(), view->bytes.size())};
            digest = xxh3(pair, sizeof pair);
        }
    ASSERT_TRUE(
        writeSafetensors(file, tensors, {{"digest", std::to_string(digest)}, {"key", key}}));
    const auto earlier = cache.load(key, infos);
    ASSERT_TRUE(earlier);
    EXPECT_TRUE(at::equal(earlier->decompositions[0].u, entry.decompositions[0].u));
    ASSERT_TRUE(
        writeSafetensors(file, tensors, {{"digest", std::to_string(digest + 1)}, {"key", key}}));
    EXPECT_FALSE(cache.load(key, infos));
}

TEST(Prune, AppliesExplicitRanksAndCountsWhatIsGone) {
    Decoder model = tinyDecoder(5);
    const std::int64_t dense = model.mlpParameterCount();
    RunContext context;
    AnalysisInput input{.model = {.weightsSha256 = "x"}};
    input.calibration.sequences = {at::arange(40), at::arange(20, 60)};
    const TemporaryFolder folder;
    PruneSpec spec;
    spec.ranks = RankRule::Explicit;
    spec.rankMultiple = 1;
    spec.explicitRanks = {{"model.layers.0.mlp.gate_proj", 5}, {"model.layers.1.mlp.down_proj", 7}};
    const auto analysis = analyse(model, spec, input, SpectrumCache(folder.path()), context);
    ASSERT_TRUE(analysis) << analysis.error().message;
    const auto report = prune(model, spec, *analysis, context);
    ASSERT_TRUE(report) << report.error().message;
    std::vector<std::int64_t> ranks;
    for (const auto& [name, rank] : report->ranks) ranks.push_back(rank);
    EXPECT_EQ(ranks, (std::vector<std::int64_t>{5, 0, 0, 0, 0, 7}));
    const std::int64_t expected = dense - 2 * 32 * 48 + 5 * 80 + 7 * 80;
    EXPECT_EQ(model.mlpParameterCount(), expected);
    EXPECT_DOUBLE_EQ(report->mlpRemoved,
                     1 - static_cast<double>(expected) / static_cast<double>(dense));
    EXPECT_EQ(model.config.parameterCount() - model.parameterCount(), dense - expected);
    spec.explicitRanks["model.layers.0.mlp.gate_prj"] = 3;
    const auto misspelt = chooseRanks(*analysis->analysis, spec);
    ASSERT_FALSE(misspelt);
    EXPECT_NE(misspelt.error().message.find("nearest is model.layers.0.mlp.gate_proj"),
              std::string::npos);
}

TEST(Prune, MeasuredWeightsEqualSingleMatrixExperiments) {
    const Decoder model = tinyDecoder(9);
    AnalysisInput input{.model = {.weightsSha256 = "y"}};
    input.calibration.sequences = {at::arange(48)};
    input.probeSequences = {at::arange(5, 45), at::arange(16, 50)};
    PruneSpec spec;
    spec.rankMultiple = 2;
    const TemporaryFolder folder;
    const auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
    ASSERT_TRUE(result) << result.error().message;
    // Brute force: the whole model with one matrix replaced, KL in f64.
    for (const std::size_t index : {0u, 2u, 4u}) {
        Decoder changed = model.clone();
        std::vector<std::int64_t> ranks(6, 0);
        ranks[index] = result->analysis->matrices[index].probeRank;
        applyRanks(changed, result->decompositions, ranks);
        double kl = 0, tokens = 0;
        for (const at::Tensor& ids : input.probeSequences) {
            const at::Tensor p = at::log_softmax(model.logits(ids.unsqueeze(0)).to(at::kDouble),
                                                 -1),
                             q = at::log_softmax(changed.logits(ids.unsqueeze(0)).to(at::kDouble),
                                                 -1);
            kl += (p.exp() * (p - q)).sum().item<double>();
            tokens += static_cast<double>(ids.numel());
        }
        EXPECT_NEAR(result->analysis->matrices[index].probeKl, kl / tokens,
                    1e-4 * kl / tokens + 1e-6)
            << index;
    }
    // A second analysis comes from the cache, equal to the bit.
    const auto again = analyse(model, spec, input, SpectrumCache(folder.path()), {});
    ASSERT_TRUE(again);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_EQ(again->analysis->matrices[i].probeKl, result->analysis->matrices[i].probeKl);
}

}  // namespace
}  // namespace skd::test
