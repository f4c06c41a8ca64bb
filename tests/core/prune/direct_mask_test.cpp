#include <gtest/gtest.h>

#include <cmath>

#include "core/distill/distill_fixture.h"
#include "core/prune/direct_fixture.h"
#include "prune/masks/mask.h"
#include "prune/masks/prune_masks.h"
#include "prune/masks/sparsegpt.h"

namespace skd::test {
namespace {

double errorOn(const at::Tensor& inputs, const at::Tensor& weight, const at::Tensor& changed) {
    return at::mm((weight - changed).to(at::kDouble), inputs.to(at::kDouble))
        .square()
        .sum()
        .item<double>();
}

const MaskedWeight& maskedOf(const Linear& matrix) {
    return std::get<MaskedWeight>(matrix.form());
}

/// Weights [rows, columns] and correlated inputs [columns, tokens].
struct MatrixProblem {
    MatrixProblem(std::int64_t rows, std::int64_t columns, std::int64_t tokens) {
        at::manual_seed(3);
        weight = at::randn({rows, columns});
        inputs = at::mm(at::randn({columns, columns}), at::randn({columns, tokens})) *
                 at::linspace(0.2, 2, columns).unsqueeze(1);
        gram = at::mm(inputs.to(at::kDouble), inputs.to(at::kDouble).t());
    }
    at::Tensor weight, inputs, gram;
};

TEST(DirectMask, WandaWithEqualNormsIsRowMagnitude) {
    const MatrixProblem p(20, 30, 50);
    const at::Tensor wanda = chooseMask(wandaScores(p.weight, at::full({30}, 7.5, at::kDouble)), {},
                                        {0.4, {}}, MaskScope::Row);
    EXPECT_TRUE(at::equal(wanda, chooseMask(p.weight.abs(), {}, {0.4, {}}, MaskScope::Row)));
    EXPECT_FALSE(at::equal(wanda, chooseMask(wandaScores(p.weight, p.gram.diagonal()), {},
                                             {0.4, {}}, MaskScope::Row)));
    EXPECT_EQ(wanda.logical_not().sum(1).min().item<std::int64_t>(), 12);
    EXPECT_EQ(wanda.logical_not().sum(1).max().item<std::int64_t>(), 12);
}

TEST(DirectMask, SparseGptWithIdentityIsMagnitude) {
    const MatrixProblem p(20, 128, 50);
    const auto found = sparseGpt(p.weight, at::eye(128, at::kDouble) * 4, {}, {0.4, {}}, "w");
    ASSERT_TRUE(found);
    const at::Tensor expected = chooseMask(p.weight.abs(), {}, {0.4, {}}, MaskScope::Matrix);
    EXPECT_TRUE(at::equal(found->mask, expected));
    EXPECT_TRUE(at::equal(found->weight, p.weight * expected));
    const MaskRule pattern{0, MaskPattern{2, 4}};
    EXPECT_TRUE(at::equal(sparseGpt(p.weight, at::eye(128, at::kDouble), {}, pattern, "w")->mask,
                          chooseMask(p.weight.abs(), {}, pattern, MaskScope::Row)));
}

TEST(DirectMask, SparseGptErrsLessThanMagnitude) {
    const MatrixProblem p(40, 300, 500);  // three blocks
    for (const MaskRule& rule :
         {MaskRule{0.5, {}}, MaskRule{0, MaskPattern{2, 4}}, MaskRule{0, MaskPattern{3, 6}}}) {
        const auto found = sparseGpt(p.weight, p.gram, {}, rule, "w");
        ASSERT_TRUE(found);
        const double error = errorOn(p.inputs, p.weight, found->weight);
        EXPECT_LT(error,
                  errorOn(p.inputs, p.weight,
                          p.weight * chooseMask(p.weight.abs(), {}, rule, MaskScope::Matrix)));
        // With a share Wanda may take more from weak columns; within groups both choose alike.
        if (rule.pattern) {
            EXPECT_LT(error, errorOn(p.inputs, p.weight,
                                     p.weight * chooseMask(wandaScores(p.weight, p.gram.diagonal()),
                                                           {}, rule, MaskScope::Row)));
        }
        EXPECT_TRUE(at::equal(found->weight.ne(0), found->mask));
    }
}

/// The same algorithm without blocks of columns: every removal reaches all later columns at once.
TEST(DirectMask, SparseGptInBlocksEqualsColumnByColumn) {
    const MatrixProblem p(6, 300, 400);
    const auto found = sparseGpt(p.weight, p.gram, {}, {0.5, {}}, "w");
    ASSERT_TRUE(found);
    at::Tensor h = p.gram.clone();
    h.diagonal().add_(0.01 * h.diagonal().mean());
    at::Tensor w = p.weight.to(at::kDouble).clone();
    for (std::int64_t j = 0; j < 300; ++j) {
        // What is to the right of j answers optimally: solve for it with column j as the mask says.
        const at::Tensor inverse = at::linalg_inv(h.narrow(0, j, 300 - j).narrow(1, j, 300 - j));
        const at::Tensor removed =
            at::where(found->mask.select(1, j), 0.0, w.select(1, j)) / inverse[0][0];
        w.narrow(1, j, 300 - j).sub_(at::outer(removed, inverse[0]));
    }
    EXPECT_LT(relativeError(found->weight, w), 1e-3);
    EXPECT_NEAR(zeroShare(found->weight), 0.5, 1e-9);
}

TEST(DirectMask, SparseGptNamesWhatItCannotFactor) {
    const MatrixProblem p(4, 8, 4);
    const auto broken = sparseGpt(p.weight, p.gram.clone().fill_(std::nan("")), {}, {0.5, {}},
                                  "model.layers.3.mlp.up_proj");
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::Numeric);
    EXPECT_NE(broken.error().message.find("model.layers.3.mlp.up_proj"), std::string::npos);
    const auto indefinite = sparseGpt(p.weight, -p.gram, {}, {0.5, {}}, "w");
    ASSERT_FALSE(indefinite);
    EXPECT_EQ(indefinite.error().code, ErrorCode::Numeric);
    EXPECT_TRUE(sparseGpt(p.weight, p.gram * 0, {}, {0.5, {}}, "w"))
        << "no input at all: as with H = I";
}

class MaskingMethod : public testing::TestWithParam<PruneMethod> {
protected:
    const Decoder dense = tinyDecoder(4);
    const CalibrationSet calibration = tinyCalibration();
};

TEST_P(MaskingMethod, PatternsCountExactly) {
    for (const auto& [text, keep, group] :
         {std::tuple{"2:4", 2, 4}, {"1:2", 1, 2}, {"5:8", 5, 8}}) {
        PruneSpec spec = pruneSpec(GetParam(), 0.9);
        spec.pattern = text;
        spec.targets = PruneTargets::All;
        Pruned result = pruned(dense, spec, calibration);
        for (const Linear* matrix : result.model.matrices({true, true})) {
            const at::Tensor kept = maskedOf(*matrix).mask.view({-1, group}).sum(1);
            EXPECT_TRUE(kept.eq(keep).all().item<bool>()) << matrix->name() << " " << text;
            EXPECT_TRUE(at::equal(matrix->weight().ne(0), maskedOf(*matrix).mask));
        }
        EXPECT_DOUBLE_EQ(result.report.targetRemoved, 1 - static_cast<double>(keep) / group);
        EXPECT_EQ(result.report.details["pattern"], text);
        // Repeating it changes nothing.
        PruneReport again =
            *pruneDirect(result.model, spec, calibration, denseReference(dense, spec), {});
        EXPECT_EQ(again.parameters, result.report.parameters);
    }
}

TEST_P(MaskingMethod, RepeatedPatternIsANoOp) {
    PruneSpec spec = pruneSpec(GetParam(), 0.5);
    spec.pattern = "2:4";
    Pruned once = pruned(dense, spec, calibration);
    Pruned twice = pruned(once.model, spec, calibration, denseReference(dense, spec));
    const auto before = once.model.matrices(), after = twice.model.matrices();
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_TRUE(at::equal(maskedOf(*before[i]).mask, maskedOf(*after[i]).mask));
        EXPECT_LT(relativeError(after[i]->weight(), before[i]->weight()), 1e-6);
    }
}

