#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/text.h"
#include "core/distill/distill_fixture.h"
#include "core/prune/direct_fixture.h"
#include "distill/trainer.h"
#include "distill/training_step.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

constexpr std::int64_t kVocabulary = 64;

/// Distillation of pruned models against the dense one's cached probabilities.
class DirectTraining : public testing::TestWithParam<PruneMethod> {
protected:
    DirectTraining() {
        cache =
            buildTeacherCache(dense, corpus, keyFor(corpus, 16), folder / "teacher", {}).value();
        spec.steps = 24;
        spec.batch = 3;
        spec.learningRate = 1e-2;
        spec.weightDecay = 0.1;
        spec.warmup = 2;
        spec.stopOnRise = spec.stopOnPlateau = false;
    }
    /// The dense model without half of what the method removes.
    Decoder student(at::ScalarType type) {
        PruneSpec prune = pruneSpec(GetParam(), 0.5);
        return pruned(dense.to(at::kCPU, type), prune, tinyCalibration()).model;
    }
    OneThread oneThread;
    TemporaryFolder folder;
    const Decoder dense = tinyDecoder(7, {.vocabulary = kVocabulary, .layers = 4});
    Corpus corpus = randomCorpus(20, 24, kVocabulary);
    TeacherCache cache;
    DistillSpec spec;
};

TEST_P(DirectTraining, GradientsEqualFiniteDifferences) {
    Decoder model = student(at::kFloat);
    TrainingStep step(model, corpus, cache, spec);
    const std::vector<std::int64_t> samples{0, 4};
    ASSERT_TRUE(step.gradients(samples));
    std::vector<at::Tensor> gradients;
    std::vector<std::pair<std::string, at::Tensor>> parameters;
    model.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        parameters.emplace_back(name, tensor.detach());
        gradients.push_back(step.optimiser().gradientSum(parameters.size() - 1).clone());
    });
    step.optimiser().discardGradients();
    at::manual_seed(5);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        auto& [name, tensor] = parameters[i];
        const at::Tensor random = at::randn_like(gradients[i]);
        const at::Tensor along = gradients[i] / gradients[i].norm() + random / random.norm();
        const at::Tensor before = tensor.clone();
        const auto lossAt = [&, &tensor = tensor](double distance) {
            tensor.copy_(before + distance * along);
            const double loss = step.gradients(samples)->loss;
            step.optimiser().discardGradients();
            return loss;
        };
        // Small against the tensor, and a slope of fourth order: the loss is curved.
        const double reach = 3e-4 * before.norm().item<double>() + 2e-4;
        const double slope =
            (8 * (lossAt(reach) - lossAt(-reach)) - (lossAt(2 * reach) - lossAt(-2 * reach))) /
            (12 * reach);
        tensor.copy_(before);
        const double expected = (gradients[i] * along).sum().item<double>();
        EXPECT_NEAR(slope, expected, 0.02 * std::abs(expected) + 2e-4) << name;
    }
}

TEST_P(DirectTraining, DistillationKeepsShapesAndMasksAndLowersTheLoss) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Decoder model = student(type);
        const Decoder before = model.clone();
        Recorder recorder;
        RunContext context;
        context.sink = &recorder;
        const auto report =
            distill(model, corpus, cache, spec,
                    {folder / strCat("checkpoints-", c10::toString(type)), {}, "spec"}, context);
        ASSERT_TRUE(report) << report.error().message;
        const std::vector<double> losses = recorder.metric("kd.loss");
        ASSERT_EQ(losses.size(), 24u);
        // Each step has other samples: compare whole epochs, nearly.
        EXPECT_LT(std::accumulate(losses.end() - 7, losses.end(), 0.0),
                  0.95 * std::accumulate(losses.begin(), losses.begin() + 7, 0.0));
        EXPECT_EQ(model.parameterCount(), before.parameterCount());
        Decoder walk = before;
        const auto old = walk.matrices(), now = model.matrices();
        for (std::size_t i = 0; i < now.size(); ++i) {
            EXPECT_FALSE(at::equal(now[i]->weight(), old[i]->weight())) << now[i]->name();
            const auto* masked = std::get_if<MaskedWeight>(&now[i]->form());
            if (masked == nullptr) continue;
            EXPECT_TRUE(
                masked->weight.masked_select(masked->mask.logical_not()).eq(0).all().item<bool>())
                << now[i]->name();
            EXPECT_NEAR(zeroShare(masked->weight), 0.5, 1e-9);
        }
    }
}

TEST_P(DirectTraining, TheNextRoundGoesOnFromTheTrainedModel) {
    Decoder model = student(at::kFloat);
    spec.steps = 3;
    ASSERT_TRUE(distill(model, corpus, cache, spec, {folder / "checkpoints", {}, "spec"}, {}));
    const PruneSpec next = pruneSpec(GetParam(), 0.75);
    const Pruned result = pruned(model, next, tinyCalibration(), denseReference(dense, next));
    EXPECT_LT(result.report.parameters, model.parameterCount());
    const bool exact = GetParam() != PruneMethod::SliceGpt;  // its widths are of the stream
    EXPECT_NEAR(result.report.mlpRemoved, 0.75, exact ? 1e-9 : 0.1);
}

INSTANTIATE_TEST_SUITE_P(Methods, DirectTraining,
                         testing::Values(PruneMethod::Wanda, PruneMethod::Magnitude,
                                         PruneMethod::SparseGpt, PruneMethod::LlmPruner,
                                         PruneMethod::ShortGpt, PruneMethod::SliceGpt),
                         [](const auto& p) {
                             std::string name = enumName(p.param);
                             std::erase(name, '-');
                             return name;
                         });

TEST(DecoderMasks, MoveWithTheModel) {
    const Pruned result = pruned(tinyDecoder(4), pruneSpec(PruneMethod::Magnitude, 0.5), {});
    const Decoder moved = result.model.to(at::kMeta, at::kBFloat16);
    EXPECT_TRUE(std::get<MaskedWeight>(moved.layers[0].mlp.up.form()).mask.is_meta());
    EXPECT_EQ(std::get<MaskedWeight>(moved.layers[0].mlp.up.form()).mask.scalar_type(), at::kBool);
}

}  // namespace
}  // namespace skd::test
