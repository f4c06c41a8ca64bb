#include <gtest/gtest.h>

#include <cmath>

#include "core/distill/distill_fixture.h"
#include "core/prune/direct_fixture.h"
#include "model/files/model_loader.h"
#include "prune/structure/llm_pruner.h"
#include "prune/structure/shortgpt.h"
#include "prune/svd/analyse.h"

namespace skd::test {
namespace {

class DirectStructure : public testing::Test {
protected:
    static double logitError(const Decoder& changed, const Decoder& model,
                             const CalibrationSet& set) {
        const at::Tensor ids = set.sequences[2].unsqueeze(0);
        return relativeError(changed.logits(ids), model.logits(ids));
    }
    const Decoder dense = tinyDecoder(4, {.layers = 5});
    const CalibrationSet calibration = tinyCalibration();
};

// --- LLM-Pruner

TEST_F(DirectStructure, LlmPrunerRemovesTheLeastImportantChannels) {
    Decoder model = dense.clone();
    // Channels without any output cost nothing and must be the first to go.
    for (const std::int64_t channel : {1, 5, 6, 20, 31, 47})
        for (DecoderLayer& layer : model.layers) layer.mlp.down.weight().select(1, channel).zero_();
    const Pruned result = pruned(model, pruneSpec(PruneMethod::LlmPruner, 0.08), calibration);
    EXPECT_EQ(result.model.layers[2].mlp.down.columns(), 44);
    EXPECT_LT(logitError(result.model, model, calibration), 1e-5);
    EXPECT_EQ(result.model.config.layers[2].intermediateSize, 44);
    EXPECT_EQ(result.model.layers[2].config.intermediateSize, 44);
    EXPECT_EQ(result.model.config.parameterCount(), result.model.parameterCount());
    EXPECT_EQ(result.report.details["channels"], Json(std::vector<int>(5, 44)));
    EXPECT_EQ(result.report.details["importance"], "taylor");
    EXPECT_NEAR(result.report.mlpRemoved, 4.0 / 48, 1e-12);
}

TEST_F(DirectStructure, LlmPrunerImportanceEqualsTheLossLostToFirstOrder) {
    Decoder model = dense.clone();
    const auto loss = [&](const Decoder& m) {
        double sum = 0, tokens = 0;
        for (const at::Tensor& ids : calibration.sequences) {
            const at::Tensor logits =
                m.logits(ids.unsqueeze(0))[0].narrow(0, 0, ids.size(0) - 1).to(at::kDouble);
            sum += at::cross_entropy_loss(logits, ids.narrow(0, 1, ids.size(0) - 1), {},
                                          at::Reduction::Sum)
                       .item<double>();
            tokens += static_cast<double>(ids.size(0) - 1);
        }
        return sum / tokens;
    };
    const double importance =
        (*channelImportance(model, ChannelImportance::Taylor, calibration, {}))[1][7]
            .item<double>();
    const auto slope = [&](at::Tensor entry) {
        const double at0 = entry.item<double>(), step = 1e-2;
        entry.fill_(at0 + step);
        const double above = loss(model);
        entry.fill_(at0 - step);
        const double below = loss(model);
        entry.fill_(at0);
        return std::abs(at0 * (above - below) / (2 * step));
    };
    double expected = 0;
    for (std::int64_t i = 0; i < 32; ++i)
        for (const at::Tensor& entry :
             {model.layers[1].mlp.gate.weight()[7][i], model.layers[1].mlp.up.weight()[7][i],
              model.layers[1].mlp.down.weight()[i][7]})
            expected += slope(entry);
    EXPECT_NEAR(importance, expected, 0.05 * expected);
}

TEST_F(DirectStructure, LlmPrunerImportanceRuleMatters) {
    PruneSpec spec = pruneSpec(PruneMethod::LlmPruner, 0.5);
    const Pruned taylor = pruned(dense, spec, calibration);
    spec.importance = ChannelImportance::Fisher;
    const Pruned fisher = pruned(dense, spec, calibration);
    EXPECT_EQ(taylor.report.parameters, fisher.report.parameters);
    EXPECT_GT(logitError(fisher.model, taylor.model, calibration), 1e-3);
    EXPECT_EQ(fisher.report.details["importance"], "fisher");
}

TEST_F(DirectStructure, LlmPrunerRoundsAndMultiples) {
    const DenseReference reference = denseReference(dense, pruneSpec(PruneMethod::LlmPruner, 0));
    const Pruned first =
        pruned(dense, pruneSpec(PruneMethod::LlmPruner, 0.3), calibration, reference);
    EXPECT_EQ(first.model.layers[0].mlp.down.columns(), 32);  // 33.6 rounded down
    const Pruned second =
        pruned(first.model, pruneSpec(PruneMethod::LlmPruner, 0.5), calibration, reference);
    EXPECT_EQ(second.model.layers[0].mlp.down.columns(), 24);
    EXPECT_DOUBLE_EQ(second.report.mlpRemoved, 0.5);
    PruneSpec coarse = pruneSpec(PruneMethod::LlmPruner, 0.3);
    coarse.rankMultiple = 16;
    EXPECT_EQ(pruned(dense, coarse, calibration).model.layers[0].mlp.down.columns(), 32);
    coarse.rankMultiple = 1;
    EXPECT_EQ(pruned(dense, coarse, calibration).model.layers[0].mlp.down.columns(), 33);
}

TEST_F(DirectStructure, LlmPrunerKeepsLockedLayersAndTakesTheFusedMatrix) {
    PruneSpec spec = pruneSpec(PruneMethod::LlmPruner, 0.4);
    spec.locked = {"model.layers.3"};
    const Pruned result = pruned(dense, spec, calibration);
    EXPECT_EQ(result.report.details["channels"], Json(std::vector<int>{24, 24, 24, 48, 24}));
    EXPECT_NEAR(result.report.mlpRemoved, 0.4, 1e-12);
    Decoder fused = dense.clone();
    fused.fuseGateUp();
    const Pruned joined = pruned(fused, spec, calibration);
    EXPECT_EQ(joined.model.layers[0].mlp.gateUp.rows(), 48);
    EXPECT_LT(logitError(joined.model, result.model, calibration), 1e-5);
    Decoder factored = dense;
    factored.layers[1].mlp.up.replace(LowRankWeight{at::randn({48, 6}), at::randn({6, 32})});
    EXPECT_EQ(pruneError(factored, spec, calibration).code, ErrorCode::Unsupported);
    spec.locked = {"model.layers.0", "model.layers.1", "model.layers.2", "model.layers.3"};
    EXPECT_NE(pruneError(dense, spec, calibration).message.find("cannot be met"),
              std::string::npos);
}

TEST_F(DirectStructure, LlmPrunerKeepsMasks) {
    const Pruned masked = pruned(dense, pruneSpec(PruneMethod::Wanda, 0.25), calibration);
    const Pruned result = pruned(masked.model, pruneSpec(PruneMethod::LlmPruner, 0.5), calibration,
                                 denseReference(dense, pruneSpec(PruneMethod::Wanda, 0)));
    const auto& up = std::get<MaskedWeight>(result.model.layers[0].mlp.up.form());
    EXPECT_EQ(up.mask.sizes(), up.weight.sizes());
    EXPECT_TRUE(at::equal(up.weight.ne(0), up.mask));
}

// --- ShortGPT

TEST_F(DirectStructure, ShortGptDropsTheLayersThatChangeLeast) {
    Decoder model = dense.clone();
    for (const std::size_t quiet : {1, 3}) {  // change the stream by next to nothing
        model.layers[quiet].attention.output.weight().mul_(1e-4);
        model.layers[quiet].mlp.down.weight().mul_(1e-4);
    }
    const Pruned result = pruned(model, pruneSpec(PruneMethod::ShortGpt, 0.4), calibration);
    EXPECT_EQ(result.report.details["dropped_layers"], Json({1, 3}));
    EXPECT_EQ(result.model.layers.size(), 3u);
    EXPECT_LT(logitError(result.model, model, calibration), 1e-2);
    EXPECT_EQ(result.model.layers[1].attention.query.name(), "model.layers.1.self_attn.q_proj");
    EXPECT_EQ(result.model.layers[1].config.source, 2);
    EXPECT_DOUBLE_EQ(result.report.mlpRemoved, 0.4);
}

TEST_F(DirectStructure, ShortGptInfluenceByBruteForce) {
    const auto found = blockInfluence(dense, calibration, {});
    ASSERT_TRUE(found);
    for (std::size_t layer = 0; layer < 5; ++layer) {
        double sum = 0, count = 0;
        for (const at::Tensor& ids : calibration.sequences) {
            const at::Tensor a = dense.runLayers(dense.embed(ids.unsqueeze(0)), 0, layer)[0],
                             b = dense.runLayers(dense.embed(ids.unsqueeze(0)), 0, layer + 1)[0];
            for (std::int64_t t = 0; t < ids.size(0); ++t, ++count) {
                double ab = 0, aa = 0, bb = 0;
                for (std::int64_t j = 0; j < 32; ++j) {
                    const double x = a[t][j].item<double>(), y = b[t][j].item<double>();
                    ab += x * y, aa += x * x, bb += y * y;
                }
                sum += ab / std::sqrt(aa * bb);
            }
        }
        EXPECT_NEAR((*found)[layer], 1 - sum / count, 1e-9) << layer;
    }
}

TEST_F(DirectStructure, ShortGptRoundsCountAgainstTheDenseModelAndMeasureAgain) {
    const DenseReference reference = denseReference(dense, pruneSpec(PruneMethod::ShortGpt, 0));
    const Pruned first =
        pruned(dense, pruneSpec(PruneMethod::ShortGpt, 0.2), calibration, reference);
    const Pruned second =
        pruned(first.model, pruneSpec(PruneMethod::ShortGpt, 0.55), calibration, reference);
    EXPECT_EQ(first.model.layers.size(), 4u);
    EXPECT_EQ(second.model.layers.size(), 2u);  // 2.75 of 5 go, rounded up
    EXPECT_EQ(second.report.details["dropped_layers"].size(), 3u);
    const auto left = blockInfluence(first.model, calibration, {});
    std::vector<std::pair<double, std::int64_t>> order;
    for (std::size_t i = 0; i < left->size(); ++i)
        order.emplace_back((*left)[i], first.model.layers[i].config.source);
    std::sort(order.begin(), order.end());
    std::vector<std::int64_t> expected{
        order[0].second, order[1].second,
        first.report.details["dropped_layers"][0].get<std::int64_t>()};
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(second.report.details["dropped_layers"], Json(expected));
    EXPECT_EQ(pruned(second.model, pruneSpec(PruneMethod::ShortGpt, 0.2), calibration, reference)
                  .model.layers.size(),
              2u);
}

TEST_F(DirectStructure, ShortGptKeepsLockedLayers) {
    PruneSpec spec = pruneSpec(PruneMethod::ShortGpt, 0.6);
    const Json free = pruned(dense, spec, calibration).report.details["dropped_layers"];
    spec.locked = {"model.layers." + dumpJson(free[0]),
                   "model.layers." + dumpJson(free[1]) + ".mlp.up_proj"};
    const Json held = pruned(dense, spec, calibration).report.details["dropped_layers"];
    for (const Json& layer : held) EXPECT_TRUE(layer != free[0] && layer != free[1]);
    EXPECT_EQ(held.size(), 3u);
    spec.target = 0.8;
    EXPECT_NE(pruneError(dense, spec, calibration).message.find("at most 3 can go"),
              std::string::npos);
    spec.target = 0.99;
    spec.locked.clear();
    EXPECT_NE(pruneError(dense, spec, calibration).message.find("at most 4 can go"),
              std::string::npos);
    spec.locked = {"model.layers.7"};
    EXPECT_NE(pruneError(dense, spec, calibration).message.find("model.layers.7"),
              std::string::npos);
}

// --- SliceGPT

TEST_F(DirectStructure, SliceGptWithoutSlicingKeepsTheLogits) {
    const Pruned result = pruned(dense, pruneSpec(PruneMethod::SliceGpt, 0), calibration);
    EXPECT_LT(logitError(result.model, dense, calibration), 2e-5);
    EXPECT_FALSE(
        at::allclose(result.model.layers[0].mlp.up.weight(), dense.layers[0].mlp.up.weight()));
    EXPECT_TRUE(result.model.head.is_same(dense.head)) << "the tied head is not touched";
    EXPECT_LT(result.report.parametersRemoved, 0) << "the shortcuts' matrices count";
    for (const char* family :
         {"llama", "qwen2", "qwen3", "mistral", "phi3"}) {  // biases, q/k norms, windows
        const auto loaded = loadModel(modelFixture(family), {at::kFloat, at::kCPU});
        ASSERT_TRUE(loaded);
        Decoder fused = loaded->decoder;
        fused.fuseGateUp();
        for (const Decoder& model : {loaded->decoder, fused})
            EXPECT_LT(
                logitError(
                    pruned(model, pruneSpec(PruneMethod::SliceGpt, 0), tinyCalibration(96)).model,
                    model, calibration),
                5e-5)
                << family;
    }
}

TEST_F(DirectStructure, SliceGptErrsLessTheWiderItIs) {
    Decoder model = dense.clone();
    // Directions of unequal strength, as trained models have them.
    model.embedding.mul_(at::linspace(0.05, 3, 32));
    for (DecoderLayer& layer : model.layers) {
        for (Linear* writer : {&layer.attention.output, &layer.mlp.down})
            writer->weight().mul_(at::linspace(0.02, 0.6, 32).unsqueeze(1));
    }
    double last = 1e9;
    for (const double target : {0.75, 0.5, 0.25, 0.125, 0.0}) {
        const Pruned result = pruned(model, pruneSpec(PruneMethod::SliceGpt, target), calibration);
        const double error = (result.model.logits(calibration.sequences[2].unsqueeze(0)) -
                              model.logits(calibration.sequences[2].unsqueeze(0)))
                                 .norm()
                                 .item<double>();
        EXPECT_LT(error, last) << target;
        last = error;
        EXPECT_EQ(result.report.details["width"].get<std::int64_t>(),
                  static_cast<std::int64_t>(32 * (1 - target)));
    }
}

TEST_F(DirectStructure, SliceGptShapesAndCounts) {
    const Pruned result = pruned(dense, pruneSpec(PruneMethod::SliceGpt, 0.3), calibration);
    const Decoder& m = result.model;
    constexpr std::int64_t w = 20, h = 32;  // 22.4 rounded down to a multiple of 4
    EXPECT_EQ(m.inputProjection.sizes(), (at::IntArrayRef{w, h}));
    EXPECT_FALSE(m.outputProjection.defined());
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(m.layers[i].config.inputWidth, w);
        EXPECT_EQ(m.config.layers[i].middleWidth, w);
        EXPECT_EQ(m.layers[i].attention.query.columns(), w);
        EXPECT_EQ(m.layers[i].attention.output.rows(), w);
        EXPECT_EQ(m.layers[i].mlp.down.rows(), i < 4 ? w : h);
        EXPECT_EQ(m.layers[i].mlpShortcut.sizes(), (at::IntArrayRef{i < 4 ? w : h, w}));
    }
    EXPECT_EQ(result.report.details["shortcut_parameters"].get<std::int64_t>(),
              w * h + 5 * w * w + 4 * w * w + h * w);
    const std::int64_t matrices =
        5 * (w * 32 + 2 * w * 16 + 32 * w + 2 * 48 * w + 48 * w) + 48 * (h - w);
    EXPECT_EQ(m.parameterCount(),
              64 * h + h + 5 * 2 * w + matrices +
                  result.report.details["shortcut_parameters"].get<std::int64_t>());
}

TEST_F(DirectStructure, SliceGptRoundsSliceFurther) {
    const DenseReference reference = denseReference(dense, pruneSpec(PruneMethod::SliceGpt, 0));
    const Pruned turned =
        pruned(dense, pruneSpec(PruneMethod::SliceGpt, 0), calibration, reference);
    const Pruned direct =
        pruned(dense, pruneSpec(PruneMethod::SliceGpt, 0.25), calibration, reference);
    const Pruned later =
        pruned(turned.model, pruneSpec(PruneMethod::SliceGpt, 0.25), calibration, reference);
    // Turning first changes nothing: the directions are the same ones in other coordinates.
    EXPECT_LT(logitError(later.model, direct.model, calibration), 1e-3);
    const Pruned again =
        pruned(direct.model, pruneSpec(PruneMethod::SliceGpt, 0.25), calibration, reference);
    EXPECT_EQ(logitError(again.model, direct.model, calibration), 0);
    const Pruned half =
        pruned(direct.model, pruneSpec(PruneMethod::SliceGpt, 0.5), calibration, reference);
    EXPECT_EQ(half.report.details["width"], 16);
    EXPECT_LT(half.report.parameters, direct.report.parameters);
}

TEST_F(DirectStructure, SliceGptTakesFactorsAndRefusesMasks) {
    Decoder factored = dense;
    for (DecoderLayer& layer : factored.layers) {
        layer.mlp.up.replace(LowRankWeight{at::randn({48, 6}) * 0.3, at::randn({6, 32}) * 0.3});
        layer.mlp.down.replace(LowRankWeight{at::randn({32, 6}) * 0.3, at::randn({6, 48}) * 0.3});
    }
    const Pruned result = pruned(factored, pruneSpec(PruneMethod::SliceGpt, 0), calibration);
    EXPECT_LT(logitError(result.model, factored, calibration), 2e-5);
    EXPECT_EQ(result.model.layers[0].mlp.up.rank(), 6);
    Decoder blocks = dense;
    for (DecoderLayer& layer : blocks.layers) {
        layer.mlp.up.replace(randomBlock(48, 32, 6));
        layer.mlp.down.replace(randomBlock(32, 48, 6));
    }
    const Pruned turned = pruned(blocks, pruneSpec(PruneMethod::SliceGpt, 0), calibration);
    EXPECT_LT(logitError(turned.model, blocks, calibration), 2e-5);
    for (const Linear* linear : {&turned.model.layers[0].mlp.up, &turned.model.layers[0].mlp.down})
        EXPECT_TRUE(std::holds_alternative<IdentityBlockWeight>(linear->form())) << linear->name();
    EXPECT_EQ(turned.model.layers[0].mlp.down.parameterCount(), 6 * (32 + 48 - 6));
    const Pruned masked = pruned(dense, pruneSpec(PruneMethod::Wanda, 0.5), calibration);
    EXPECT_NE(pruneError(masked.model, pruneSpec(PruneMethod::SliceGpt, 0.5), calibration)
                  .message.find("model.layers.0.mlp.gate_proj is masked"),
              std::string::npos);
    PruneSpec locked = pruneSpec(PruneMethod::SliceGpt, 0.5);
    locked.locked = {"model.layers.0"};
    EXPECT_EQ(pruneError(dense, locked, calibration).code, ErrorCode::InvalidInput);
    EXPECT_EQ(pruneError(result.model, pruneSpec(PruneMethod::ShortGpt, 0.2), calibration).code,
              ErrorCode::Unsupported);
}

// --- all

TEST_F(DirectStructure, NamesLayersWhoseActivationsAreNotFinite) {
    Decoder broken = dense.clone();
    broken.layers[2].attention.output.weight()[0][0] = std::nanf("");
    for (const PruneMethod method :
         {PruneMethod::Wanda, PruneMethod::SparseGpt, PruneMethod::LlmPruner, PruneMethod::ShortGpt,
          PruneMethod::SliceGpt}) {
        Decoder copy = broken;
        const PruneSpec spec = pruneSpec(method, 0.5);
        const auto report = pruneDirect(copy, spec, calibration, denseReference(broken, spec), {});
        ASSERT_FALSE(report) << enumName(method);
        EXPECT_EQ(report.error().code, ErrorCode::Numeric) << enumName(method);
    }
}

TEST_F(DirectStructure, CancelledPruningLeavesTheModel) {
    for (const PruneMethod method :
         {PruneMethod::LlmPruner, PruneMethod::ShortGpt, PruneMethod::SliceGpt}) {
        StoppingContext stopping(nullptr, 1);
        Decoder model = dense.clone();
        const std::string before = weightsSha256(model);
        const PruneSpec spec = pruneSpec(method, 0.4);
        const auto report =
            pruneDirect(model, spec, calibration, denseReference(dense, spec), stopping.context);
        ASSERT_TRUE(report) << enumName(method);
        EXPECT_TRUE(report->cancelled);
        EXPECT_EQ(weightsSha256(model), before);
        EXPECT_EQ(model.layers.size(), 5u);
    }
}

TEST_F(DirectStructure, CalibrationSettingsReachThePruners) {
    const Corpus corpus = randomCorpus(20, 32, 64);
    PruneSpec spec = pruneSpec(PruneMethod::LlmPruner, 0.5);
    const auto logitsWith = [&](std::int64_t tokens, bool skipFirst) {
        spec.calibrationTokens = tokens;
        spec.skipFirstPosition = skipFirst;
        return pruned(dense, spec, analysisInput({}, corpus, spec).calibration)
            .model.logits(calibration.sequences[0].unsqueeze(0));
    };
    for (const PruneMethod method : {PruneMethod::Wanda, PruneMethod::SparseGpt,
                                     PruneMethod::LlmPruner, PruneMethod::SliceGpt}) {
        spec.method = method;
        const at::Tensor few = logitsWith(64, false);
        EXPECT_GT(relativeError(logitsWith(400, false), few), 1e-4) << enumName(method);
        EXPECT_GT(relativeError(logitsWith(64, true), few), 1e-4) << enumName(method);
    }
    spec.calibrationTokens = 64;
    EXPECT_EQ(analysisInput({}, corpus, spec).calibration.sequences.size(), 2u);
}

}  // namespace
}  // namespace skd::test