TEST_P(MaskingMethod, RoundsCountAgainstTheDenseModelAndMasksGrow) {
    const DenseReference reference = denseReference(dense, pruneSpec(GetParam(), 0));
    Pruned first = pruned(dense, pruneSpec(GetParam(), 0.25), calibration, reference);
    Pruned second = pruned(first.model, pruneSpec(GetParam(), 0.5), calibration, reference);
    EXPECT_NEAR(first.report.targetRemoved, 0.25, 1e-9);
    EXPECT_NEAR(second.report.targetRemoved, 0.5, 1e-9);
    EXPECT_NEAR(second.report.mlpRemoved, 0.5, 1e-9);
    EXPECT_DOUBLE_EQ(second.report.details["share"].get<double>(), 0.5);
    const auto before = first.model.matrices(), after = second.model.matrices();
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_FALSE(maskedOf(*after[i])
                         .mask.logical_and(maskedOf(*before[i]).mask.logical_not())
                         .any()
                         .item<bool>())
            << "a weight came back";
        EXPECT_TRUE(at::equal(after[i]->weight().ne(0), maskedOf(*after[i]).mask));
    }
    // A lower target later on asks for nothing.
    const Pruned third = pruned(second.model, pruneSpec(GetParam(), 0.3), calibration, reference);
    EXPECT_EQ(third.report.parameters, second.report.parameters);
}

