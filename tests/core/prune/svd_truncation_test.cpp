#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "prune/shared/gram.h"
#include "prune/svd/decomposition.h"
#include "prune/svd/prune.h"
#include "prune/svd/statistics.h"
#include "ranks/allocation.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

at::Tensor f64(const at::Tensor& x) {
    return x.to(at::kDouble);
}

/// Symmetric root of a positive definite matrix, the form that resources/help/method.md,
/// Truncation, states.
at::Tensor symmetricRoot(const at::Tensor& h, double power) {
    const auto [values, vectors] = at::linalg_eigh(h);
    return at::mm(vectors * values.pow(power), vectors.t());
}

at::Tensor randomSpd(std::int64_t n, std::int64_t samples) {
    const at::Tensor x =
        at::randn({n, samples}, at::kDouble) * at::linspace(0.1, 2, n, at::kDouble).unsqueeze(1);
    return at::mm(x, x.t()) / static_cast<double>(samples);
}

at::Tensor productAt(const Decomposition& d, const at::Tensor& weight, std::int64_t rank) {
    const Factors f = factorsAt(d, weight, rank);
    return at::mm(f64(f.a), f64(f.b));
}

struct TwoSided : testing::TestWithParam<std::pair<int, int>> {
    void SetUp() override {
        at::manual_seed(4);
        weight = at::randn({GetParam().first, GetParam().second});
        gram = randomSpd(GetParam().second, 90);
        fisher = randomSpd(GetParam().first, 90);
        damped = fisher.clone();
        damped.diagonal().add_(1e-4 * fisher.diagonal().mean().item<double>());
    }
    double error(const at::Tensor& approximation) const {
        const at::Tensor difference = f64(weight) - approximation;
        return at::mm(at::mm(damped, difference), at::mm(gram, difference.t()))
            .diagonal()
            .sum()
            .item<double>();
    }
    at::Tensor weight, gram, fisher, damped;
};

TEST_P(TwoSided, EqualsTheSymmetricRootForm) {
    const auto d = decompose(Linear("w", DenseWeight{weight}), {gram, {fisher}});
    ASSERT_TRUE(d) << d.error().message;
    const at::Tensor s = symmetricRoot(damped, 0.5), inverse = symmetricRoot(damped, -0.5);
    const auto [values, vectors] =
        at::linalg_eigh(at::mm(at::mm(s, f64(weight)), at::mm(gram, at::mm(f64(weight).t(), s))));
    for (const std::int64_t rank : {1, 6, 13}) {
        const at::Tensor u = vectors.flip(1).narrow(1, 0, rank);
        const at::Tensor expected =
            at::mm(inverse, at::mm(u, at::mm(u.t(), at::mm(s, f64(weight)))));
        EXPECT_LT(relativeError(productAt(*d, weight, rank), expected), 1e-4) << rank;
    }
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(d->sigma.size()); ++i)
        EXPECT_NEAR(d->sigma[static_cast<std::size_t>(i)],
                    std::sqrt(std::max(0.0, values.flip(0)[i].item<double>())), 1e-8 * d->sigma[0]);
}

TEST_P(TwoSided, ErrorIsTheTailAndBelowEveryOtherTruncation) {
    const auto d = decompose(Linear("w", DenseWeight{weight}), {gram, {fisher}});
    ASSERT_TRUE(d);
    const std::vector<double> tail = squaredTail(d->sigma);
    const auto oneSided = decompose(Linear("w", DenseWeight{weight}), {gram, {}});
    for (const std::int64_t rank : {2, 9}) {
        const double here = error(productAt(*d, weight, rank));
        EXPECT_NEAR(here, tail[static_cast<std::size_t>(rank)], 1e-5 * tail[0]);
        EXPECT_LT(here, error(productAt(*oneSided, weight, rank)));
    }
    EXPECT_LT(
        relativeError(productAt(*d, weight, std::min(weight.size(0), weight.size(1))), weight),
        1e-4);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TwoSided,
                         testing::Values(std::pair{36, 20}, std::pair{20, 36}, std::pair{24, 24}));

