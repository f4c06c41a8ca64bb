// bf16 weights under f32 arithmetic, and how a machine chooses its arithmetic.
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/resources.h"
#include "base/verified_file.h"
#include "core/distill/distill_fixture.h"
#include "distill/memory_estimate.h"
#include "eval/compute_probe.h"
#include "library/model_source.h"
#include "model/decode_step.h"
#include "model/files/model_loader.h"
#include "model/generation.h"
#include "model/linear.h"
#include "prune/svd/statistics.h"

namespace skd::test {
namespace {

/// A family's tiny model with its weights in bf16, computed in f32.
Decoder mixedModel(const std::string& name) {
    const auto loaded = loadModel(modelFixture(name), {at::kBFloat16, at::kCPU, at::kFloat});
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? loaded->decoder : Decoder();
}

at::Tensor someIds(std::int64_t batch, std::int64_t length) {
    return at::arange(batch * length).view({batch, length}) * 37 % 96;
}

/// Logits behind the last of `ids`: the first five at once, then one by one through the layers.
at::Tensor layerByLayer(const Decoder& model, const at::Tensor& ids) {
    KeyValueCache cache(model.config.layers);
    at::Tensor hidden =
        model.runLayers(model.embed(ids.narrow(1, 0, 5)), 0, model.layers.size(), &cache);
    for (std::int64_t i = 5; i < ids.size(1); ++i)
        hidden = model.runLayers(model.embed(ids.narrow(1, i, 1)), 0, model.layers.size(), &cache);
    return linearMap(model.normalise(hidden).squeeze(1), model.head, {});
}

class MixedArithmetic : public testing::TestWithParam<const char*> {};

TEST_P(MixedArithmetic, EqualsTheSameWeightsHeldInF32) {
    const c10::NoGradGuard noGradient;
    const Decoder mixed = mixedModel(GetParam()), wide = mixed.to(at::kCPU, at::kFloat);
    EXPECT_EQ(mixed.dtypeName(), "bf16 in f32");
    EXPECT_EQ(mixed.arithmeticName(), "f32");
    EXPECT_EQ(wide.dtypeName(), "f32");
    const at::Tensor ids = someIds(2, 40), logits = mixed.logits(ids);
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    EXPECT_LT(relativeError(logits, wide.logits(ids)), 1e-5);
}

/// Keys and values are held in bf16: a cut of 0.4 % in each, which tiny random models carry to
/// their logits.
TEST_P(MixedArithmetic, DecodesFromBfloat16WeightsAsTheLayersDo) {
    const c10::NoGradGuard noGradient;
    const Decoder mixed = mixedModel(GetParam()), wide = mixed.to(at::kCPU, at::kFloat);
    ASSERT_TRUE(canDecodeStep(mixed, 2));
    const at::Tensor ids = someIds(2, 14);
    Generator generator(mixed), whole(wide);
    at::Tensor logits = generator.feed(ids.narrow(1, 0, 5));
    for (std::int64_t i = 5; i < ids.size(1); ++i) logits = generator.feed(ids.narrow(1, i, 1));
    EXPECT_LT(relativeError(logits, whole.feed(ids)), 0.05);
    EXPECT_LT(relativeError(logits, layerByLayer(mixed, ids)), 5e-3);
}

TEST_P(MixedArithmetic, FisherEqualsThatOfTheSameWeightsInF32) {
    const Decoder mixed = mixedModel(GetParam()), wide = mixed.to(at::kCPU, at::kFloat);
    const CalibrationSet set{{someIds(1, 24)[0]}, false};
    RunContext context;
    context.seed = 5;
    const auto a = collectOutputFisher(mixed, set, {}, context),
               b = collectOutputFisher(wide, set, {}, context);
    ASSERT_TRUE(a && b);
    for (std::size_t i = 0; i < a->size(); ++i)
        EXPECT_LT(relativeError((*a)[i], (*b)[i]), 1e-3) << i;
}

INSTANTIATE_TEST_SUITE_P(Families, MixedArithmetic,
                         testing::Values("llama", "qwen2", "qwen3", "phi3", "gemma3"));

/// The f32 weights of training are rounded once, at its end.
TEST(MixedTraining, IsTrainingInF32RoundedAtItsEnd) {
    TrainingFixture fixture;
    fixture.environment.evaluate = {};
    Decoder wide = trainingStudent(at::kBFloat16).to(at::kCPU, at::kFloat),
            mixed = trainingStudent(at::kBFloat16);
    mixed.computeDtype = at::kFloat;
    EXPECT_GT(distillMemory(mixed, fixture.corpus, fixture.spec).weights, 0);
    EXPECT_EQ(distillMemory(wide, fixture.corpus, fixture.spec).weights, 0);
    ASSERT_TRUE(fixture.run(wide));
    fixture.environment.checkpointFolder = fixture.folder / "mixed";
    ASSERT_TRUE(fixture.run(mixed));
    EXPECT_EQ(mixed.dtype(), at::kBFloat16);
    EXPECT_EQ(mixed.dtypeName(), "bf16 in f32");
    Decoder rounded = wide.to(at::kCPU, at::kBFloat16);
    EXPECT_EQ(weightsSha256(mixed), weightsSha256(rounded));
}

/// A cache folder of the person's own.
class ComputeProbeTest : public testing::Test {
protected:
    void SetUp() override {
        if (const char* given = std::getenv("XDG_CACHE_HOME")) m_before = given;
        setenv("XDG_CACHE_HOME", m_folder.path().c_str(), 1);
    }
    void TearDown() override {
        if (m_before.empty())
            unsetenv("XDG_CACHE_HOME");
        else
            setenv("XDG_CACHE_HOME", m_before.c_str(), 1);
    }
    /// The one file of the folder, its rates replaced.
    void pretend(double bf16, double f32) const {
        for (const auto& entry : std::filesystem::directory_iterator(userCacheFolder())) {
            Json json = *readVerifiedJson(entry.path(), {"sparsekd-compute-rates"});
            for (Json& rate : json["rates"]) {
                rate["bf16_gflops"] = bf16;
                rate["f32_gflops"] = f32;
            }
            ASSERT_TRUE(writeVerifiedJson(entry.path(), {"sparsekd-compute-rates"}, json));
        }
    }
    TemporaryFolder m_folder;
    std::string m_before;
};

TEST_F(ComputeProbeTest, IsMeasuredOnceAndReadFromThen) {
    const ComputeProbe measured = computeProbe(userCacheFolder());
    ASSERT_EQ(measured.rates.size(), 3u);
    for (const ComputeRate& rate : measured.rates) {
        EXPECT_GT(rate.bf16, 0.1);
        EXPECT_GT(rate.f32, 0.1);
    }
    pretend(1, 2);
    EXPECT_EQ(computeProbe(userCacheFolder()).rates.front().f32, 2);
    EXPECT_FALSE(computeProbe(userCacheFolder()).prefersBf16());
    pretend(2, 1);
    EXPECT_TRUE(computeProbe(userCacheFolder()).prefersBf16());
    pretend(-1, 1);  // damaged
    EXPECT_GT(computeProbe(userCacheFolder()).rates.front().bf16, 0.1);
}

TEST_F(ComputeProbeTest, DecidesWhatAutoStandsFor) {
    (void)computeProbe(userCacheFolder());
    ModelRef ref;
    ref.device = DeviceChoice::Cpu;
    EXPECT_EQ(ref.dtype, DTypeChoice::Auto);
    pretend(10, 100);
    auto options = loadOptions(ref);
    ASSERT_TRUE(options);
    EXPECT_EQ(options->computeDtype, at::kFloat);
    EXPECT_EQ(options->heldType("Q4_1"), at::kBFloat16);
    EXPECT_EQ(options->heldType("bfloat16"), at::kBFloat16);
    EXPECT_EQ(options->heldType("float32"), at::kFloat);
    pretend(100, 10);
    options = loadOptions(ref);
    ASSERT_TRUE(options);
    EXPECT_FALSE(options->computeDtype);
    EXPECT_EQ(options->heldType("float32"), at::kBFloat16);
    ref.dtype = DTypeChoice::F32;
    EXPECT_EQ(loadOptions(ref)->heldType("Q4_1"), at::kFloat);
}

}  // namespace
}  // namespace skd::test
