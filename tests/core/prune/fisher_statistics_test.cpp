// How the statistics behind a truncation are cleaned: edges, clipping, shrinkage.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "core/model/tiny_model.h"
#include "model/device_scoring.h"
#include "prune/svd/analyse.h"
#include "prune/svd/statistics.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

at::Tensor inDouble(const at::Tensor& x) {
    return x.to(at::kDouble);
}

/// Gradients of the log-likelihood of the labels that collectOutputFisher draws, at a matrix'
/// output, position by position, through an offset that is added to it: [length, rows] f64.
at::Tensor gradientsAt(const Decoder& model, std::size_t index, const at::Tensor& ids,
                       std::uint64_t seed, std::uint64_t first) {
    const at::Tensor labels =
        sampledGradient(model.hiddenStates(ids.unsqueeze(0))[0], model.head, seed, first).labels;
    Decoder shifted = model;
    Linear* matrix = shifted.matrices({true, true})[index];
    const at::Tensor offset =
        at::zeros({ids.size(0), model.matrixInfos({true, true})[index].rows}).requires_grad_();
    *matrix = Linear(matrix->name(), matrix->form(), offset);
    const at::Tensor logp = at::log_softmax(shifted.logits(ids.unsqueeze(0))[0], -1);
    logp.gather(1, labels.unsqueeze(1)).sum().backward();
    return inDouble(offset.grad());
}

struct Cleaning {
    double edge, clip;
    bool skipFirst;
    std::vector<std::pair<std::int64_t, std::int64_t>> kept;  ///< of 12 and of 9 positions
};

class FisherCleaning : public testing::TestWithParam<Cleaning> {};

TEST_P(FisherCleaning, EqualsTheDirectSum) {
    const Cleaning& cleaning = GetParam();
    const Decoder model = tinyDecoder(6);
    const CalibrationSet set{{at::arange(3, 15), at::arange(20, 29)}, cleaning.skipFirst};
    RunContext context;
    context.seed = 99;
    const FisherOptions options{{true, true}, {}, cleaning.edge, cleaning.clip};
    const auto fisher = collectOutputFisher(model, set, options, context);
    ASSERT_TRUE(fisher) << fisher.error().message;
    for (const std::size_t index : {0u, 5u, 6u, 13u}) {
        at::Tensor expected;
        double tokens = 0;
        std::uint64_t first = 0;
        for (std::size_t s = 0; s < set.sequences.size(); ++s) {
            const at::Tensor& ids = set.sequences[s];
            const auto [begin, end] = cleaning.kept[s];
            at::Tensor rows =
                gradientsAt(model, index, ids, context.seed, first).slice(0, begin, end);
            first += static_cast<std::uint64_t>(ids.size(0));
            if (cleaning.clip > 0) {
                const at::Tensor norms = rows.square().sum(1).sqrt();
                const double mean = norms.mean().item<double>();
                const at::Tensor held =
                    at::minimum(at::maximum(norms, at::full_like(norms, mean / cleaning.clip)),
                                at::full_like(norms, mean * cleaning.clip));
                rows = at::mm(at::diag(held / norms.clamp_min(1e-30)), rows);
            }
            const at::Tensor sum = at::mm(rows.t(), rows);
            expected = expected.defined() ? expected + sum : sum;
            tokens += static_cast<double>(end - begin);
        }
        EXPECT_LT(relativeError(inDouble((*fisher)[index]), expected / tokens), 1e-4) << index;
    }
}

INSTANTIATE_TEST_SUITE_P(Settings, FisherCleaning,
                         testing::Values(Cleaning{0.25, 0, false, {{3, 9}, {2, 7}}},
                                         Cleaning{0.125, 0, true, {{1, 11}, {1, 8}}},
                                         Cleaning{0.05, 0, true, {{1, 12}, {1, 9}}},
                                         Cleaning{0, 1.5, false, {{0, 12}, {0, 9}}},
                                         Cleaning{0.25, 1, false, {{3, 9}, {2, 7}}},
                                         Cleaning{0.45, 0, true, {{5, 7}, {4, 5}}}));