/// A matrix that is factored must be cut exactly as its product.
TEST(Factored, DecomposesAsItsProduct) {
    at::manual_seed(8);
    for (const auto& [rows, columns] : {std::pair{40, 24}, std::pair{24, 40}}) {
        const at::Tensor a = at::randn({rows, 10}), b = at::randn({10, columns}),
                         product = at::mm(a, b);
        const at::Tensor gram = randomSpd(columns, 15),
                         fisher = randomSpd(rows, 80);  // the Gram matrix is rank-deficient
        for (const ErrorMetric& metric :
             {ErrorMetric{}, ErrorMetric{gram, {}}, ErrorMetric{gram, {fisher}}}) {
            const auto factored = decompose(Linear("f", LowRankWeight{a, b}), metric);
            const auto dense = decompose(Linear("d", DenseWeight{product}), metric);
            ASSERT_TRUE(factored && dense);
            ASSERT_EQ(factored->sigma.size(), 10u);
            for (std::size_t i = 0; i < 10; ++i)
                EXPECT_NEAR(factored->sigma[i], dense->sigma[i], 1e-5 * dense->sigma[0]);
            for (const std::int64_t rank : {1, 4, 7})
                EXPECT_LT(relativeError(productAt(*factored, product, rank),
                                        productAt(*dense, product, rank)),
                          2e-4)
                    << rank;
            EXPECT_LT(relativeError(productAt(*factored, product, 10), product), 1e-5);
        }
        const auto plain = plainSingularValues(Linear("f", LowRankWeight{a, b}));
        const at::Tensor expected = std::get<1>(at::linalg_svd(f64(product), false));
        ASSERT_EQ(plain->size(), 10u);
        for (std::int64_t i = 0; i < 10; ++i)
            EXPECT_NEAR((*plain)[static_cast<std::size_t>(i)], expected[i].item<double>(), 1e-4);
    }
}

void expectSame(const Decomposition& one, const Decomposition& other, const at::Tensor& weight) {
    ASSERT_EQ(one.sigma.size(), other.sigma.size());
    for (std::size_t i = 0; i < one.sigma.size(); ++i)
        EXPECT_NEAR(one.sigma[i], other.sigma[i], 1e-9 * other.sigma[0]) << i;
    const auto count = static_cast<std::int64_t>(one.sigma.size());
    for (const std::int64_t rank : {std::int64_t{2}, count / 2, count})
        EXPECT_LT(relativeError(productAt(one, weight, rank), productAt(other, weight, rank)), 1e-4)
            << rank;
}

/// The shorter way of a tall matrix leads where the one by QR does, and steps aside for a singular
/// G.
TEST(OutputMetric, ProductsGiveTheSameTerms) {
    at::manual_seed(15);
    const Linear tall("w", DenseWeight{at::randn({40, 16})}),
        wide("w", DenseWeight{at::randn({16, 40})});
    const at::Tensor fisher = randomSpd(40, 90), regular = randomSpd(16, 60),
                     singular = randomSpd(16, 9);
    const auto products = outputProducts(tall, fisher);
    ASSERT_TRUE(products && products->weighted.defined());
    EXPECT_LT(relativeError(products->weighted,
                            at::mm(f64(tall.weight()).t(), at::mm(fisher, f64(tall.weight())))),
              1e-12);
    for (const at::Tensor& gram : {regular, singular}) {
        const ErrorMetric metric{gram, {fisher}};
        const auto here = decompose(tall, metric, *products), there = decompose(tall, metric);
        ASSERT_TRUE(here && there);
        EXPECT_NE(at::equal(here->u, there->u), gram.is_same(regular))
            << "another way, or the same";
        expectSame(*here, *there, tall.weight());
    }
    EXPECT_EQ(*plainSingularValues(tall, *products), *plainSingularValues(tall));
    EXPECT_FALSE(outputProducts(wide, randomSpd(16, 60))->weighted.defined());
}

TEST(OutputMetric, ProductsOfAStackAreTheSum) {
    at::manual_seed(16);
    const Linear gate("gate", DenseWeight{at::randn({24, 14})}),
        up("up", DenseWeight{at::randn({30, 14})});
    const Linear stack("stack", DenseWeight{at::cat({gate.weight(), up.weight()})});
    const at::Tensor gram = randomSpd(14, 50), first = randomSpd(24, 70),
                     second = randomSpd(30, 70);
    OutputProducts sum;
    for (const auto& part : {outputProducts(gate, first), outputProducts(up, second)}) {
        ASSERT_TRUE(part);
        sum.add(*part);
    }
    EXPECT_EQ(sum.rows, 54);
    const ErrorMetric metric{gram, {first, second}};
    const auto here = decompose(stack, metric, sum), there = decompose(stack, metric);
    ASSERT_TRUE(here && there);
    expectSame(*here, *there, stack.weight());
}

