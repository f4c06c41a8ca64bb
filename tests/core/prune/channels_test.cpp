#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "model/files/decoder_file.h"
#include "prune/structure/channels.h"
#include "prune/svd/prune.h"
#include "ranks/allocation.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

/// Activations of 14 channels, some of them nearly the same or small, and the weight that reads
/// them.
struct Activations {
    at::Tensor h, weight, gram;
    double ridge = 1e-3;

    Activations() {
        at::manual_seed(80);
        h = at::mm(at::randn({300, 9}, at::kDouble), at::randn({9, 14}, at::kDouble)) +
            0.2 * at::randn({300, 14}, at::kDouble);
        h *= at::linspace(0.05, 3, 14, at::kDouble);
        weight = at::randn({6, 14}, at::kDouble);
        gram = at::mm(h.t(), h) / 300;
    }
    [[nodiscard]] double lambda() const { return ridge * gram.diagonal().mean().item<double>(); }
    /// [314, 14] with X^T X = gram + lambda I: the ridge as rows of text.
    [[nodiscard]] at::Tensor withRidge() const {
        return at::cat({h / std::sqrt(300.0), std::sqrt(lambda()) * at::eye(14, at::kDouble)});
    }
    [[nodiscard]] ChannelCut cut() const {
        auto made = channelCut(gram, weight, ridge);
        EXPECT_TRUE(made) << made.error().message;
        return std::move(*made);
    }
};

TEST(ChannelCut, OrderIsThatOfTheInversesDiagonal) {
    const Activations a;
    const at::Tensor inverse =
        at::linalg_inv(a.gram + a.lambda() * at::eye(14, at::kDouble)).diagonal();
    EXPECT_TRUE(at::equal(a.cut().order, at::argsort(inverse)));
}

TEST(ChannelCut, DownIsTheLeastSquaresFitToTheChannelsKept) {
    const Activations a;
    const ChannelCut cut = a.cut();
    const at::Tensor x = a.withRidge(), y = at::mm(x, a.weight.t());
    const std::vector<double> tail = squaredTail(cut.lost);
    ASSERT_EQ(tail.size(), 15u);
    for (std::int64_t width = 1; width < 14; ++width) {
        const at::Tensor kept = x.index_select(1, cut.order.narrow(0, 0, width));
        const at::Tensor fit = std::get<0>(at::linalg_lstsq(kept, y));  // [width, 6]
        EXPECT_LT(relativeError(compensatedDown(cut, a.weight, width), fit.t()), 1e-5) << width;
        const double residual = (y - at::mm(kept, fit)).square().sum().item<double>();
        EXPECT_NEAR(tail[static_cast<std::size_t>(width)], residual, 1e-9 * tail[0]) << width;
    }
    EXPECT_NEAR(tail[0], y.square().sum().item<double>(), 1e-9 * tail[0]);
}

TEST(ChannelCut, FittingBeatsLeavingDownAsItIs) {
    const Activations a;
    const ChannelCut cut = a.cut();
    for (const std::int64_t width : {5, 9, 12}) {
        const at::Tensor channels = cut.order.narrow(0, 0, width);
        const at::Tensor kept = a.h.index_select(1, channels), y = at::mm(a.h, a.weight.t());
        const double left = (y - at::mm(kept, a.weight.index_select(1, channels).t()))
                                .square()
                                .sum()
                                .item<double>(),
                     fitted = (y - at::mm(kept, compensatedDown(cut, a.weight, width).t()))
                                  .square()
                                  .sum()
                                  .item<double>();
        EXPECT_LT(fitted, 0.9 * left) << width;
    }
}

/// What is known of down under an output metric H is its decomposition; W^T H W is in that.
TEST(ChannelCut, LossUnderAnOutputMetricComesFromTheDecomposition) {
    const Activations a;
    const at::Tensor g = at::randn({40, 6}, at::kDouble) * at::linspace(0.1, 2, 6, at::kDouble),
                     fisher = at::mm(g.t(), g) / 40;
    const Linear down("down", DenseWeight{a.weight.to(at::kFloat)});
    const auto decomposition = decompose(down, {a.gram, {fisher.to(at::kFloat)}});
    ASSERT_TRUE(decomposition) << decomposition.error().message;
    ASSERT_TRUE(decomposition->right.defined());
    const auto found = channelCut(a.gram, decomposition->right, a.ridge);
    const at::Tensor damped =
        fisher + 1e-4 * fisher.diagonal().mean() * at::eye(6, at::kDouble);  // as decompose does
    const auto expected =
        channelCut(a.gram, at::mm(at::linalg_cholesky(damped).t(), a.weight), a.ridge);
    ASSERT_TRUE(found && expected);
    for (std::size_t i = 0; i < 14; ++i)
        EXPECT_NEAR(found->lost[i], expected->lost[i], 1e-4 * expected->lost[0]) << i;
}

