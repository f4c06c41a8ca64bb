#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "model/files/decoder_file.h"
#include "prune/svd/prune.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

class GateUpChoice : public testing::Test {
protected:
    GateUpChoice() {
        at::manual_seed(70);
        input.model.weightsSha256 = "tiny";
        spec.gateUp = GateUp::PerLayer;
        spec.truncation = Truncation::Plain;
        spec.weights = WeightRule::Relative;
        spec.ranks = RankRule::Uniform;
        spec.rankMultiple = 1;
        spec.target = 0.7;
    }
    AnalysisResult analysed(const Decoder& model) {
        auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    /// What the best map of a rank leaves of a matrix, by LibTorch's singular values.
    static double left(const at::Tensor& weight, std::int64_t rank) {
        const at::Tensor values = at::linalg_svdvals(weight.to(at::kDouble));
        return values.narrow(0, rank, values.size(0) - rank).square().sum().item<double>();
    }
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

/// Layer 0: gate and up read the same 7 directions. Layer 1: they read 5 directions each, none in
/// common.
Decoder sharedAndApart() {
    Decoder model = tinyDecoder(71);
    const at::Tensor basis = std::get<0>(at::linalg_qr(at::randn({32, 32}))).t();
    const auto reads = [&](Linear& linear, std::int64_t first, std::int64_t count) {
        linear.replace(DenseWeight{at::mm(at::randn({48, count}), basis.narrow(0, first, count))});
    };
    reads(model.layers[0].mlp.gate, 0, 7);
    reads(model.layers[0].mlp.up, 0, 7);
    reads(model.layers[1].mlp.gate, 0, 5);
    reads(model.layers[1].mlp.up, 5, 5);
    return model;
}

TEST_F(GateUpChoice, JoinsWhereTheInputsAreShared) {
    const Decoder dense = sharedAndApart();
    const AnalysisResult analysis = analysed(dense);
    EXPECT_EQ(analysis.fused, (std::vector<bool>{true, false}));
    ASSERT_EQ(analysis.analysis->matrices.size(), 5u);
    ASSERT_EQ(analysis.decompositions.size(), 5u);
    EXPECT_EQ(analysis.analysis->matrices[0].info.kind, MatrixKind::GateUp);
    EXPECT_EQ(analysis.analysis->matrices[2].info.kind, MatrixKind::Gate);
    Decoder student = dense;
    const auto report = prune(student, spec, analysis, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->details["gate_up"], "per-layer");
    EXPECT_GE(report->mlpRemoved, 0.7);
    EXPECT_TRUE(student.layers[0].mlp.gateUp.isDefined());
    EXPECT_FALSE(student.layers[1].mlp.gateUp.isDefined());
    // Seven shared directions fit the stack's rank, five each fit the separate ones.
    const at::Tensor stacked =
        at::cat({dense.layers[0].mlp.gate.weight(), dense.layers[0].mlp.up.weight()});
    EXPECT_LT(relativeError(student.layers[0].mlp.gateUp.weight(), stacked), 1e-4);
    EXPECT_LT(relativeError(student.layers[1].mlp.up.weight(), dense.layers[1].mlp.up.weight()),
              1e-4);
    const auto path = folder.path() / "m.safetensors";
    ASSERT_TRUE(writeDecoder(path, student, {}));
    const auto read = readDecoder(path, {at::kFloat, at::kCPU});
    ASSERT_TRUE(read) << read.error().message;
    const at::Tensor ids = at::arange(12).unsqueeze(0);
    EXPECT_TRUE(at::equal(read->model.decoder.logits(ids), student.logits(ids)));
}

TEST_F(GateUpChoice, IsTheSmallerSumOfDiscardedSquares) {
    for (const MatrixForm form : {MatrixForm::Factored, MatrixForm::IdentityBlock})
        for (const double target : {0.2, 0.5, 0.8}) {
            spec.form = form;
            spec.target = target;
            Decoder dense = tinyDecoder(72, {.layers = 6});
            for (std::size_t i = 0; i < 6; ++i) {  // from nothing in common to nearly all
                const double shared = static_cast<double>(i) / 6;
                Mlp& mlp = dense.layers[i].mlp;
                const at::Tensor mixed =
                    at::mm(at::randn({48, 48}) / std::sqrt(48.0), mlp.gate.weight());
                mlp.up.replace(DenseWeight{shared * mixed + (1 - shared) * mlp.up.weight()});
            }
            const AnalysisResult analysis = analysed(dense);
            const auto rankOf = [&](std::int64_t rows) {
                return static_cast<std::int64_t>(std::floor(rankAtParameters(
                    form, rows, 32, (1 - target) * static_cast<double>(rows * 32))));
            };
            for (std::size_t i = 0; i < 6; ++i) {
                const Mlp& mlp = dense.layers[i].mlp;
                const at::Tensor gate = mlp.gate.weight(), up = mlp.up.weight();
                const double apart = left(gate, rankOf(48)) + left(up, rankOf(48)),
                             joined = left(at::cat({gate, up}), rankOf(96));
                EXPECT_EQ(analysis.fused[i], joined < apart) << i << " " << joined << " " << apart;
            }
            const AnalysisResult again = analysed(dense);
            EXPECT_EQ(again.fused, analysis.fused) << "out of the cache";
            for (std::size_t i = 0; i < again.decompositions.size(); ++i)
                EXPECT_TRUE(at::equal(again.decompositions[i].u, analysis.decompositions[i].u));
        }
}

/// What is factored stays as it is.
TEST_F(GateUpChoice, LaterRoundsKeepTheChoice) {
    Decoder student = sharedAndApart();
    const DenseReference reference = denseReference(student, spec);
    ASSERT_TRUE(prune(student, spec, analysed(student), {}, {reference, {}}));
    spec.target = 0.8;
    const AnalysisResult second = analysed(student);
    EXPECT_EQ(second.fused, (std::vector<bool>{true, false}));
    const auto report = prune(student, spec, second, {}, {reference, {}});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GE(report->mlpRemoved, 0.8);
}

}  // namespace
}  // namespace skd::test