/// Blocks of the outputs' metric are its diagonal, whatever their sizes; one may be zero.
TEST(OutputMetric, OfAStackIsBlockDiagonal) {
    at::manual_seed(12);
    const Linear stack("w", DenseWeight{at::randn({24, 14})});
    const at::Tensor gram = randomSpd(14, 40), first = randomSpd(15, 60), second = randomSpd(9, 60),
                     none = at::zeros({9, 9}, at::kDouble);
    for (const at::Tensor& other : {second, none}) {
        const auto blocks = decompose(stack, {gram, {first, other}});
        const auto whole = decompose(stack, {gram, {at::block_diag({first, other})}});
        ASSERT_TRUE(blocks && whole);
        for (std::size_t i = 0; i < whole->sigma.size(); ++i)
            EXPECT_NEAR(blocks->sigma[i], whole->sigma[i], 1e-9 * whole->sigma[0]);
        const at::Tensor weight = stack.weight();
        for (const std::int64_t rank : {2, 6, 11})
            EXPECT_LT(
                relativeError(productAt(*blocks, weight, rank), productAt(*whole, weight, rank)),
                1e-4);
    }
}

TEST(Asvd, ScalesColumnsByTheInputsMeanSize) {
    at::manual_seed(3);
    const at::Tensor weight = at::randn({18, 12}),
                     x = at::randn({12, 200}) * at::linspace(0.1, 4, 12).unsqueeze(1);
    const at::Tensor size = f64(x).abs().mean(1);
    for (const double alpha : {0.5, 1.0}) {
        // The paper's own form: SVD of W S with S = diag(size^alpha), then S^-1 on the right.
        const at::Tensor s = size.pow(alpha);
        const auto [u, sigma, vh] = at::linalg_svd(f64(weight) * s, false);
        const at::Tensor expected =
            at::mm(u.narrow(1, 0, 5) * sigma.narrow(0, 0, 5), vh.narrow(0, 0, 5)) / s;
        const auto d = decompose(Linear("w", DenseWeight{weight}), {asvdGram(size, alpha), {}});
        ASSERT_TRUE(d);
        EXPECT_LT(relativeError(productAt(*d, weight, 5), expected), 1e-4) << alpha;
    }
}

/// Inputs of every matrix, by multiplying them out of the observed values once more.
TEST(Gram, EveryKindReadsItsOwnInputs) {
    const Decoder model = tinyDecoder(2);
    CalibrationSet set{{at::arange(30), at::arange(10, 50)}, true};
    const auto grams = collectGrams(model, set, {}, {{true, true}, InputStatistic::Gram, {}});
    const auto sizes =
        collectGrams(model, set, {}, {{true, true}, InputStatistic::MeanAbsolute, {1, 2}});
    ASSERT_TRUE(grams && sizes);
    std::map<MatrixKind, at::Tensor> rows;
    Decoder observed = model;
    observed.inputObserver = [&](std::size_t layer, MatrixKind kind, const at::Tensor& x) {
        if (layer != 1) return;
        const at::Tensor kept = f64(x[0].slice(0, 1));
        rows[kind] = rows.contains(kind) ? at::cat({rows[kind], kept}) : kept;
    };
    for (const at::Tensor& ids : set.sequences) (void)observed.hiddenStates(ids.unsqueeze(0));
    for (const auto& [reads, kind] : {std::pair{MatrixKind::Query, MatrixKind::Value},
                                      {MatrixKind::Output, MatrixKind::Output},
                                      {MatrixKind::Gate, MatrixKind::Up},
                                      {MatrixKind::Down, MatrixKind::Down},
                                      {MatrixKind::Gate, MatrixKind::GateUp}}) {
        const at::Tensor& x = rows[reads];
        EXPECT_LT(relativeError((*grams)[1].of(kind),
                                at::mm(x.t(), x) / static_cast<double>(set.tokens())),
                  1e-6)
            << matrixKindName(kind);
        EXPECT_LT(relativeError((*sizes)[1].of(kind), x.abs().mean(0)), 1e-6)
            << matrixKindName(kind);
    }
    EXPECT_FALSE((*sizes)[0].of(MatrixKind::Gate).defined())
        << "layers outside the range are left out";
}

