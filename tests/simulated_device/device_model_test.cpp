#include <c10/core/GradMode.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "eval/benchmark.h"
#include "eval/perplexity.h"
#include "eval/profile/profile.h"
#include "model/files/model_loader.h"
#include "model/generation.h"
#include "simulated_device/device_fixture.h"

/// Stages that read a model: on the device they give what they give on the CPU.
namespace skd::test {
namespace {

using DeviceModel = DeviceTest;

/// Of f32 sums in another order.
constexpr double kF32 = 1e-4;

EvalText someText(std::int64_t tokens) {
    EvalText text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text.ids.push_back(static_cast<TokenId>((i * i * 7 + i * 3 + 1) % 64));
    return text;
}

TEST_F(DeviceModel, LoadsTheSameWeights) {
    const std::filesystem::path path = modelFixture("llama");
    auto host = loadModel(path, {at::kFloat, at::kCPU}),
         there = loadModel(path, {at::kFloat, simulated::device()});
    ASSERT_TRUE(host) << host.error().message;
    ASSERT_TRUE(there) << there.error().message;
    EXPECT_EQ(there->weightsSha256, host->weightsSha256);
    std::vector<at::Tensor> weights;
    host->decoder.visitParameters(
        [&](const std::string&, at::Tensor& tensor) { weights.push_back(tensor); });
    std::size_t next = 0;
    there->decoder.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        EXPECT_EQ(tensor.device(), simulated::device()) << name;
        EXPECT_TRUE(at::equal(tensor.cpu(), weights.at(next++))) << name;
    });
    EXPECT_EQ(next, weights.size());
}

TEST_F(DeviceModel, EveryFamilyGivesTheSameLogits) {
    const c10::NoGradGuard noGradient;
    for (const char* family : {"llama", "qwen3", "gemma3", "phi3"}) {
        auto host = loadModel(modelFixture(family), {at::kFloat, at::kCPU});
        ASSERT_TRUE(host) << host.error().message;
        const at::Tensor ids = at::arange(2 * 24, at::kLong)
                                   .remainder(host->decoder.config.vocabularySize)
                                   .view({2, 24});
        const Decoder there = host->decoder.to(simulated::device(), at::kFloat);
        EXPECT_LT(deviation(there.logits(onDevice(ids)), host->decoder.logits(ids)), kF32)
            << family;
    }
}

TEST_F(DeviceModel, Bf16IsAsCloseToTheCpuAsItsRoundingAllows) {
    const c10::NoGradGuard noGradient;
    const Decoder host = tinyDecoder(5).to(at::kCPU, at::kBFloat16);
    const at::Tensor ids = at::arange(32, at::kLong).view({1, 32});
    const Decoder there = host.to(simulated::device(), at::kBFloat16);
    EXPECT_LT(deviation(there.logits(onDevice(ids)), host.logits(ids)), 0.05);
}

TEST_F(DeviceModel, EvaluatesToTheSamePerplexity) {
    const Decoder host = tinyDecoder(5), there = host.to(simulated::device(), at::kFloat);
    for (const Protocol protocol : {Protocol::Paper512, Protocol::LlamaCpp512}) {
        const EvalSettings settings{protocol, 32, 16, false};
        const auto expected = perplexity(host, someText(200), settings, {}),
                   report = perplexity(there, someText(200), settings, {});
        ASSERT_TRUE(report) << report.error().message;
        EXPECT_EQ(report->scoredTokens, expected->scoredTokens);
        EXPECT_NEAR(report->nllSum / expected->nllSum, 1, 1e-5);
    }
    EvalSettings quality{Protocol::Paper512, 32, 16, false};
    quality.quality = true;
    const auto expected = perplexity(host, someText(100), quality, {}),
               report = perplexity(there, someText(100), quality, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_NEAR(report->calibration->entropy, expected->calibration->entropy, 1e-4);
    EXPECT_EQ(report->calibration->accuracy, expected->calibration->accuracy);
}

std::vector<std::vector<TokenId>> generated(const Decoder& model, std::int64_t batch) {
    Generator generator(model);
    const at::Tensor prompt = (at::arange(batch * 6, at::kLong) * 5).remainder(64).view({batch, 6});
    GenerationOptions options;
    options.tokens = 12;
    const auto texts = continueText(generator, generator.feed(prompt), options);
    EXPECT_TRUE(texts) << texts.error().message;
    return texts.value_or(std::vector<std::vector<TokenId>>());
}

TEST_F(DeviceModel, GeneratesTheSameTokens) {
    const Decoder host = tinyDecoder(6), there = host.to(simulated::device(), at::kFloat);
    for (const std::int64_t batch : {1, 3})
        EXPECT_EQ(generated(there, batch), generated(host, batch));
}

TEST_F(DeviceModel, IsBenchmarkedAndProfiled) {
    const Decoder there = tinyDecoder(6).to(simulated::device(), at::kFloat);
    const auto timed = benchmark({{"tiny", there}},
                                 {.batches = {1, 2}, .prompt = 8, .generate = 3, .rounds = 2}, {});
    ASSERT_TRUE(timed) << timed.error().message;
    EXPECT_NE(timed->device.find("simulated"), std::string::npos) << timed->device;
    const std::vector<const Decoder*> models{&there};
    const auto profile = measureProfile(models, {.batch = 1, .length = 8, .rounds = 2}, {});
    ASSERT_TRUE(profile) << profile.error().message;
}

}  // namespace
}  // namespace skd::test
