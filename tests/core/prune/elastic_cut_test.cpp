#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stop_token>

#include "core/model/tiny_model.h"
#include "prune/svd/analysis_keys.h"
#include "prune/svd/elastic_cut.h"
#include "prune/svd/prune.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class ElasticCutTest : public testing::Test {
protected:
    ElasticCutTest() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(95);
        for (int i = 0; i < 12; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        input.fisher = input.calibration;
        for (int i = 0; i < 3; ++i)
            input.probeSequences.push_back(at::randint(64, {40}, at::kLong));
        spec.rankMultiple = 1;
        spec.truncation = Truncation::Fisher;
        spec.weights = WeightRule::Unit;
        spec.form = MatrixForm::IdentityBlock;
    }
    AnalysisResult analysed() {
        auto result = analyse(dense, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    static at::Tensor logitsAt(const Decoder& model) {
        const c10::NoGradGuard noGradient;
        return model.logits(at::arange(20).unsqueeze(0));
    }
    const Decoder dense = tinyDecoder(96);
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

at::Tensor doubled(const at::Tensor& tensor) {
    return tensor.to(at::kCPU, at::kDouble);
}

/// Before any training the student at a profile is the dedicated cut at it: every matrix, and what
/// the model says.
TEST_F(ElasticCutTest, AtEverySizeItIsTheDedicatedCut) {
    for (const Truncation truncation :
         {Truncation::Fisher, Truncation::Whitened, Truncation::Plain})
        for (const GateUp gateUp : {GateUp::Separate, GateUp::Fused}) {
            spec.truncation = truncation;
            spec.gateUp = gateUp;
            const AnalysisResult analysis = analysed();
            const std::size_t count = analysis.decompositions.size();
            Decoder elastic = dense;
            const auto report =
                cutElastic(elastic, spec, analysis, {std::vector<std::int64_t>(count, 28), {}}, {});
            ASSERT_TRUE(report) << report.error().message;
            for (int trial = 0; trial < 3; ++trial) {
                std::vector<std::int64_t> ranks;
                for (std::size_t i = 0; i < count; ++i)
                    ranks.push_back(1 + at::randint(28, {1}, at::kLong).item<std::int64_t>());
                ASSERT_TRUE(setRanks(elastic, ranksByName(*analysis.analysis, ranks)));
                Decoder dedicated = dense;
                if (gateUp == GateUp::Fused) {
                    ASSERT_TRUE(dedicated.fuseGateUp());
                }
                applyRanks(dedicated, analysis.decompositions, ranks);
                const std::vector<Linear*> own = elastic.matrices(), other = dedicated.matrices();
                for (std::size_t i = 0; i < count; ++i) {
                    const ElasticWeight& mine = *own[i]->elastic();
                    const auto& cut = std::get<LowRankWeight>(other[i]->form());
                    const at::Tensor product = at::mm(doubled(cut.a), doubled(cut.b)),
                                     prefix =
                                         at::mm(doubled(mine.usedA()).t(), doubled(mine.usedB()));
                    EXPECT_LT(((prefix - product).norm() / product.norm()).item<double>(), 1e-6)
                        << own[i]->name() << " at " << ranks[i];
                }
                // Two passes in f32 round a little more than the weights differ.
                EXPECT_LT(relativeError(logitsAt(elastic), logitsAt(dedicated)), 1e-5);
            }
        }
}

/// ||a_i|| / sqrt(out) = ||b_i|| / sqrt(in), and what was given as 0 stays.
TEST_F(ElasticCutTest, ComponentsAreBalancedAndOthersStay) {
    const AnalysisResult analysis = analysed();
    std::vector<std::int64_t> caps(analysis.decompositions.size(), 24);
    caps[1] = 0;
    caps[2] = 32;
    Decoder model = dense;
    const auto report = cutElastic(model, spec, analysis, {caps, {}}, {});
    ASSERT_TRUE(report) << report.error().message;
    const std::vector<Linear*> matrices = model.matrices();
    EXPECT_TRUE(matrices[1]->isDense());
    EXPECT_EQ(matrices[2]->elastic()->cap(), 32);
    for (const Linear* matrix : matrices) {
        if (matrix->elastic() == nullptr) continue;
        const ElasticWeight& weight = *matrix->elastic();
        const at::Tensor left =
                             weight.a.norm(2, 1) / std::sqrt(static_cast<double>(matrix->rows())),
                         right = weight.b.norm(2, 1) /
                                 std::sqrt(static_cast<double>(matrix->columns()));
        EXPECT_LT(((left - right).abs() / left).max().item<double>(), 1e-5) << matrix->name();
    }
    // Full rank holds the matrix itself.
    Decoder before = dense;
    EXPECT_LT(relativeError(matrices[2]->weight(), before.matrices()[2]->weight()), 1e-4);
    // Counted as identity blocks: r (m + n) - r^2 at 24, m n at 0 and 32.
    const std::int64_t removed = 4 * (48 * 32 - (24 * 80 - 24 * 24));
    EXPECT_EQ(report->parameters, dense.parameterCount() - removed);
    EXPECT_NEAR(report->mlpRemoved, static_cast<double>(removed) / (6.0 * 48 * 32), 1e-12);
    EXPECT_EQ(report->details["stored_parameters"], model.storedParameterCount());
}

TEST_F(ElasticCutTest, WrongCapsAndCancellingChangeNothing) {
    spec.gateUp = GateUp::Fused;
    const AnalysisResult analysis = analysed();
    const std::size_t count = analysis.decompositions.size();
    Decoder model = dense;
    for (const std::vector<std::int64_t>& caps :
         {std::vector<std::int64_t>(count, 33), std::vector<std::int64_t>(count, -1),
          std::vector<std::int64_t>(count - 1, 8)}) {
        const auto report = cutElastic(model, spec, analysis, {caps, {}}, {});
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
    }
    std::stop_source stop;
    stop.request_stop();
    RunContext context;
    context.stop = stop.get_token();
    const auto cancelled =
        cutElastic(model, spec, analysis, {std::vector<std::int64_t>(count, 8), {}}, context);
    ASSERT_TRUE(cancelled);
    EXPECT_TRUE(cancelled->cancelled);
    EXPECT_FALSE(isElastic(model));
    EXPECT_FALSE(model.layers[0].mlp.gateUp.isDefined());
}

at::Tensor spdOf(std::int64_t n) {
    const at::Tensor x = at::randn({n, 80}, at::kDouble);
    return at::mm(x, x.t()) / 80;
}

/// Against the difference of the products, in one metric and in two with the stack's two blocks.
TEST(PrefixErrors, EqualTheNormOfWhatIsLeftOut) {
    at::manual_seed(97);
    const ElasticWeight weight = randomElastic(30, 14, 9);
    const at::Tensor gram = spdOf(14), top = spdOf(12), bottom = spdOf(18),
                     fisher = at::block_diag({top, bottom});
    const at::Tensor a = doubled(weight.a), b = doubled(weight.b);
    for (const bool both : {false, true}) {
        const std::vector<double> errors =
            prefixErrors(weight, both ? ErrorMetric{gram, {top, bottom}} : ErrorMetric{gram, {}});
        ASSERT_EQ(errors.size(), 10u);
        for (std::int64_t r = 0; r <= 9; ++r) {
            const at::Tensor left = at::mm(a.narrow(0, r, 9 - r).t(), b.narrow(0, r, 9 - r));
            const at::Tensor weighted = both ? at::mm(fisher, left) : left;
            const double square =
                at::mm(at::mm(weighted, gram), left.t()).diagonal().sum().item<double>();
            EXPECT_NEAR(errors[static_cast<std::size_t>(r)], std::sqrt(std::max(0.0, square)), 1e-9)
                << r;
        }
    }
}

/// At the start no two components share anything in the metric: what is left out is the tail of the
/// squared singular values.
TEST(PrefixErrors, AreTheTailOfTheSpectrumAtTheStart) {
    at::manual_seed(98);
    const Linear matrix("w", DenseWeight{at::randn({40, 24})});
    const at::Tensor gram = spdOf(24), fisher = spdOf(40);
    at::Tensor damped = fisher.clone();
    damped.diagonal().add_(1e-4 * fisher.diagonal().mean().item<double>());
    for (const bool both : {false, true}) {
        const auto made =
            decompose(matrix, both ? ErrorMetric{gram, {fisher}} : ErrorMetric{gram, {}});
        ASSERT_TRUE(made) << made.error().message;
        const std::vector<double> errors =
            prefixErrors(elasticAt(matrix, *made, 24),
                         both ? ErrorMetric{gram, {damped}} : ErrorMetric{gram, {}});
        for (std::size_t r = 0; r <= 24; ++r) {
            const double tail = std::inner_product(
                made->sigma.begin() + static_cast<std::ptrdiff_t>(r), made->sigma.end(),
                made->sigma.begin() + static_cast<std::ptrdiff_t>(r), 0.0);
            EXPECT_NEAR(errors[r], std::sqrt(tail), 1e-4 * errors[0]) << r;
        }
    }
}

/// What reads an elastic matrix's spectrum reads that of the slice, and keeps it apart by size.
TEST(PrefixErrors, AnalysesSeeTheSizeInUse) {
    at::manual_seed(99);
    ElasticWeight weight = randomElastic(30, 20, 12);
    weight.rank = 7;
    const Linear elastic("e", weight),
        plain("p", LowRankWeight{weight.usedA().t().contiguous(), weight.usedB()});
    const ErrorMetric metric{spdOf(20), {}};
    const auto own = decompose(elastic, metric), other = decompose(plain, metric);
    ASSERT_TRUE(own && other);
    ASSERT_EQ(own->sigma.size(), 7u);
    for (std::size_t i = 0; i < 7; ++i)
        EXPECT_NEAR(own->sigma[i], other->sigma[i], 1e-9 * other->sigma[0]) << i;
    Decoder model = tinyElastic(100, 24);
    const std::string before = spectrumKey(model, {}, {}, 0);
    model.layers[0].mlp.down.setElasticRank(11);
    EXPECT_NE(spectrumKey(model, {}, {}, 0), before);
}

}  // namespace
}  // namespace skd::test