TEST_P(MaskingMethod, TargetAndTargetsSayWhatGoes) {
    for (const double target : {0.25, 0.75}) {
        PruneSpec spec = pruneSpec(GetParam(), target);
        EXPECT_NEAR(pruned(dense, spec, calibration).report.mlpRemoved, target, 1e-9);
        spec.targets = PruneTargets::Attention;
        const Pruned attention = pruned(dense, spec, calibration);
        EXPECT_EQ(attention.report.mlpRemoved, 0);
        EXPECT_NEAR(attention.report.targetRemoved, target, 1e-9);
        spec.targets = PruneTargets::All;
        const Pruned all = pruned(dense, spec, calibration);
        EXPECT_NEAR(all.report.mlpRemoved, target, 1e-9);
        EXPECT_GT(all.report.parametersRemoved, attention.report.parametersRemoved);
    }
}

TEST_P(MaskingMethod, LockedMatricesStayAndTheOthersMakeUpForThem) {
    PruneSpec spec = pruneSpec(GetParam(), 0.375);
    spec.locked = {"model.layers.0.mlp.gate_proj", "model.layers.1.self_attn"};
    Pruned result = pruned(dense, spec, calibration);
    for (const Linear* matrix : result.model.matrices())
        EXPECT_NEAR(zeroShare(matrix->weight()), matrix->name() == spec.locked[0] ? 0 : 0.45, 0.02)
            << matrix->name();
    EXPECT_NEAR(result.report.details["share"].get<double>(), 0.45, 1e-12);
    spec.locked = {"model.layers.0.mlp.gate_prj"};
    const Error misspelt = pruneError(dense, spec, calibration);
    EXPECT_EQ(misspelt.code, ErrorCode::InvalidInput);
    EXPECT_NE(misspelt.message.find("nearest is model.layers.0.mlp.gate_proj"), std::string::npos)
        << misspelt.message;
    spec.locked = {"model.layers.0"};
    spec.target = 0.5;
    EXPECT_NE(pruneError(dense, spec, calibration).message.find("cannot be met"),
              std::string::npos);
}

TEST_P(MaskingMethod, RefusesFactoredMatricesAndWidthsThatDoNotDivide) {
    Decoder factored = dense;
    factored.layers[1].mlp.up.replace(LowRankWeight{at::randn({48, 6}), at::randn({6, 32})});
    const Error error = pruneError(factored, pruneSpec(GetParam(), 0.5), calibration);
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_NE(error.message.find("model.layers.1.mlp.up_proj is factored"), std::string::npos);
    PruneSpec locked = pruneSpec(GetParam(), 0.5);
    locked.locked = {"model.layers.1.mlp.up_proj"};
    const double held = 6 * (48 + 32), free = 5 * 48 * 32;
    EXPECT_NEAR(pruned(factored, locked, calibration).report.details["share"].get<double>(),
                0.5 * (free + held) / free, 1e-12);
    PruneSpec pattern = pruneSpec(GetParam(), 0.5);
    pattern.pattern = "2:5";
    EXPECT_NE(pruneError(dense, pattern, calibration)
                  .message.find("has 32 columns, which 5 does not divide"),
              std::string::npos);
}

