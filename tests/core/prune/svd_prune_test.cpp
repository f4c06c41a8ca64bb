#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "prune/svd/load_path.h"
#include "prune/svd/prune.h"
#include "prune/svd/remeasure.h"
#include "ranks/allocation.h"
#include "ranks/damage.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// What a stage logs.
struct LogLines final : EventSink {
    std::string text;
    void emit(Event event) override {
        if (const auto* line = std::get_if<LogLine>(&event)) text += line->text + "\n";
    }
};

class SvdPrune : public testing::Test {
protected:
    SvdPrune() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(30);
        for (int i = 0; i < 12; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        input.fisher = input.calibration;
        for (int i = 0; i < 3; ++i)
            input.probeSequences.push_back(at::randint(64, {40}, at::kLong));
        spec.rankMultiple = 2;
        spec.target = 0.3;
        spec.truncation = Truncation::Whitened;
        spec.weights = WeightRule::Measured;
        spec.probeRanks = 1;
        spec.remeasure = 0;
    }
    AnalysisResult analysed(const Decoder& model) {
        auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    /// Mean KL of the outputs on the probe sequences, in f64, independent of the engine's measure.
    double klTo(const Decoder& reference, const Decoder& other) const {
        double kl = 0, tokens = 0;
        for (const at::Tensor& ids : input.probeSequences) {
            const at::Tensor p = at::log_softmax(reference.logits(ids.unsqueeze(0)).to(at::kDouble),
                                                 -1),
                             q = at::log_softmax(other.logits(ids.unsqueeze(0)).to(at::kDouble),
                                                 -1);
            kl += (p.exp() * (p - q)).sum().item<double>();
            tokens += static_cast<double>(ids.numel());
        }
        return kl / tokens;
    }
    const Decoder dense = tinyDecoder(31);
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

TEST_F(SvdPrune, TargetsChooseTheMatrices) {
    for (const PruneTargets targets :
         {PruneTargets::Mlp, PruneTargets::Attention, PruneTargets::All}) {
        spec.targets = targets;
        Decoder student = dense;
        const auto report = prune(student, spec, analysed(dense), {});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_GE(report->targetRemoved, 0.3) << enumName(targets);
        EXPECT_LT(report->targetRemoved, 0.4) << enumName(targets);
        const MatrixSelection selection = selectionOf(targets);
        EXPECT_EQ(student.parameterCount({false, true}) < dense.parameterCount({false, true}),
                  selection.attention);
        EXPECT_EQ(student.mlpParameterCount() < dense.mlpParameterCount(), selection.mlp);
    }
}

/// A block whose last matrix is zero, as block expansion begins: no gradient reaches gate and up.
TEST_F(SvdPrune, MatricesWithoutInfluenceAreCutFirstAndNamed) {
    Decoder expanded = dense;
    Linear& down = expanded.layers[1].mlp.down;
    down.replace(DenseWeight{at::zeros_like(down.weight())});
    for (const Truncation truncation : {Truncation::Fisher, Truncation::Whitened}) {
        spec.truncation = truncation;
        LogLines lines;
        RunContext context;
        context.sink = &lines;
        const auto analysis = analyse(expanded, spec, input, SpectrumCache(folder.path()), context);
        ASSERT_TRUE(analysis) << analysis.error().message;
        const std::string& name = down.name();
        EXPECT_NE(lines.text.find("no influence on the model's outputs"), std::string::npos);
        EXPECT_NE(lines.text.find(name), std::string::npos) << lines.text;
        EXPECT_EQ(analysis->analysis->matrices[5].weighted[0], 0) << "down of layer 1";
        if (truncation == Truncation::Whitened) continue;
        for (const std::size_t idle : {3u, 4u}) {
            EXPECT_EQ(analysis->analysis->matrices[idle].weighted[0], 0);
            EXPECT_NE(lines.text.find(analysis->analysis->matrices[idle].info.name),
                      std::string::npos);
        }
        for (const std::size_t busy : {0u, 1u, 2u})
            EXPECT_GT(analysis->analysis->matrices[busy].weighted[0], 0);
        Decoder student = expanded;
        const auto report = prune(student, spec, *analysis, {});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_GE(report->mlpRemoved, 0.3);
        EXPECT_LT(klTo(expanded, student), 1e-9) << "all of the cut is where it does no damage";
    }
}

TEST(Decompose, WithoutGradientsTheTermsAreThoseWithoutAMetric) {
    at::manual_seed(5);
    const at::Tensor weight = at::randn({12, 20});
    const Linear matrix("w", DenseWeight{weight});
    const auto idle = decompose(matrix, {{}, {at::zeros({12, 12})}}), plain = decompose(matrix, {});
    ASSERT_TRUE(idle && plain);
    EXPECT_EQ(idle->sigma, std::vector<double>(12, 0.0));
    EXPECT_TRUE(at::equal(idle->u, plain->u));
    EXPECT_GT(plain->sigma.front(), 0);
}

TEST_F(SvdPrune, FusedGateUpIsCutAsOneMatrixAndRecorded) {
    spec.gateUp = GateUp::Fused;
    Decoder student = dense;
    const AnalysisResult analysis = analysed(dense);
    ASSERT_EQ(analysis.analysis->matrices.size(), 4u);
    EXPECT_EQ(analysis.analysis->matrices[0].info.kind, MatrixKind::GateUp);
    EXPECT_EQ(analysis.analysis->matrices[0].info.rows, 96);
    const auto report = prune(student, spec, analysis, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->details["gate_up"], "fused");
    EXPECT_GE(report->mlpRemoved, 0.3);
    EXPECT_EQ(report->ranks.size(), 4u);
    EXPECT_EQ(dense.matrixInfos().size(), 6u) << "the teacher keeps its matrices";
}

TEST_F(SvdPrune, FactorsGiveTheOutputOfTheirProduct) {
    spec.truncation = Truncation::Fisher;
    spec.targets = PruneTargets::All;
    const AnalysisResult analysis = analysed(dense);
    Decoder student = dense, product = dense;
    ASSERT_TRUE(prune(student, spec, analysis, {}));
    const auto factored = student.matrices({true, true}),
               multiplied = product.matrices({true, true});
    for (std::size_t i = 0; i < factored.size(); ++i)
        multiplied[i]->replace(DenseWeight{factored[i]->weight()});
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    EXPECT_LT(relativeError(student.logits(ids), product.logits(ids)), 1e-4);
    EXPECT_GT(klTo(dense, student), 0);
}

TEST_F(SvdPrune, ALaterRoundCutsFactorsAndKeepsTheDenseReference) {
    for (const Truncation truncation :
         {Truncation::Whitened, Truncation::Fisher, Truncation::Plain}) {
        spec.truncation = truncation;
        spec.target = 0.2;
        Decoder student = dense;
        const DenseReference reference = denseReference(dense, spec);
        ASSERT_TRUE(prune(student, spec, analysed(dense), {}, {reference, {}}));
        const Decoder first = student;
        spec.target = 0.45;
        const AnalysisResult second = analysed(student);
        std::vector<std::int64_t> before;
        for (const Linear* matrix : student.matrices()) before.push_back(matrix->rank());
        for (std::size_t i = 0; i < before.size(); ++i)
            EXPECT_EQ(second.analysis->matrices[i].currentRank, before[i]);
        const auto report = prune(student, spec, second, {}, {reference, {}});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_GE(report->mlpRemoved, 0.45);
        EXPECT_LT(report->mlpRemoved, 0.55);
        const auto matrices = student.matrices();
        for (std::size_t i = 0; i < matrices.size(); ++i)
            if (before[i] > 0) {
                EXPECT_LE(matrices[i]->rank(), before[i]);
            }
        // The same ranks cut from the products, which know nothing of factors.
        Decoder products = first;
        for (Linear* matrix : products.matrices()) matrix->replace(DenseWeight{matrix->weight()});
        PruneSpec explicitSpec = spec;
        explicitSpec.ranks = RankRule::Explicit;
        for (const auto& [name, rank] : report->ranks) explicitSpec.explicitRanks[name] = rank;
        std::swap(spec, explicitSpec);
        const AnalysisResult ofProducts = analysed(products);
        ASSERT_TRUE(prune(products, spec, ofProducts, {}));
        std::swap(spec, explicitSpec);
        const at::Tensor ids = input.probeSequences[0].unsqueeze(0);
        if (truncation != Truncation::Fisher) {  // gradients of the two forms differ by rounding
                                                 // only, but so do their labels' draws
            EXPECT_LT(relativeError(student.logits(ids), products.logits(ids)), 2e-3)
                << enumName(truncation);
        }
    }
}

TEST_F(SvdPrune, ARoundWithNothingLeftToRemoveKeepsTheModel) {
    Decoder student = dense;
    const DenseReference reference = denseReference(dense, spec);
    ASSERT_TRUE(prune(student, spec, analysed(dense), {}, {reference, {}}));
    const at::Tensor ids = input.probeSequences[0].unsqueeze(0), before = student.logits(ids);
    spec.target = 0.1;
    ASSERT_TRUE(prune(student, spec, analysed(student), {}, {reference, {}}));
    EXPECT_TRUE(at::equal(student.logits(ids), before));
}

TEST_F(SvdPrune, SearchFindsTheLargestCutWithinTheLimit) {
    spec.ranks = RankRule::Search;
    const AnalysisResult analysis = analysed(dense);
    int measured = 0;
    // A stand-in for a perplexity that the test can foresee: 10 exp(removed share).
    const PruneEvaluate evaluate = [&](const Decoder& model) -> Result<double> {
        ++measured;
        return 10 * std::exp(1 - static_cast<double>(model.mlpParameterCount()) /
                                     static_cast<double>(dense.mlpParameterCount()));
    };
    spec.searchPerplexity = 10 * std::exp(0.4);
    Decoder student = dense;
    const auto report = prune(student, spec, analysis, {}, {{}, evaluate});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_LE(report->mlpRemoved, 0.4);
    EXPECT_GT(report->mlpRemoved, 0.36);
    EXPECT_EQ(report->details["searched"].size(), static_cast<std::size_t>(measured));
    EXPECT_EQ(report->details["searched"][0]["target"], 0);
    spec.searchPerplexity = 10 * std::exp(0.2);
    Decoder milder = dense;
    EXPECT_LT(prune(milder, spec, analysis, {}, {{}, evaluate})->mlpRemoved, report->mlpRemoved);
    spec.searchPerplexity = 9;
    Decoder untouched = dense;
    const auto impossible = prune(untouched, spec, analysis, {}, {{}, evaluate});
    ASSERT_FALSE(impossible);
    EXPECT_NE(impossible.error().message.find("search_ppl"), std::string::npos);
    EXPECT_FALSE(prune(untouched, spec, analysis, {}))
        << "without an evaluation there is nothing to search by";
}

TEST_F(SvdPrune, StateProbesEqualWholeModels) {
    const AnalysisResult analysis = analysed(dense);
    ProbePlan plan{{}, std::vector<std::vector<std::int64_t>>(6), {10, 0, 8, 0, 6, 12}};
    plan.ranks[1] = {4, 12};
    plan.ranks[4] = {2, 0};
    const auto path =
        measureLoadPath(dense, analysis.decompositions, input.probeSequences, plan, {});
    ASSERT_TRUE(path);
    const auto klOf = [&](std::vector<std::int64_t> ranks) {
        Decoder model = dense;
        applyRanks(model, analysis.decompositions, ranks);
        return klTo(dense, model);
    };
    EXPECT_NEAR(path->stateKl, klOf(plan.state), 1e-4);
    EXPECT_NEAR(path->kl[1][0], klOf({10, 4, 8, 0, 6, 12}), 1e-4);
    EXPECT_NEAR(path->kl[1][1], klOf({10, 12, 8, 0, 6, 12}), 1e-4);
    EXPECT_NEAR(path->kl[4][0], klOf({10, 0, 8, 0, 2, 12}), 1e-4);
    EXPECT_NEAR(path->kl[4][1], klOf({10, 0, 8, 0, 0, 12}), 1e-4);
    EXPECT_TRUE(path->kl[0].empty());
}

TEST_F(SvdPrune, ProbeRanksAndFractionChangeWhatIsProbed) {
    spec.probeRanks = 3;
    const AnalysisResult three = analysed(dense);
    for (const MatrixSpectrum& matrix : three.analysis->matrices) {
        ASSERT_EQ(matrix.probes.size(), 3u);
        EXPECT_LT(matrix.probes[0].rank, matrix.probes[1].rank);
        EXPECT_GT(matrix.probes[0].kl, matrix.probes[2].kl);
        EXPECT_EQ(matrix.probeRank, matrix.probes[1].rank);
    }
    spec.probeRanks = 1;
    EXPECT_EQ(analysed(dense).analysis->matrices[0].probes.size(), 1u)
        << "not taken from the cache of three";
    spec.probeFraction = 0.8;
    EXPECT_GT(analysed(dense).analysis->matrices[0].probeRank,
              three.analysis->matrices[0].probeRank);
}

TEST_F(SvdPrune, MeasuringAgainStaysInBudgetAndChangesRanks) {
    spec.target = 0.5;
    const AnalysisResult analysis = analysed(dense);
    std::vector<std::vector<std::pair<std::string, std::int64_t>>> ranks;
    for (const std::int64_t times : {0, 1, 3}) {
        spec.remeasure = times;
        Decoder student = dense;
        const auto report = prune(student, spec, analysis, {});
        ASSERT_TRUE(report);
        EXPECT_GE(report->mlpRemoved, 0.5);
        EXPECT_LT(report->mlpRemoved, 0.56);
        if (times > 0) {
            ASSERT_EQ(report->details["remeasured_kl"].size(), static_cast<std::size_t>(times));
            EXPECT_GT(report->details["remeasured_kl"].back().get<double>(), 0);
        }
        ranks.push_back(report->ranks);
    }
    EXPECT_NE(ranks[0], ranks[1]);
    EXPECT_NE(ranks[1], ranks[2]);
}

TEST_F(SvdPrune, LockedLayersStayAndTheOthersMeetTheTarget) {
    spec.locked = {"model.layers.0"};
    Decoder student = dense;
    const auto report = prune(student, spec, analysed(dense), {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->details["locked_matrices"], 3);
    EXPECT_GE(report->mlpRemoved, 0.3);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(report->ranks[i].second, 0);
}

TEST_F(SvdPrune, AnAnalysisOfOtherMatricesIsRefused) {
    const AnalysisResult analysis = analysed(dense);
    spec.targets = PruneTargets::All;
    Decoder student = dense;
    const auto report = prune(student, spec, analysis, {});
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("prune.targets"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
