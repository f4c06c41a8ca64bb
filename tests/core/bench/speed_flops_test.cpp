#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <functional>

#include "bench/flops.h"
#include "bench/plain_decoder.h"
#include "core/model/tiny_model.h"

namespace skd::test {
namespace {

/// FLOPs of the products that LibTorch is asked for in `work`, as its own profiler counts them.
double productFlops(const std::function<void()>& work) {
    namespace kineto = torch::autograd::profiler;
    using torch::profiler::impl::ActivityType;
    const torch::profiler::impl::ProfilerConfig config(
        torch::profiler::impl::ProfilerState::KINETO, /*report_input_shapes=*/true,
        /*profile_memory=*/false, /*with_stack=*/false, /*with_flops=*/true);
    kineto::prepareProfiler(config, {ActivityType::CPU});
    kineto::enableProfiler(config, {ActivityType::CPU});
    work();
    const auto result = kineto::disableProfiler();
    double flops = 0;
    for (const kineto::KinetoEvent& event : result->events())
        if (event.name() == "aten::mm" || event.name() == "aten::addmm")
            flops += static_cast<double>(event.flops());
    return flops;
}

/// Two products of head_dim for each key that each query of each head sees, one by one.
double attentionFlops(const Decoder& model, std::int64_t batch, std::int64_t length) {
    double flops = 0;
    for (const DecoderLayer& layer : model.layers)
        for (std::int64_t query = 0; query < length; ++query)
            for (std::int64_t key = 0; key <= query; ++key) {
                const std::int64_t window = layer.config.slidingWindow;
                if (window > 0 && query - key >= window) continue;
                flops += 2 * 2 * static_cast<double>(model.config.headDim * model.config.heads);
            }
    return flops * static_cast<double>(batch);
}

TEST(SpeedFlops, AreWhatLibTorchMultiplies) {
    const c10::NoGradGuard noGradient;
    const Decoder model = tinyDecoder(3);
    const auto plain = bench::PlainDecoder::of(model);
    ASSERT_TRUE(plain) << plain.error().message;
    const at::Tensor ids = at::randint(0, 64, {3, 11}, at::kLong);
    at::Tensor logits;
    const double flops = productFlops([&] { logits = plain->logits(plain->hiddenStates(ids)); });
    ASSERT_EQ(logits.size(2), 64);
    EXPECT_DOUBLE_EQ(flops + attentionFlops(model, 3, 11),
                     bench::layerFlops(model, 3, 11) + bench::headFlops(model, 33));
}

TEST(SpeedFlops, OfAttentionCountWhatAWindowLetsAQuerySee) {
    Decoder full = tinyDecoder(3), windowed = full;
    for (DecoderLayer& layer : windowed.layers) layer.config.slidingWindow = 5;
    EXPECT_DOUBLE_EQ(bench::layerFlops(full, 2, 17) - bench::layerFlops(windowed, 2, 17),
                     attentionFlops(full, 2, 17) - attentionFlops(windowed, 2, 17));
}

TEST(SpeedFlops, OfLayersAddUpAndAStepIsThreeForwardPasses) {
    const Decoder model = tinyDecoder(3, {.layers = 5});
    EXPECT_DOUBLE_EQ(bench::layerFlops(model, 9, 0, 2) + bench::layerFlops(model, 9, 2, 5),
                     bench::layerFlops(model, 1, 9));
    EXPECT_DOUBLE_EQ(bench::stepFlops(model, 2, 9),
                     3 * (bench::layerFlops(model, 2, 9) + bench::headFlops(model, 18)));
}

/// By hand, for three layers of SmolLM2-135M's shape and 512 tokens: per token and layer the
/// matrices hold 2 x 576 x 576 + 2 x 192 x 576 + 3 x 1536 x 576 = 3,538,944 weights, 3 layers of
/// them 10,616,832; the head 49152 x 576 = 28,311,552; 512 x 513 / 2 = 131,328 pairs, 4 x 576 each.
TEST(SpeedFlops, OfSmolLm2sLayersByHand) {
    constexpr double kTokens = 512, kMatrices = 10'616'832, kHead = 28'311'552, kPairs = 131'328;
    Decoder model = tinyDecoder(1, {.hidden = 576,
                                    .intermediate = 1536,
                                    .layers = 3,
                                    .heads = 9,
                                    .keyValueHeads = 3,
                                    .headDim = 64});
    model.head = at::empty({49152, 576});
    EXPECT_DOUBLE_EQ(bench::layerFlops(model, 1, 512),
                     2 * kTokens * kMatrices + 3 * 4 * 576 * kPairs);
    EXPECT_DOUBLE_EQ(bench::headFlops(model, 512), 2 * kTokens * kHead);
}

TEST(SpeedReference, EqualsTheDecoderAndReadsOneTokenAtATime) {
    const c10::NoGradGuard noGradient;
    const Decoder model = tinyDecoder(7);
    const auto plain = bench::PlainDecoder::of(model);
    ASSERT_TRUE(plain) << plain.error().message;
    const at::Tensor ids = at::randint(0, 64, {1, 9}, at::kLong);
    const at::Tensor expected = model.hiddenStates(ids);
    // Both sum in f32, in different orders.
    EXPECT_LT(relativeError(plain->hiddenStates(ids), expected), 1e-4);
    bench::PlainDecoder::Cache cache;
    std::vector<at::Tensor> rows{plain->hiddenStates(ids.narrow(1, 0, 4), &cache)};
    for (std::int64_t i = 4; i < 9; ++i)
        rows.push_back(plain->hiddenStates(ids.narrow(1, i, 1), &cache));
    EXPECT_LT(relativeError(at::cat(rows, 1), expected), 1e-4);
}

}  // namespace
}  // namespace skd::test