/// H against autograd through an offset that is added to one matrix's output, token by token.
TEST(Fisher, EqualsGradientsAtAnAddedOffset) {
    const Decoder model = tinyDecoder(6);
    const CalibrationSet set{{at::arange(3, 15), at::arange(20, 29)}, false};
    RunContext context;
    context.seed = 99;
    const auto fisher = collectOutputFisher(model, set, {{true, true}, {}}, context);
    ASSERT_TRUE(fisher) << fisher.error().message;
    const std::vector<MatrixInfo> infos = model.matrixInfos({true, true});
    for (const std::size_t index : {0u, 3u, 5u, 6u, 13u}) {
        at::Tensor expected = at::zeros({infos[index].rows, infos[index].rows}, at::kDouble);
        std::uint64_t first = 0;
        for (const at::Tensor& ids : set.sequences) {
            const at::Tensor labels = sampledGradient(model.hiddenStates(ids.unsqueeze(0))[0],
                                                      model.head, context.seed, first)
                                          .labels;
            first += static_cast<std::uint64_t>(ids.size(0));
            // Finite differences of the log-likelihood in the bias of a single position would be
            // slow; a bias that differs by position is the same thing through autograd.
            Decoder shifted = model;
            Linear* matrix = shifted.matrices({true, true})[index];
            const at::Tensor offset = at::zeros({ids.size(0), infos[index].rows}).requires_grad_();
            *matrix = Linear(matrix->name(), matrix->form(), offset);
            const at::Tensor logp = at::log_softmax(shifted.logits(ids.unsqueeze(0))[0], -1);
            logp.gather(1, labels.unsqueeze(1)).sum().backward();
            expected += at::mm(f64(offset.grad()).t(), f64(offset.grad()));
        }
        EXPECT_LT(relativeError((*fisher)[index], expected / static_cast<double>(set.tokens())),
                  1e-4)
            << infos[index].name;
    }
}

TEST(Fisher, LabelsFollowTheModelsDistribution) {
    // Three words with probabilities 0.6, 0.3, 0.1: frequencies of 20,000 draws within five
    // standard errors.
    const at::Tensor hidden = at::ones({20000, 1}),
                     head = at::tensor({0.6, 0.3, 0.1}).log().unsqueeze(1).to(at::kFloat);
    const SampledGradient sampled = sampledGradient(hidden, head, 7, 0);
    const double p[] = {0.6, 0.3, 0.1};
    for (std::int64_t v = 0; v < 3; ++v) {
        const double share = (sampled.labels == v).to(at::kDouble).mean().item<double>();
        EXPECT_NEAR(share, p[v], 5 * std::sqrt(p[v] * (1 - p[v]) / 20000)) << v;
    }
    EXPECT_TRUE(at::equal(sampled.labels, sampledGradient(hidden, head, 7, 0).labels));
    EXPECT_FALSE(at::equal(sampled.labels, sampledGradient(hidden, head, 8, 0).labels))
        << "the seed draws others";
    EXPECT_TRUE(at::equal(sampled.labels.slice(0, 1000),
                          sampledGradient(hidden.slice(0, 1000), head, 7, 1000).labels))
        << "a draw belongs to its row";
}

AnalysisInput tinyInput() {
    AnalysisInput input{.model = {.weightsSha256 = "tiny"}};
    at::manual_seed(12);
    for (int i = 0; i < 24; ++i)
        input.calibration.sequences.push_back(at::randint(64, {48}, at::kLong));
    input.fisher = input.calibration;
    for (int i = 0; i < 8; ++i) input.probeSequences.push_back(at::randint(64, {48}, at::kLong));
    return input;
}