TEST(FisherStatistics, ClippingMattersAndNearlyNoneDoesNot) {
    const Decoder model = tinyDecoder(6);
    const CalibrationSet set{{at::arange(3, 35)}, false};
    const auto clipped = [&](double clip) {
        return (*collectOutputFisher(model, set, {{}, {}, 0, clip}, {}))[0];
    };
    EXPECT_GT(relativeError(clipped(1.1), clipped(0)), 1e-3);
    EXPECT_LT(relativeError(clipped(1e5), clipped(0)), 1e-6);
}

TEST(FisherStatistics, ShrinkingKeepsTheTraceAndMovesToTheMeanDiagonal) {
    const at::Tensor gram = at::tensor({4.0, 1.0, 1.0, 2.0}, at::kDouble).reshape({2, 2});
    const at::Tensor expected = at::tensor({3.7, 0.7, 0.7, 2.3}, at::kDouble).reshape({2, 2});
    EXPECT_LT(relativeError(shrunkGram(gram, 0.3), expected), 1e-12);
    EXPECT_TRUE(at::equal(shrunkGram(gram, 1), 3 * at::eye(2, at::kDouble)));
    EXPECT_TRUE(shrunkGram(gram, 0).is_same(gram));
    EXPECT_FALSE(shrunkGram(at::Tensor(), 0.3).defined());
    EXPECT_EQ(gram[0][0].item<double>(), 4) << "statistics are shared between matrices";
}

AnalysisInput shortInput() {
    AnalysisInput input{.model = {.weightsSha256 = "tiny"}};
    at::manual_seed(12);
    for (int i = 0; i < 8; ++i)
        input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
    input.fisher = input.calibration;
    return input;
}

TEST(FisherStatistics, AnAnalysisDecomposesUnderTheCleanedOnes) {
    const Decoder model = tinyDecoder(21);
    const AnalysisInput input = shortInput();
    PruneSpec spec;
    spec.weights = WeightRule::Unit;
    spec.fisherEdge = 0.125, spec.fisherClip = 2, spec.shrinkInput = 0.1, spec.shrinkOutput = 0.3;
    const TemporaryFolder folder;
    const auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
    ASSERT_TRUE(result) << result.error().message;
    const auto grams = collectGrams(model, input.calibration, {});
    const auto fisher = collectOutputFisher(model, input.fisher, {{}, {}, 0.125, 2}, {});
    ASSERT_TRUE(grams && fisher);
    Decoder walk = model;
    const auto matrices = walk.matrices();
    const auto infos = model.matrixInfos();
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const at::Tensor g = (*grams)[static_cast<std::size_t>(infos[i].layer.value())].of(
                             infos[i].kind),
                         h = (*fisher)[i];
        const auto pulled = [](const at::Tensor& of, double share) {
            return of * (1 - share) +
                   at::eye(of.size(0), of.options()) *
                       (share * of.trace().item<double>() / static_cast<double>(of.size(0)));
        };
        const auto expected = decompose(*matrices[i], {pulled(g, 0.1), {pulled(h, 0.3)}});
        ASSERT_TRUE(expected) << expected.error().message;
        for (std::size_t r = 0; r < expected->sigma.size(); ++r)
            EXPECT_NEAR(result->decompositions[i].sigma[r], expected->sigma[r],
                        1e-5 * expected->sigma[0]);
    }
}

