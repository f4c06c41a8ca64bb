// One optimiser step of an elastic student.
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "core/distill/elastic_fixture.h"
#include "distill/training_step.h"

namespace skd::test {
namespace {

using Gradients = std::map<std::string, at::Tensor>;

const std::vector<std::int64_t> kWindow{0, 1, 4, 3};  // the third is half as long

Gradients gradientsOf(AdamW& optimiser) {
    Gradients gradients;
    for (std::size_t i = 0; i < optimiser.size(); ++i)
        gradients[optimiser.name(i)] = optimiser.gradientSum(i).to(at::kDouble).clone();
    return gradients;
}

/// A state of the weights in which sizes weigh between 1/2 and 2.
Json weighed(const ElasticSizes& sizes) {
    Json state = sizes.toJson();
    for (std::size_t bin = 0; bin < SizeWeights::kBins; ++bin)
        state["weights"]["weights"][bin] = 0.5 + 0.1 * static_cast<double>(bin);
    return state;
}

class ElasticStep : public testing::Test {
protected:
    ElasticStep() : sizes(fixture.training) {
        fixture.spec.microBatch = 0;
        EXPECT_TRUE(sizes.restore(weighed(sizes)));
    }
    WindowLoss window(Decoder& model, Gradients& gradients) {
        TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec, &sizes);
        step.begin(5);
        const auto loss = step.gradients(kWindow);
        EXPECT_TRUE(loss) << (loss ? "" : loss.error().message);
        gradients = gradientsOf(step.optimiser());
        return loss.value_or(WindowLoss());
    }
    ElasticFixture fixture;
    ElasticSizes sizes;
};

/// The window's gradient is the sum of what each sequence gives alone at its own size, by its
/// tokens and its size's weight; beyond its rank a sequence gives exactly nothing.
TEST_F(ElasticStep, IsTheSumOfItsSequences) {
    Decoder model = fixture.student();
    Gradients together, sum;
    const WindowLoss loss = window(model, together);
    ASSERT_EQ(loss.sizes.size(), 4u) << "each sequence has a profile of its own";
    double weighed = 0;
    for (std::size_t slot = 0; slot < kWindow.size(); ++slot) {
        Decoder alone = fixture.student();
        ASSERT_TRUE(sizes.use(alone, slot));
        TrainingStep step(alone, fixture.corpus, fixture.cache, fixture.spec);
        const WindowLoss own = step.gradients(std::vector{kWindow[slot]}).value();
        const double share =
            sizes.weight(slot) * static_cast<double>(own.tokens) / static_cast<double>(loss.tokens);
        weighed += share * own.loss;
        EXPECT_DOUBLE_EQ(loss.sizes[slot].kl, own.kl);
        EXPECT_DOUBLE_EQ(loss.sizes[slot].ce, own.ce);
        for (const auto& [name, gradient] : gradientsOf(step.optimiser()))
            sum[name] = sum.contains(name) ? sum[name] + share * gradient : share * gradient;
        for (const auto& [name, rank] : ranksInUse(alone))
            for (const char* factor : {".elastic_a", ".elastic_b"}) {
                const at::Tensor rows = gradientsOf(step.optimiser()).at(name + factor);
                EXPECT_EQ(rows.narrow(0, rank, rows.size(0) - rank).abs().sum().item<double>(), 0);
            }
    }
    EXPECT_NEAR(loss.loss, weighed, 1e-12 * weighed);
    ASSERT_EQ(together.size(), sum.size());
    // Sums of f32 in another order.
    for (const auto& [name, gradient] : together)
        EXPECT_LT(relativeError(gradient, sum[name]), 1e-4) << name;
}

TEST_F(ElasticStep, AFailedAllocationChangesNoSize) {
    Decoder model = fixture.student(), other = fixture.student();
    Gradients whole, halved;
    const WindowLoss expected = window(model, whole);
    bool failed = false;
    setMemoryFaultForTesting([&](std::int64_t) { return !std::exchange(failed, true); });
    const WindowLoss loss = window(other, halved);
    setMemoryFaultForTesting(nullptr);
    EXPECT_TRUE(failed);
    EXPECT_EQ(loss.kl, expected.kl);
    for (const auto& [name, gradient] : whole) EXPECT_TRUE(at::equal(gradient, halved[name]));
}

TEST_F(ElasticStep, LayersThatRunAgainHaveTheSameBits) {
    Decoder model = fixture.student(), other = fixture.student();
    Gradients plain, again;
    window(model, plain);
    fixture.spec.checkpointActivations = true;
    window(other, again);
    for (const auto& [name, gradient] : plain)
        EXPECT_TRUE(at::equal(gradient, again[name])) << name;
}

/// The cosine is that of gradients taken one by one.
TEST_F(ElasticStep, MeasuresHowSizesPull) {
    Decoder model = fixture.student();
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec, &sizes);
    step.begin(0);
    const WindowLoss loss = step.gradients(kWindow).value();
    std::vector<at::Tensor> own;
    for (const std::size_t slot : {0u, 1u}) {
        Decoder alone = fixture.student();
        ASSERT_TRUE(sizes.use(alone, slot));
        TrainingStep single(alone, fixture.corpus, fixture.cache, fixture.spec);
        ASSERT_TRUE(single.gradients(std::vector{kWindow[slot]}));
        std::vector<at::Tensor> parts;
        for (const auto& [name, gradient] : gradientsOf(single.optimiser()))
            if (name.starts_with("model.layers.1.self_attn") && gradient.dim() == 2)
                parts.push_back(gradient.flatten());
        own.push_back(at::cat(parts));
    }
    ASSERT_TRUE(loss.sizeCosine);
    EXPECT_NEAR(*loss.sizeCosine,
                (own[0].dot(own[1]) / (own[0].norm() * own[1].norm())).item<double>(), 1e-5);
    step.optimiser().discardGradients();
    step.begin(1);
    EXPECT_FALSE(step.gradients(kWindow).value().sizeCosine);
}

}  // namespace
}  // namespace skd::test