/// The estimate's own measure is small damage: probes close to break-even.
TEST(Fisher, HalfTheTailEstimatesTheMeasuredKl) {
    const Decoder model = tinyDecoder(21);
    PruneSpec spec;
    spec.truncation = Truncation::Fisher;
    spec.targets = PruneTargets::All;
    spec.weights = WeightRule::Measured;
    spec.rankMultiple = 1;
    spec.probeRanks = 1;
    spec.probeFraction = 1;
    const TemporaryFolder folder;
    const auto result = analyse(model, spec, tinyInput(), SpectrumCache(folder.path()), {});
    ASSERT_TRUE(result) << result.error().message;
    double logRatio = 0;
    for (const MatrixSpectrum& matrix : result->analysis->matrices) {
        const double estimate =
            squaredTail(matrix.weighted)[static_cast<std::size_t>(matrix.probeRank)] / 2;
        EXPECT_GT(estimate / matrix.probeKl, 1 / 4.0) << matrix.info.name;
        EXPECT_LT(estimate / matrix.probeKl, 4.0) << matrix.info.name;
        logRatio += std::log(estimate / matrix.probeKl) /
                    static_cast<double>(result->analysis->matrices.size());
    }
    EXPECT_LT(std::abs(logRatio), std::log(2.0)) << "over all matrices";
}

TEST(Analyse, EveryFieldThatMattersChangesTheSpectra) {
    const Decoder model = tinyDecoder(21);
    const TemporaryFolder folder;
    const SpectrumCache cache(folder.path());
    const auto sigmaOf =
        [&](const std::function<void(PruneSpec&, AnalysisInput&, RunContext&)>& change) {
            PruneSpec spec;
            spec.truncation = Truncation::Whitened;
            spec.weights = WeightRule::Unit;
            AnalysisInput input = tinyInput();
            RunContext context;
            change(spec, input, context);
            const auto result = analyse(model, spec, input, cache, context);
            EXPECT_TRUE(result);
            return result->decompositions.front().sigma;
        };
    const auto asvd = [](PruneSpec& spec, AnalysisInput&, RunContext&) {
        spec.truncation = Truncation::Asvd;
    };
    const auto fisher = [](PruneSpec& spec, AnalysisInput&, RunContext&) {
        spec.truncation = Truncation::Fisher;
    };
    std::vector<std::vector<double>> all{
        sigmaOf([](PruneSpec&, AnalysisInput&, RunContext&) {}),
        sigmaOf([](PruneSpec& spec, AnalysisInput&, RunContext&) {
            spec.truncation = Truncation::Plain;
        }),
        sigmaOf([](PruneSpec&, AnalysisInput& input, RunContext&) {
            input.calibration.skipFirstPosition = true;
        }),
        sigmaOf([](PruneSpec&, AnalysisInput& input, RunContext&) {
            input.calibration.sequences.pop_back();
        }),
        sigmaOf([](PruneSpec& spec, AnalysisInput&, RunContext&) { spec.gateUp = GateUp::Fused; }),
        sigmaOf([](PruneSpec& spec, AnalysisInput&, RunContext&) {
            spec.targets = PruneTargets::Attention;
        }),
        sigmaOf(asvd),
        sigmaOf([&](PruneSpec& spec, AnalysisInput& input, RunContext& context) {
            asvd(spec, input, context), spec.asvdAlpha = 1;
        }),
        sigmaOf(fisher),
        sigmaOf([&](PruneSpec& spec, AnalysisInput& input, RunContext& context) {
            fisher(spec, input, context), context.seed = 5;
        }),
        sigmaOf([&](PruneSpec& spec, AnalysisInput& input, RunContext& context) {
            fisher(spec, input, context), input.fisher.sequences.pop_back();
        })};
    for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t j = i + 1; j < all.size(); ++j) EXPECT_NE(all[i], all[j]) << i << " " << j;
    EXPECT_EQ(sigmaOf(fisher), all[8]) << "from the cache, equal to the bit";
}

TEST(Analyse, OtherWeightsUnderTheSameNameAreNotTakenFromTheCache) {
    const TemporaryFolder folder;
    PruneSpec spec;
    spec.weights = WeightRule::Unit;
    spec.truncation = Truncation::Plain;
    const auto one = analyse(tinyDecoder(1), spec, tinyInput(), SpectrumCache(folder.path()), {});
    const auto other = analyse(tinyDecoder(2), spec, tinyInput(), SpectrumCache(folder.path()), {});
    ASSERT_TRUE(one && other);
    EXPECT_NE(one->decompositions[0].sigma, other->decompositions[0].sigma);
}

}  // namespace
}  // namespace skd::test
