#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/model/tiny_model.h"
#include "prune/svd/prune.h"
#include "ranks/latency.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class IdentityBlockPrune : public testing::Test {
protected:
    IdentityBlockPrune() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(60);
        for (int i = 0; i < 12; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        input.fisher = input.calibration;
        for (int i = 0; i < 3; ++i)
            input.probeSequences.push_back(at::randint(64, {40}, at::kLong));
        spec.rankMultiple = 1;
        spec.target = 0.3;
        spec.truncation = Truncation::Fisher;
        spec.weights = WeightRule::Unit;
        spec.form = MatrixForm::IdentityBlock;
    }
    AnalysisResult analysed(const Decoder& model) {
        auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    PruneReport cut(Decoder& model, const std::optional<DenseReference>& reference = {}) {
        const auto report = prune(model, spec, analysed(model), {}, {reference, {}});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? *report : PruneReport();
    }
    static at::Tensor logitsOf(const Decoder& model) {
        return model.logits(at::arange(20).unsqueeze(0));
    }
    const Decoder dense = tinyDecoder(61);
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

/// The map is that of plain factors of the same ranks, in fewer parameters; the report counts them,
/// and the permutations as bytes.
TEST_F(IdentityBlockPrune, GivesTheMapOfTheFactorsInFewerParameters) {
    for (const Truncation truncation :
         {Truncation::Fisher, Truncation::Whitened, Truncation::Plain}) {
        spec.truncation = truncation;
        Decoder student = dense, plain = dense;
        const PruneReport report = cut(student);
        EXPECT_GE(report.mlpRemoved, 0.3);
        EXPECT_LT(report.mlpRemoved, 0.33);
        EXPECT_EQ(report.details["form"], "identity-block");
        std::vector<std::int64_t> ranks;
        std::int64_t removed = 0, orders = 0;
        for (const Linear* linear : student.matrices()) {
            ranks.push_back(linear->rank());
            if (linear->rank() == 0) continue;
            ASSERT_TRUE(std::holds_alternative<IdentityBlockWeight>(linear->form()));
            const std::int64_t r = linear->rank();
            EXPECT_EQ(linear->parameterCount(), r * (48 + 32) - r * r);
            removed += 48 * 32 - linear->parameterCount();
            orders += 4 * linear->rows();
        }
        EXPECT_GT(orders, 0);
        EXPECT_EQ(report.parameters, dense.parameterCount() - removed);
        EXPECT_NEAR(report.bytesRemoved,
                    static_cast<double>(4 * removed - orders) /
                        static_cast<double>(4 * dense.parameterCount()),
                    1e-12);
        applyRanks(plain, analysed(dense).decompositions, ranks);
        EXPECT_LT(relativeError(logitsOf(student), logitsOf(plain)), 1e-4) << enumName(truncation);
        EXPECT_LT(student.parameterCount(), plain.parameterCount());
    }
}

/// At this size MKL's LU fails where it is called from a parallel region.
TEST_F(IdentityBlockPrune, MatricesOfARealModelsSizeAreMadeSideBySide) {
    const Decoder large = tinyDecoder(62, {.hidden = 576, .intermediate = 1536, .layers = 1});
    spec.truncation = Truncation::Plain;
    spec.ranks = RankRule::Uniform;
    const int threads = at::get_num_threads();
    at::set_num_threads(2);
    Decoder student = large, plain = large;
    cut(student);
    at::set_num_threads(threads);
    std::vector<std::int64_t> ranks;
    for (const Linear* linear : student.matrices()) ranks.push_back(linear->rank());
    EXPECT_GT(*std::ranges::min_element(ranks), 300);
    applyRanks(plain, analysed(large).decompositions, ranks);
    EXPECT_LT(relativeError(logitsOf(student), logitsOf(plain)), 1e-4);
}

TEST_F(IdentityBlockPrune, KeepsMoreRankForTheSameBudget) {
    spec.ranks = RankRule::Uniform;
    Decoder block = dense, plain = dense;
    const PruneReport blocks = cut(block);
    spec.form = MatrixForm::Factored;
    const PruneReport factors = cut(plain);
    EXPECT_FALSE(factors.details.contains("form"));
    for (std::size_t i = 0; i < blocks.ranks.size(); ++i)
        EXPECT_GT(blocks.ranks[i].second, factors.ranks[i].second) << blocks.ranks[i].first;
    EXPECT_LT(std::abs(blocks.mlpRemoved - factors.mlpRemoved), 0.05);
}

/// Another round works on the blocks, keeps to their ranks and counts against the dense model; so
/// it does on the plain factors of a round before.
TEST_F(IdentityBlockPrune, LaterRoundsCutBlocksAndFactors) {
    for (const MatrixForm first : {MatrixForm::IdentityBlock, MatrixForm::Factored}) {
        Decoder student = dense;
        const DenseReference reference = denseReference(dense, spec);
        spec.form = first;
        spec.target = 0.2;
        cut(student, reference);
        std::vector<std::int64_t> before;
        for (const Linear* linear : student.matrices()) before.push_back(linear->rank());
        spec.form = MatrixForm::IdentityBlock;
        spec.target = 0.45;
        const PruneReport report = cut(student, reference);
        EXPECT_GE(report.mlpRemoved, 0.45) << enumName(first);
        EXPECT_LT(report.mlpRemoved, 0.5) << enumName(first);
        std::size_t index = 0;
        for (const Linear* linear : student.matrices()) {
            const std::int64_t most = before[index] > 0 ? before[index] : 32;
            EXPECT_LE(linear->rank(), most) << linear->name();
            ++index;
        }
    }
}

/// Decomposing a block is decomposing the matrix it stands for, at its rank.
TEST_F(IdentityBlockPrune, SpectraOfBlocksAreThoseOfTheMatrix) {
    const Linear block("b", randomBlock(48, 32, 11)), whole("w", DenseWeight{block.weight()});
    const at::Tensor x = at::randn({200, 32}, at::kDouble);
    const ErrorMetric metric{at::mm(x.t(), x) / 200, {}};
    const auto ofBlock = decompose(block, metric), ofWhole = decompose(whole, metric);
    ASSERT_TRUE(ofBlock && ofWhole);
    ASSERT_EQ(ofBlock->sigma.size(), 11u);
    for (std::size_t i = 0; i < 11; ++i)
        EXPECT_NEAR(ofBlock->sigma[i], ofWhole->sigma[i], 1e-5 * ofWhole->sigma[0]) << i;
    const auto plain = plainSingularValues(block), all = plainSingularValues(whole);
    ASSERT_TRUE(plain && all);
    ASSERT_EQ(plain->size(), 11u);
    for (std::size_t i = 0; i < 11; ++i) EXPECT_NEAR((*plain)[i], (*all)[i], 1e-5 * (*all)[0]) << i;
}

TEST_F(IdentityBlockPrune, ProbesLieBelowTheFormsOwnBreakEven) {
    spec.truncation = Truncation::Whitened;
    spec.weights = WeightRule::Measured;
    spec.probeRanks = 3;
    const AnalysisResult block = analysed(dense);
    for (const MatrixSpectrum& matrix : block.analysis->matrices) {
        EXPECT_EQ(matrix.info.form, MatrixForm::IdentityBlock);
        ASSERT_EQ(matrix.probes.size(), 3u);
        EXPECT_EQ(matrix.probes[0].rank, 8);   // a quarter of 32
        EXPECT_EQ(matrix.probes[1].rank, 16);  // a half
        EXPECT_EQ(matrix.probes[2].rank, 28);  // 0.9
    }
    spec.form = MatrixForm::Factored;
    EXPECT_EQ(analysed(dense).analysis->matrices[0].probes[1].rank, 9)
        << "not those of the cache under the other form";
}

TEST_F(IdentityBlockPrune, TimesAreThoseOfTheForm) {
    const AnalysisResult analysis = analysed(dense);
    BreakEvenTable table{"machine", "f32", 1, {}};
    table.put({48, 32, 4, 10, {{2, 1}, {32, 16}}});
    table.put({32, 48, 4, 10, {{2, 1}, {32, 16}}});
    const auto missing = latencyCosts(*analysis.analysis, table, 4);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message.find("--form identity-block"), std::string::npos);
    table.put({48, 32, 4, 10, {{2, 2}, {32, 9}}, MatrixForm::IdentityBlock});
    table.put({32, 48, 4, 10, {{2, 2}, {32, 9}}, MatrixForm::IdentityBlock});
    const auto costs = latencyCosts(*analysis.analysis, table, 4);
    ASSERT_TRUE(costs) << costs.error().message;
    EXPECT_EQ(costs->front()[2], 2000);
    EXPECT_EQ(costs->front()[32], 9000);
}

}  // namespace
}  // namespace skd::test