class ChannelPrune : public testing::Test {
protected:
    ChannelPrune() {
        input.model.weightsSha256 = "tiny";
        at::manual_seed(81);
        for (int i = 0; i < 12; ++i)
            input.calibration.sequences.push_back(at::randint(64, {40}, at::kLong));
        input.fisher = input.calibration;
        for (int i = 0; i < 3; ++i)
            input.probeSequences.push_back(at::randint(64, {40}, at::kLong));
        spec.truncation = Truncation::Whitened;
        spec.target = 0.5;
        spec.rankMultiple = 2;
        spec.channelMultiple = 8;
        spec.channelRidge = 1e-6;
        spec.probeRanks = 1;
        spec.probeFraction = 0.2;
        spec.mlpArm = MlpArm::Channels;
    }
    AnalysisResult analysed(const Decoder& model) {
        auto result = analyse(model, spec, input, SpectrumCache(folder.path()), {});
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result ? std::move(*result) : AnalysisResult{};
    }
    PruneReport cut(Decoder& student, const DenseReference& reference) {
        auto report = prune(student, spec, analysed(student), {}, {reference, {}});
        EXPECT_TRUE(report) << (report ? "" : report.error().message);
        return report ? std::move(*report) : PruneReport{};
    }
    /// Mean KL on the probe sequences, in f64.
    double klOf(const Decoder& reference, const Decoder& other) const {
        double kl = 0, tokens = 0;
        for (const at::Tensor& ids : input.probeSequences) {
            const auto logs = [&](const Decoder& model) {
                return at::log_softmax(model.logits(ids.unsqueeze(0)).to(at::kDouble), -1);
            };
            const at::Tensor p = logs(reference);
            kl += (p.exp() * (p - logs(other))).sum().item<double>();
            tokens += static_cast<double>(ids.numel());
        }
        return kl / tokens;
    }
    AnalysisInput input;
    PruneSpec spec;
    const TemporaryFolder folder;
};

/// Of 48 channels the last 24 give a tenth of what the first 24 give; down reads them tenfold.
void repeatChannels(Mlp& mlp) {
    const at::Tensor gate = mlp.gate.weight().narrow(0, 0, 24),
                     up = mlp.up.weight().narrow(0, 0, 24), down = mlp.down.weight();
    mlp.gate.replace(DenseWeight{at::cat({gate, gate})});
    mlp.up.replace(DenseWeight{at::cat({up, 0.1 * up})});
    mlp.down.replace(DenseWeight{at::cat({down.narrow(1, 0, 24), 10 * down.narrow(1, 24, 24)}, 1)});
}

/// Every matrix of rank 8.
void lowerRanks(Mlp& mlp) {
    for (Linear* linear : {&mlp.gate, &mlp.up, &mlp.down}) {
        const auto [u, s, v] = at::linalg_svd(linear->weight(), false);
        linear->replace(DenseWeight{
            at::mm(u.narrow(1, 0, 8) * s.narrow(0, 0, 8), v.narrow(0, 0, 8)).contiguous()});
    }
}

TEST_F(ChannelPrune, RepeatedChannelsAreTakenOverByDown) {
    Decoder dense = tinyDecoder(82);
    for (DecoderLayer& layer : dense.layers) repeatChannels(layer.mlp);
    Decoder student = dense;
    const PruneReport report = cut(student, denseReference(dense, spec));
    EXPECT_EQ(report.details["mlp_arm"], "channels");
    EXPECT_EQ(report.details["channels"], Json(std::vector<int>{24, 24}));
    EXPECT_DOUBLE_EQ(report.mlpRemoved, 0.5);
    EXPECT_EQ(report.ranks, (std::vector<std::pair<std::string, std::int64_t>>{
                                {"model.layers.0.mlp", 24}, {"model.layers.1.mlp", 24}}));
    for (std::size_t i = 0; i < 2; ++i) {
        const Mlp &before = dense.layers[i].mlp, &after = student.layers[i].mlp;
        EXPECT_EQ(student.config.layers[i].intermediateSize, 24);
        EXPECT_EQ(student.layers[i].config.intermediateSize, 24);
        EXPECT_TRUE(at::equal(after.gate.weight(), before.gate.weight().narrow(0, 0, 24)));
        EXPECT_TRUE(at::equal(after.up.weight(), before.up.weight().narrow(0, 0, 24)));
        const at::Tensor folded =
            before.down.weight().narrow(1, 0, 24) + 0.1 * before.down.weight().narrow(1, 24, 24);
        EXPECT_LT(relativeError(after.down.weight(), folded), 2e-3) << i;
    }
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    EXPECT_LT(relativeError(student.logits(ids), dense.logits(ids)), 2e-3);
}