/// Inputs without any correlation are plain singular values times one scale.
TEST(FisherStatistics, AFullyShrunkGramIsThePlainTruncation) {
    PruneSpec spec;
    spec.truncation = Truncation::Whitened;
    spec.weights = WeightRule::Unit;
    spec.shrinkInput = 1;
    const TemporaryFolder folder;
    const auto result =
        analyse(tinyDecoder(21), spec, shortInput(), SpectrumCache(folder.path()), {});
    ASSERT_TRUE(result) << result.error().message;
    for (const MatrixSpectrum& matrix : result->analysis->matrices)
        for (std::size_t r = 0; r < matrix.plain.size(); ++r)
            EXPECT_NEAR(matrix.weighted[r] * matrix.plain[0], matrix.plain[r] * matrix.weighted[0],
                        1e-6 * matrix.plain[0] * matrix.weighted[0]);
}

TEST(FisherStatistics, EverySettingHasItsOwnPlaceInTheCacheWhereItMatters) {
    const Decoder model = tinyDecoder(21);
    const AnalysisInput input = shortInput();
    const TemporaryFolder folder;
    const auto entriesAfter = [&](Truncation truncation,
                                  const std::function<void(PruneSpec&)>& change) {
        PruneSpec spec;
        spec.weights = WeightRule::Unit;
        spec.truncation = truncation;
        change(spec);
        EXPECT_TRUE(analyse(model, spec, input, SpectrumCache(folder.path()), {}));
        std::int64_t entries = 0;
        for (const auto& file : std::filesystem::directory_iterator(folder.path()))
            entries += file.path().extension() == ".spectra";
        return entries;
    };
    const std::vector<double PruneSpec::*> fields{&PruneSpec::fisherEdge, &PruneSpec::fisherClip,
                                                  &PruneSpec::shrinkInput,
                                                  &PruneSpec::shrinkOutput};
    std::int64_t expected = entriesAfter(Truncation::Fisher, [](PruneSpec&) {});
    EXPECT_EQ(expected, 1);
    for (const auto field : fields)
        for (const double value : {0.1, 0.2}) {
            const auto set = [&](PruneSpec& spec) {
                spec.*field = field == &PruneSpec::fisherClip ? 20 * value : value;
            };
            EXPECT_EQ(entriesAfter(Truncation::Fisher, set), ++expected);
        }
    EXPECT_EQ(entriesAfter(Truncation::Whitened, [](PruneSpec&) {}), ++expected);
    const auto outputs = [](PruneSpec& spec) {
        spec.fisherEdge = 0.1, spec.fisherClip = 2, spec.shrinkOutput = 0.3;
    };
    EXPECT_EQ(entriesAfter(Truncation::Whitened, outputs), expected) << "it reads no gradients";
    EXPECT_EQ(entriesAfter(Truncation::Asvd, outputs), ++expected);
    EXPECT_EQ(entriesAfter(Truncation::Asvd, [](PruneSpec& spec) { spec.shrinkInput = 0.1; }),
              expected)
        << "it has no Gram matrix";
}

}  // namespace
/// What a device draws and clips by, run on the CPU, against the sums written out.
TEST(FisherOnDevice, DrawsWhereTheRunningSumPasses) {
    const at::Tensor shares = at::tensor({0.0, 0.5, 0.25, 0.0, 0.25}).repeat({6, 1});
    const at::Tensor uniforms =
        at::tensor({0.0, 0.4999, 0.5, 0.7499, 0.75, 0.9999}, at::kDouble).unsqueeze(1);
    EXPECT_TRUE(at::equal(device::drawIndices(shares, uniforms).squeeze(1),
                          at::tensor({1, 1, 2, 2, 4, 4}, at::kLong)));
}

TEST(FisherOnDevice, NormsAreBroughtToWithinAFactorOfTheirMean) {
    const at::Tensor norms = at::tensor({1.0, 2.0, 5.0, 0.0}).unsqueeze(1);  // mean 2
    const at::Tensor clipped = norms * clippedFactors(norms, 2);
    EXPECT_LT((clipped - at::tensor({1.0, 2.0, 4.0, 0.0}).unsqueeze(1)).abs().max().item<double>(),
              1e-6);
}

}  // namespace skd::test