TEST_P(MaskingMethod, TakesTheFusedMatrixAsOne) {
    Decoder fused = dense.clone();
    fused.fuseGateUp();
    Pruned result = pruned(fused, pruneSpec(GetParam(), 0.5), calibration);
    EXPECT_NEAR(zeroShare(result.model.layers[0].mlp.gateUp.weight()), 0.5, 1e-9);
    if (GetParam() == PruneMethod::SparseGpt) return;  // its blocks span all rows
    const Pruned apart = pruned(dense, pruneSpec(GetParam(), 0.5), calibration);
    const at::Tensor ids = calibration.sequences[0].unsqueeze(0);
    EXPECT_LT(relativeError(result.model.logits(ids), apart.model.logits(ids)), 1e-5);
}

TEST_P(MaskingMethod, CalibrationCounts) {
    if (GetParam() == PruneMethod::Magnitude) return;
    const at::Tensor ids = calibration.sequences[0].unsqueeze(0);
    const PruneSpec spec = pruneSpec(GetParam(), 0.5);
    const at::Tensor whole = pruned(dense, spec, calibration).model.logits(ids);
    CalibrationSet less{{calibration.sequences[0]}, false};
    EXPECT_GT(relativeError(pruned(dense, spec, less).model.logits(ids), whole), 1e-3);
    EXPECT_NE(pruneError(dense, spec, {}).message.find("calibration"), std::string::npos);
}

TEST_P(MaskingMethod, StopsWhenAskedAndLeavesTheModel) {
    StoppingContext stopping(nullptr, 1);
    Decoder model = dense.clone();
    const std::string before = weightsSha256(model);
    const PruneSpec spec = pruneSpec(GetParam(), 0.5);
    const auto report =
        pruneDirect(model, spec, calibration, denseReference(dense, spec), stopping.context);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->cancelled);
    EXPECT_EQ(weightsSha256(model), before);
}

INSTANTIATE_TEST_SUITE_P(Methods, MaskingMethod,
                         testing::Values(PruneMethod::Wanda, PruneMethod::Magnitude,
                                         PruneMethod::SparseGpt),
                         [](const auto& p) { return std::string(enumName(p.param)); });

TEST(DirectMask, ScopeDecidesWhoCompetes) {
    Decoder model = tinyDecoder(4);
    // One row far larger than the others: row by row it loses half, in the matrix nothing.
    model.layers[0].mlp.up.weight()[3].mul_(1000);
    PruneSpec spec = pruneSpec(PruneMethod::Magnitude, 0.5);
    EXPECT_DOUBLE_EQ(zeroShare(pruned(model, spec, {}).model.layers[0].mlp.up.weight()[3]), 0.5);
    spec.scope = MaskScope::Matrix;
    const Pruned whole = pruned(model, spec, {});
    EXPECT_DOUBLE_EQ(zeroShare(whole.model.layers[0].mlp.up.weight()[3]), 0);
    EXPECT_DOUBLE_EQ(zeroShare(whole.model.layers[0].mlp.up.weight()), 0.5);
}

TEST(DirectMask, WandaSeesWhatEarlierLayersLost) {
    const Decoder dense = tinyDecoder(4);
    const CalibrationSet calibration = tinyCalibration();
    PruneSpec spec = pruneSpec(PruneMethod::Wanda, 0.8125);
    const Pruned both = pruned(dense, spec, calibration);
    spec.locked = {"model.layers.0"};
    spec.target = 0.40625;  // the same share of layer 1 alone
    const Pruned second = pruned(dense, spec, calibration);
    EXPECT_TRUE(second.model.layers[0].mlp.down.isDense());
    EXPECT_NEAR(zeroShare(second.model.layers[1].mlp.down.weight()),
                zeroShare(both.model.layers[1].mlp.down.weight()), 1e-12);
    EXPECT_FALSE(at::equal(second.model.layers[1].mlp.down.weight(),
                           both.model.layers[1].mlp.down.weight()));
}

}  // namespace
}  // namespace skd::test