TEST_F(ChannelPrune, OneModelMixesNarrowAndFactoredLayers) {
    Decoder dense = tinyDecoder(83);
    repeatChannels(dense.layers[0].mlp);
    lowerRanks(dense.layers[1].mlp);
    spec.mlpArm = MlpArm::Either;
    const DenseReference reference = denseReference(dense, spec);
    for (const MatrixForm form : {MatrixForm::Factored, MatrixForm::IdentityBlock}) {
        spec.form = form;
        Decoder student = dense;
        const PruneReport report = cut(student, reference);
        EXPECT_EQ(report.details["channels"], Json(std::vector<int>{24, 48})) << enumName(form);
        EXPECT_GE(report.mlpRemoved, 0.5);
        ASSERT_EQ(report.ranks.size(), 4u) << "one of the narrow layer";
        EXPECT_EQ(report.ranks[0], std::pair(std::string("model.layers.0.mlp"), std::int64_t{24}));
        for (std::size_t i = 1; i < 4; ++i) {
            EXPECT_EQ(report.ranks[i].first.rfind("model.layers.1.mlp.", 0), 0u);
            EXPECT_GE(report.ranks[i].second, 8);
        }
        const at::Tensor ids = at::arange(20).unsqueeze(0);
        EXPECT_LT(relativeError(student.logits(ids), dense.logits(ids)), 5e-3);
        const auto path = folder.path() / "mixed.safetensors";
        ASSERT_TRUE(writeDecoder(path, student, {}));
        const auto read = readDecoder(path, {at::kFloat, at::kCPU});
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(at::equal(read->model.decoder.logits(ids), student.logits(ids)));
        EXPECT_EQ(read->model.decoder.mlpParameterCount(), student.mlpParameterCount());
        // The same profile given by hand makes the same model.
        const PruneSpec chosen = spec;
        spec.ranks = RankRule::Explicit;
        for (const auto& [name, size] : report.ranks) spec.explicitRanks[name] = size;
        Decoder again = dense;
        EXPECT_EQ(cut(again, reference).ranks, report.ranks);
        EXPECT_TRUE(at::equal(again.logits(ids), student.logits(ids)));
        spec = chosen;
    }
}

TEST_F(ChannelPrune, LaterRoundsNarrowWhatIsDenseAndCutWhatIsFactored) {
    Decoder student = tinyDecoder(84);
    lowerRanks(student.layers[1].mlp);
    repeatChannels(student.layers[0].mlp);
    spec.mlpArm = MlpArm::Either;
    const DenseReference reference = denseReference(student, spec);
    (void)cut(student, reference);
    spec.target = 0.6;
    const AnalysisResult second = analysed(student);
    ASSERT_EQ(second.analysis->channels.size(), 1u);
    EXPECT_EQ(second.analysis->channels[0].layer, LayerIndex(0));
    EXPECT_EQ(second.analysis->channels[0].channels(), 24);
    EXPECT_EQ(second.analysis->channels[0].perChannel, 96);
    const PruneReport report = cut(student, reference);
    EXPECT_GE(report.mlpRemoved, 0.6);
    EXPECT_EQ(report.details["channels"][1], 48);
    spec.mlpArm = MlpArm::Factored;
    spec.target = 0.8;
    EXPECT_GE(cut(student, reference).mlpRemoved, 0.8) << "a narrow MLP can be factored";
}

