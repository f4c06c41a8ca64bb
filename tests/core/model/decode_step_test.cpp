#include "model/decode_step.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/model/tiny_model.h"
#include "model/files/model_loader.h"
#include "model/generation.h"

namespace skd::test {
namespace {

Decoder familyModel(const std::string& name) {
    const auto loaded = loadModel(modelFixture(name), {at::kFloat, at::kCPU});
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? loaded->decoder : Decoder();
}

at::Tensor someIds(std::int64_t batch, std::int64_t length) {
    return at::arange(batch * length).view({batch, length}) * 37 % 96;
}

/// Logits behind the last of `ids`, read position by position behind the first five: by decodeStep,
/// or layer by layer.
at::Tensor decoded(const Decoder& model, const at::Tensor& ids, bool inSteps) {
    const c10::NoGradGuard noGradient;
    KeyValueCache cache(model.config.layers);
    static_cast<void>(model.runLayers(model.embed(ids.narrow(1, 0, 5)), 0, model.layers.size(),
                                      &cache));  // fills the cache
    at::Tensor logits;
    for (std::int64_t i = 5; i < ids.size(1); ++i) {
        const at::Tensor next = ids.narrow(1, i, 1);
        if (inSteps)
            logits = decodeStep(model, next, cache);
        else
            logits = at::linear(
                model.normalise(model.runLayers(model.embed(next), 0, model.layers.size(), &cache))
                    .squeeze(1),
                model.head);
    }
    return logits.to(at::kFloat);
}

class DecodeStep : public testing::TestWithParam<const char*> {};

/// Sliding windows, biases, norms of queries and keys, norms behind attention and MLP.
TEST_P(DecodeStep, EqualsTheLayersOneByOne) {
    const Decoder model = familyModel(GetParam());
    for (const std::int64_t batch : {1, 3, 8}) {
        ASSERT_TRUE(canDecodeStep(model, batch));
        const at::Tensor ids = someIds(batch, 14);
        EXPECT_LT(relativeError(decoded(model, ids, true), decoded(model, ids, false)), 1e-5)
            << batch;
    }
}

/// Both round at other places; against the same weights in f32 neither is further away than the
/// other.
TEST_P(DecodeStep, IsAsNearToF32InBfloat16AsTheLayersAre) {
    const Decoder model = familyModel(GetParam()).to(at::kCPU, at::kBFloat16);
    const at::Tensor ids = someIds(2, 14),
                     exact = decoded(model.to(at::kCPU, at::kFloat), ids, false);
    const double step = relativeError(decoded(model, ids, true), exact),
                 layers = relativeError(decoded(model, ids, false), exact);
    EXPECT_LT(step, 1.5 * layers) << layers;
    EXPECT_LT(step, 0.1);
}

TEST_P(DecodeStep, EqualsThemFactoredAndMasked) {
    at::manual_seed(8);
    Decoder model = familyModel(GetParam());
    int turn = 0;
    for (Linear* linear : model.matrices({.attention = true})) {
        const std::int64_t rank = 3 + turn % 5;
        if (turn % 3 == 0)
            linear->replace(LowRankWeight{at::randn({linear->rows(), rank}) * 0.2,
                                          at::randn({rank, linear->columns()}) * 0.2});
        if (turn % 3 == 1) {
            const at::Tensor mask = at::rand_like(linear->weight()) > 0.5;
            linear->replace(MaskedWeight{linear->weight() * mask, mask});
        }
        ++turn;
    }
    ASSERT_TRUE(canDecodeStep(model, 2));
    const at::Tensor ids = someIds(2, 14);
    EXPECT_LT(relativeError(decoded(model, ids, true), decoded(model, ids, false)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(All, DecodeStep,
                         testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3",
                                         "gemma3"));

TEST(DecodeSteps, GateAndUpMayBeOneMatrixAlsoFactored) {
    Decoder model = tinyDecoder(3);
    ASSERT_TRUE(model.fuseGateUp());
    const at::Tensor ids = someIds(2, 12) % 64;
    EXPECT_LT(relativeError(decoded(model, ids, true), decoded(model, ids, false)), 1e-5);
    for (DecoderLayer& layer : model.layers)
        layer.mlp.gateUp.replace(LowRankWeight{at::randn({96, 7}) * 0.3, at::randn({7, 32}) * 0.3});
    EXPECT_LT(relativeError(decoded(model, ids, true), decoded(model, ids, false)), 1e-5);
}

/// Ranks from 1 to as many as there are rows, alone and in one matrix of gate and up.
TEST(DecodeSteps, IdentityBlocksGiveWhatTheLayersGive) {
    at::manual_seed(12);
    for (const bool fused : {false, true})
        for (const std::int64_t batch : {1, 3}) {
            Decoder model = tinyDecoder(3);
            if (fused) {
                ASSERT_TRUE(model.fuseGateUp());
            }
            std::int64_t turn = 0;
            for (Linear* linear : model.matrices({.attention = true})) {
                const std::int64_t most = std::min(linear->rows(), linear->columns()),
                                   ranks[] = {1, 7, most - 1, most};
                linear->replace(randomBlock(linear->rows(), linear->columns(), ranks[turn++ % 4]));
            }
            Linear& up = fused ? model.layers[0].mlp.gateUp : model.layers[0].mlp.up;
            up = Linear(up.name(), up.form(), at::randn({up.rows()}));
            ASSERT_TRUE(canDecodeStep(model, batch));
            const at::Tensor ids = someIds(batch, 12) % 64;
            const at::Tensor layers = decoded(model, ids, false), steps = decoded(model, ids, true);
            EXPECT_LT(relativeError(steps, layers), 1e-5) << fused << " " << batch;
            Decoder whole = model;
            for (Linear* linear : whole.matrices({.attention = true}))
                linear->replace(DenseWeight{linear->weight()});
            EXPECT_LT(relativeError(layers, decoded(whole, ids, false)), 1e-4);
            const Decoder half = model.to(at::kCPU, at::kBFloat16);
            ASSERT_TRUE(canDecodeStep(half, batch));
            const int before = at::get_num_threads();
            at::set_num_threads(1);
            const at::Tensor one = decoded(half, ids, true);
            at::set_num_threads(3);
            EXPECT_TRUE(at::equal(one, decoded(half, ids, true)));
            at::set_num_threads(before);
        }
}

TEST(DecodeSteps, LayersMayDifferInWidth) {
    Decoder model = tinyDecoder(4);
    Mlp& mlp = model.layers[0].mlp;
    for (Linear* linear : {&mlp.gate, &mlp.up})
        linear->replace(DenseWeight{linear->weight().narrow(0, 0, 21).contiguous()});
    mlp.down.replace(DenseWeight{mlp.down.weight().narrow(1, 0, 21).contiguous()});
    model.layers[0].config.intermediateSize = model.config.layers[0].intermediateSize = 21;
    const at::Tensor ids = someIds(1, 12) % 64;
    EXPECT_LT(relativeError(decoded(model, ids, true), decoded(model, ids, false)), 1e-5);
}

TEST(DecodeSteps, ThreadsDoNotChangeABit) {
    const Decoder model = familyModel("qwen3").to(at::kCPU, at::kBFloat16);
    const at::Tensor ids = someIds(3, 14);
    const int before = at::get_num_threads();
    at::set_num_threads(1);
    const at::Tensor one = decoded(model, ids, true);
    at::set_num_threads(3);
    const at::Tensor three = decoded(model, ids, true);
    at::set_num_threads(before);
    EXPECT_TRUE(at::equal(one, three));
}

TEST(DecodeSteps, OthersAreLeftToTheLayers) {
    Decoder model = tinyDecoder(5);
    EXPECT_TRUE(canDecodeStep(model, 8));
    EXPECT_FALSE(canDecodeStep(model, 9));
    Decoder narrowed = model;
    narrowed.layers[1].mlpShortcut = at::eye(32);
    EXPECT_FALSE(canDecodeStep(narrowed, 1));
    Decoder observed = model;
    observed.outputObserver = [](std::size_t, MatrixKind, const at::Tensor&) {};
    EXPECT_FALSE(canDecodeStep(observed, 1));
    Decoder strided = model;
    strided.layers[0].attention.query.replace(DenseWeight{at::randn({32, 32}).t()});
    EXPECT_FALSE(canDecodeStep(strided, 1));
}

/// Batches beyond decodeStep's, and factored models: cached equals uncached.
TEST(DecodeSteps, FeedingEqualsReadingTheWhole) {
    at::manual_seed(9);
    for (const std::int64_t batch : {1, 4, 11}) {
        Decoder model = tinyDecoder(6);
        for (Linear* linear : model.matrices())
            linear->replace(LowRankWeight{at::randn({linear->rows(), 5}) * 0.2,
                                          at::randn({5, linear->columns()}) * 0.2});
        const at::Tensor ids = someIds(batch, 20) % 64;
        Generator generator(model);
        generator.feed(ids.narrow(1, 0, 9));
        for (std::int64_t i = 9; i < 20; ++i)
            EXPECT_LT(relativeError(generator.feed(ids.narrow(1, i, 1)),
                                    model.logits(ids.narrow(1, 0, i + 1)).select(1, i)),
                      1e-5)
                << batch << " at " << i;
    }
}

}  // namespace
}  // namespace skd::test
