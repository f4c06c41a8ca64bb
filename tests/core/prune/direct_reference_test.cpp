#include <gtest/gtest.h>

#include "core/prune/direct_fixture.h"
#include "model/files/model_loader.h"
#include "prune/structure/llm_pruner.h"
#include "prune/structure/shortgpt.h"

namespace skd::test {
namespace {

/// Every method against a reference on transformers (tests/fixtures/prune/make_fixtures.py), on a
/// family with biases and an untied head, one with q/k norms and a tied head, and Gemma's four
/// norms.
class DirectReference : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        auto loaded = loadModel(modelFixture(GetParam()), {at::kFloat, at::kCPU});
        ASSERT_TRUE(loaded) << loaded.error().message;
        dense = loaded->decoder;
        expected =
            loadTensors(std::filesystem::path(SKD_FIXTURES) / "prune" / "expected.safetensors");
        ASSERT_FALSE(expected.empty());
        for (int i = 0; i < 3; ++i)
            calibration.sequences.push_back(expected["calibration." + std::to_string(i)]);
    }
    const at::Tensor& golden(const std::string& name) {
        return expected.at(std::string(GetParam()) + "/" + name);
    }
    /// Logits after pruning equal the reference's, and differ from the dense model's.
    void compare(const char* name, const PruneSpec& spec, bool skipFirst = false) {
        CalibrationSet set = calibration;
        set.skipFirstPosition = skipFirst;
        const Pruned result = pruned(dense, spec, set);
        const auto logits = [&](const Decoder& model) {
            return model.logits(expected["ids"].unsqueeze(0))[0].narrow(0, 10, 6);
        };
        EXPECT_LT(relativeError(logits(result.model), golden(name)), 1e-4) << name;
        EXPECT_GT(relativeError(logits(dense), golden(name)), 1e-2) << name;
    }
    Decoder dense;
    CalibrationSet calibration;
    std::map<std::string, at::Tensor> expected;
};

TEST_P(DirectReference, Wanda) {
    PruneSpec spec = pruneSpec(PruneMethod::Wanda, 0.5);
    compare("wanda-half", spec);
    compare("wanda-skip", spec, true);
    spec.targets = PruneTargets::Attention;
    compare("wanda-attention", spec);
    spec.pattern = "2:4";
    spec.targets = PruneTargets::Mlp;
    compare("wanda-2:4", spec);
    spec = pruneSpec(PruneMethod::Wanda, 0.35);
    spec.targets = PruneTargets::All;
    compare("wanda-all-third", spec);
}

TEST_P(DirectReference, Magnitude) {
    PruneSpec spec = pruneSpec(PruneMethod::Magnitude, 0.5);
    compare("magnitude-row", spec);
    spec.scope = MaskScope::Matrix;
    compare("magnitude-matrix", spec);
    spec.pattern = "1:4";
    compare("magnitude-1:4", spec);
}

TEST_P(DirectReference, SparseGpt) {
    PruneSpec spec = pruneSpec(PruneMethod::SparseGpt, 0.5);
    compare("sparsegpt-half", spec);
    compare("sparsegpt-skip", spec, true);
    spec.pattern = "2:4";
    compare("sparsegpt-2:4", spec);
    spec = pruneSpec(PruneMethod::SparseGpt, 0.35);
    spec.targets = PruneTargets::All;
    compare("sparsegpt-all-third", spec);
}

TEST_P(DirectReference, LlmPruner) {
    PruneSpec spec = pruneSpec(PruneMethod::LlmPruner, 0.5);
    compare("llm-pruner-taylor", spec);
    spec.importance = ChannelImportance::Fisher;
    compare("llm-pruner-fisher", spec);
}

TEST_P(DirectReference, ChannelImportanceEqualsAutograd) {
    for (const bool skip : {false, true}) {
        calibration.skipFirstPosition = skip;
        for (const ChannelImportance kind :
             {ChannelImportance::Taylor, ChannelImportance::Fisher}) {
            const std::string name =
                std::string("importance-") + enumName(kind) + (skip ? "-skip" : "");
            const auto found = channelImportance(dense, kind, calibration, {});
            ASSERT_TRUE(found) << found.error().message;
            EXPECT_LT(relativeError(at::stack(*found), golden(name)), 1e-4) << name;
        }
    }
}

TEST_P(DirectReference, ShortGpt) {
    compare("shortgpt",
            pruneSpec(PruneMethod::ShortGpt, 1.0 / static_cast<double>(dense.layers.size())));
    for (const bool skip : {false, true}) {
        calibration.skipFirstPosition = skip;
        const auto found = blockInfluence(dense, calibration, {});
        ASSERT_TRUE(found);
        EXPECT_LT(relativeError(at::tensor(*found, at::kDouble),
                                golden(skip ? "influence-skip" : "influence")),
                  1e-5);
    }
}

TEST_P(DirectReference, SliceGpt) {
    if (traits(dense.config.family).outputNorms) {
        const Error error = pruneError(dense, pruneSpec(PruneMethod::SliceGpt, 0.25), calibration);
        EXPECT_EQ(error.code, ErrorCode::Unsupported);
        EXPECT_NE(error.message.find(GetParam()), std::string::npos) << error.message;
        return;
    }
    compare("slicegpt-24", pruneSpec(PruneMethod::SliceGpt, 0.25));
    compare("slicegpt-skip", pruneSpec(PruneMethod::SliceGpt, 0.25), true);
    compare("slicegpt-16", pruneSpec(PruneMethod::SliceGpt, 0.5));
}

INSTANTIATE_TEST_SUITE_P(Models, DirectReference, testing::Values("llama", "qwen3", "gemma3"),
                         [](const auto& p) { return std::string(p.param); });

}  // namespace
}  // namespace skd::test