TEST_F(ChannelPrune, ProbesAreTheKlOfOneNarrowMlp) {
    const Decoder dense = tinyDecoder(85);
    const AnalysisResult analysis = analysed(dense);
    ASSERT_EQ(analysis.analysis->channels.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        const std::vector<RankProbe>& probes = analysis.analysis->channels[i].probes;
        ASSERT_EQ(probes.size(), 1u);
        EXPECT_EQ(probes[0].rank, 8) << "0.2 of 48 in eights";
        Decoder narrow = dense, factored = dense;
        narrowMlp(narrow.layers[i], analysis.channels[i], 8);
        std::vector<std::int64_t> ranks(6, 0);
        for (std::size_t j = 3 * i; j < 3 * i + 3; ++j)
            ranks[j] = analysis.analysis->matrices[j].probeRank;
        applyRanks(factored, analysis.decompositions, ranks);
        for (const auto& [model, found] :
             {std::pair{&narrow, probes[0].kl},
              {&factored, analysis.analysis->channels[i].factoredKl}}) {
            const double expected = klOf(dense, *model);
            EXPECT_GT(expected, 1e-3);
            EXPECT_NEAR(found, expected, 1e-4 * expected + 1e-6) << i;
        }
    }
}

TEST_F(ChannelPrune, JoinedGateAndUpAreNarrowedAlike) {
    const Decoder dense = tinyDecoder(86);
    const at::Tensor ids = at::arange(20).unsqueeze(0);
    Decoder apart = dense;
    const PruneReport report = cut(apart, denseReference(dense, spec));
    for (const GateUp way : {GateUp::Fused, GateUp::PerLayer}) {
        spec.gateUp = way;
        Decoder joined = dense;
        EXPECT_EQ(cut(joined, denseReference(dense, spec)).details["channels"],
                  report.details["channels"]);
        EXPECT_LT(relativeError(joined.logits(ids), apart.logits(ids)), 1e-4) << enumName(way);
    }
}

TEST_F(ChannelPrune, TheCacheKeepsCutsUnderTheirRidge) {
    const Decoder dense = tinyDecoder(87);
    spec.mlpArm = MlpArm::Factored;
    EXPECT_TRUE(analysed(dense).channels.empty());
    spec.mlpArm = MlpArm::Either;
    const AnalysisResult first = analysed(dense), again = analysed(dense);
    ASSERT_EQ(again.channels.size(), 2u);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(at::equal(again.channels[i].order, first.channels[i].order));
        EXPECT_TRUE(at::equal(again.channels[i].factor, first.channels[i].factor));
        EXPECT_EQ(again.channels[i].lost, first.channels[i].lost);
        EXPECT_EQ(again.analysis->channels[i].probes, first.analysis->channels[i].probes);
    }
    spec.channelRidge = 0.1;
    EXPECT_FALSE(at::equal(analysed(dense).channels[0].factor, first.channels[0].factor));
}

TEST_F(ChannelPrune, DepthTrialsWeighBothArms) {
    Decoder dense = tinyDecoder(89, {.layers = 4});
    repeatChannels(dense.layers[0].mlp);
    repeatChannels(dense.layers[2].mlp);
    spec.mlpArm = MlpArm::Either;
    spec.depthTrials = 4;
    for (const ProbeLaw law : {ProbeLaw::Points, ProbeLaw::Power}) {
        spec.probeLaw = law;
        Decoder student = dense;
        const PruneReport report = cut(student, denseReference(dense, spec));
        const Json depth = report.details["depth"];
        ASSERT_EQ(depth["trials"].size(), 4u);
        EXPECT_LE(depth["kl"].get<double>(), depth["kl_without"].get<double>());
        const double kl = klOf(dense, student);
        EXPECT_NEAR(depth["kl"].get<double>(), kl, 1e-4 * kl + 1e-6) << "of the cut that was made";
        if (law == ProbeLaw::Points) {
            EXPECT_NE(report.details["channels"], Json(std::vector<int>(4, 48)));
        }
        EXPECT_GE(report.mlpRemoved, 0.5);
        Decoder again = dense;  // from the cache
        EXPECT_EQ(cut(again, denseReference(dense, spec)).details["depth"], depth);
    }
}

TEST_F(ChannelPrune, SearchNarrowsToo) {
    const Decoder dense = tinyDecoder(88);
    spec.ranks = RankRule::Search;
    spec.searchPerplexity = 10;
    Decoder student = dense;
    const auto evaluate = [&](const Decoder& tried) -> Result<double> {
        return 8 + 4 * (1 - static_cast<double>(tried.mlpParameterCount()) /
                                static_cast<double>(dense.mlpParameterCount()));
    };
    const auto report = prune(student, spec, analysed(dense), {}, {{}, evaluate});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GT(report->mlpRemoved, 0.3);
    EXPECT_LE(report->mlpRemoved, 0.5);
    for (const Linear* matrix : student.matrices()) EXPECT_EQ(matrix->rank(), 0);
}

}  // namespace
}  // namespace skd::test
