#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include "distill/adamw.h"
#include "distill/training_rules.h"

namespace skd {
namespace {

constexpr AdamWOptions kOptions{.learningRate = 1e-2, .weightDecay = 0.1, .gradientScale = 0.5};

std::vector<NamedTensor> parameters(at::ScalarType type) {
    at::manual_seed(3);
    return {{"matrix", at::randn({37, 1001}).to(type)}, {"norm", at::randn({123}).to(type)}};
}

void fillGradients(AdamW& optimiser, std::uint64_t seed) {
    at::manual_seed(seed);
    for (std::size_t i = 0; i < optimiser.size(); ++i)
        optimiser.gradientSum(i).copy_(at::randn_like(optimiser.gradientSum(i)));
}

}  // namespace

TEST(DistillAdamW, EqualsFusedAdamWOfAten) {
    const auto live = parameters(at::kFloat);
    const at::Tensor initial = live[0].tensor.clone(), vectorInitial = live[1].tensor.clone();
    AdamW optimiser(live);
    std::vector<at::Tensor> weights{initial}, means{at::zeros_like(initial)},
        squares{at::zeros_like(initial)}, none;
    std::vector<at::Tensor> steps{at::zeros({}, at::kFloat)};
    std::vector<at::Tensor> vectorWeights{vectorInitial},
        vectorMeans{at::zeros_like(vectorInitial)}, vectorSquares{at::zeros_like(vectorInitial)},
        vectorSteps{at::zeros({}, at::kFloat)};
    for (std::uint64_t step = 1; step <= 5; ++step) {
        fillGradients(optimiser, step);
        std::vector<at::Tensor> gradients{optimiser.gradientSum(0) * 0.5},
            vectorGradients{optimiser.gradientSum(1) * 0.5};
        optimiser.step(kOptions);
        steps[0].add_(1);
        vectorSteps[0].add_(1);
        at::_fused_adamw_(weights, gradients, means, squares, none, steps, kOptions.learningRate,
                          0.9, 0.999, kOptions.weightDecay, 1e-8, false, false);
        at::_fused_adamw_(vectorWeights, vectorGradients, vectorMeans, vectorSquares, none,
                          vectorSteps, kOptions.learningRate, 0.9, 0.999, 0.0, 1e-8, false, false);
    }
    EXPECT_LT((live[0].tensor - weights[0]).abs().max().item<double>(), 3e-6);
    EXPECT_LT((live[1].tensor - vectorWeights[0]).abs().max().item<double>(), 3e-6);
    EXPECT_EQ(optimiser.gradientNorm(), 0);
}

TEST(DistillAdamW, KeepsBfloatWeightsAtTheRoundedMaster) {
    const auto live = parameters(at::kBFloat16), other = parameters(at::kBFloat16);
    AdamW optimiser(live), reference(other);
    for (std::uint64_t step = 1; step <= 4; ++step) {
        fillGradients(optimiser, step);
        fillGradients(reference, step);
        optimiser.step(kOptions);
        reference.stepReference(kOptions);
    }
    const auto state = optimiser.state(), expected = reference.state();
    for (std::size_t i = 0; i < state.size(); ++i)
        EXPECT_LT((state[i].tensor - expected[i].tensor).abs().max().item<double>(), 2e-6)
            << state[i].name;
    EXPECT_TRUE(at::equal(live[0].tensor, state[0].tensor.to(at::kBFloat16)));
    EXPECT_TRUE(at::equal(live[1].tensor, state[3].tensor.to(at::kBFloat16)));
}

TEST(DistillAdamW, ThreadsDoNotChangeABit) {
    const int before = at::get_num_threads();
    std::vector<at::Tensor> results;
    std::vector<double> norms;
    for (const int threads : {1, 2, 3}) {
        at::set_num_threads(threads);
        const auto live = parameters(at::kFloat);
        AdamW optimiser(live);
        fillGradients(optimiser, 11);
        norms.push_back(optimiser.gradientNorm());
        optimiser.step(kOptions);
        results.push_back(live[0].tensor.clone());
    }
    at::set_num_threads(before);
    EXPECT_TRUE(at::equal(results[0], results[1]) && at::equal(results[0], results[2]));
    EXPECT_TRUE(norms[0] == norms[1] && norms[0] == norms[2]);
}

TEST(DistillAdamW, GradientNormIsTheEuclideanOne) {
    AdamW optimiser(parameters(at::kBFloat16));
    fillGradients(optimiser, 5);
    const double expected =
        std::sqrt(optimiser.gradientSum(0).to(at::kDouble).pow(2).sum().item<double>() +
                  optimiser.gradientSum(1).to(at::kDouble).pow(2).sum().item<double>());
    EXPECT_NEAR(optimiser.gradientNorm(), expected, 1e-6 * expected);
}

TEST(DistillAdamW, AccumulatesAndClearsAutogradGradients) {
    auto live = parameters(at::kBFloat16);
    for (auto& entry : live) entry.tensor.requires_grad_();
    AdamW optimiser(live);
    for (int i = 0; i < 3; ++i) {
        (live[0].tensor.sum() * 2).backward();
        optimiser.accumulate();
        EXPECT_FALSE(live[0].tensor.grad().defined());
    }
    EXPECT_EQ(optimiser.gradientSum(0).sum().item<double>(), 6.0 * 37 * 1001);
    EXPECT_EQ(optimiser.gradientSum(1).sum().item<double>(), 0);
}

/// Gradients of f32 stay with their weights, whatever adds to them, until a step or a request.
TEST(DistillAdamW, GradientsOfF32AddUpInPlace) {
    auto live = parameters(at::kFloat);
    for (auto& entry : live) entry.tensor.requires_grad_();
    AdamW optimiser(live);
    const double count = 37 * 1001;
    (live[0].tensor.sum() * 2).backward();
    optimiser.accumulate();
    const void* place = live[0].tensor.grad().const_data_ptr();
    for (int i = 0; i < 2; ++i) {
        (live[0].tensor.sum() * 2).backward();
        optimiser.accumulate();
    }
    EXPECT_EQ(live[0].tensor.grad().const_data_ptr(), place);
    EXPECT_NEAR(optimiser.gradientNorm(), 6 * std::sqrt(count), 1e-6 * 6 * std::sqrt(count));
    EXPECT_EQ(optimiser.gradientSum(0).sum().item<double>(), 6 * count);
    EXPECT_FALSE(live[0].tensor.grad().defined());
    (live[0].tensor.sum() * 2).backward();
    optimiser.accumulate();
    EXPECT_EQ(optimiser.gradientSum(0).sum().item<double>(), 8 * count);
    optimiser.step(kOptions);
    EXPECT_EQ(optimiser.gradientSum(0).abs().max().item<double>(), 0);
}

TEST(DistillAdamW, TakesASingleBfloatGradientWithoutSummingIt) {
    auto live = parameters(at::kBFloat16), other = parameters(at::kBFloat16);
    AdamW optimiser(live), reference(other);
    for (int step = 0; step < 3; ++step) {
        const at::Tensor gradient = at::randn({37, 1001}).to(at::kBFloat16);
        live[0].tensor.mutable_grad() = gradient.clone();
        optimiser.accumulate();
        reference.gradientSum(0).copy_(gradient);
        EXPECT_EQ(optimiser.gradientNorm(), reference.gradientNorm());
        optimiser.step(kOptions);
        reference.step(kOptions);
    }
    EXPECT_TRUE(at::equal(live[0].tensor, other[0].tensor) &&
                at::equal(live[1].tensor, other[1].tensor));
}

TEST(DistillAdamW, RestoredStateGoesOnBitExactly) {
    const auto live = parameters(at::kBFloat16), other = parameters(at::kBFloat16);
    AdamW optimiser(live);
    fillGradients(optimiser, 1);
    optimiser.step(kOptions);
    AdamW copy(other);
    ASSERT_TRUE(copy.restore(optimiser.state(), optimiser.stepCount()));
    fillGradients(optimiser, 2);
    fillGradients(copy, 2);
    optimiser.step(kOptions);
    copy.step(kOptions);
    EXPECT_TRUE(at::equal(live[0].tensor, other[0].tensor));
    auto incomplete = optimiser.state();
    incomplete.pop_back();
    EXPECT_EQ(copy.restore(incomplete, 1).error().code, ErrorCode::Corrupt);
}

TEST(DistillSchedule, RisesThenFallsAlongACosine) {
    DistillSpec spec;
    spec.steps = 110;
    spec.warmup = 10;
    EXPECT_DOUBLE_EQ(learningRateAt(spec, 0, 1.0), 0.1);
    EXPECT_DOUBLE_EQ(learningRateAt(spec, 9, 1.0), 1.0);
    EXPECT_DOUBLE_EQ(learningRateAt(spec, 10, 1.0), 1.0);
    EXPECT_NEAR(learningRateAt(spec, 60, 1.0), 0.5, 1e-12);
    EXPECT_NEAR(learningRateAt(spec, 110, 1.0), 0.0, 1e-12);
    spec.schedule = Schedule::Constant;
    EXPECT_DOUBLE_EQ(learningRateAt(spec, 60, 1.0), 1.0);
    spec.warmup = 0;
    EXPECT_DOUBLE_EQ(learningRateAt(spec, 0, 1.0), 1.0);
}

TEST(DistillStopping, StopsAfterAClearMinimum) {
    DistillSpec spec;
    spec.patience = 2;
    StoppingRules rules(spec);
    for (const double value : {40.0, 30.0, 25.0, 25.3})
        EXPECT_EQ(rules.add(0, value).reason, StopReason::None);
    EXPECT_EQ(rules.best(), 25.0);
    StoppingRules rising(spec);
    rising.add(0, 40.0);
    EXPECT_TRUE(rising.add(10, 25.0).best);
    EXPECT_EQ(rising.add(20, 25.6).reason, StopReason::None);
    const StopDecision stopped = rising.add(30, 26.0);
    EXPECT_EQ(stopped.reason, StopReason::Rise);
    EXPECT_FALSE(stopped.best);
    EXPECT_EQ(rising.bestStep(), 10);
    EXPECT_NE(rising.explain(StopReason::Rise).find("step 10"), std::string::npos);
}

TEST(DistillStopping, StopsOnAPlateauAndOnlyThen) {
    DistillSpec spec;
    spec.patience = 3;
    StoppingRules rules(spec);
    double value = 100;
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(rules.add(i, value *= 0.99).reason, StopReason::None) << i;
    EXPECT_EQ(rules.add(20, value * 0.9999).reason, StopReason::None);
    EXPECT_EQ(rules.add(21, value * 0.9998).reason, StopReason::None);
    EXPECT_EQ(rules.add(22, value * 0.9997).reason, StopReason::Plateau);
    spec.stopOnPlateau = false;
    StoppingRules off(spec);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(off.add(i, 10).reason, StopReason::None);
}

TEST(DistillStopping, NonFinitePerplexityIsNeverBest) {
    DistillSpec spec;
    spec.patience = 2;
    StoppingRules rules(spec);
    rules.add(0, 30);
    EXPECT_FALSE(rules.add(1, std::nan("")).best);
    EXPECT_EQ(rules.add(2, HUGE_VAL).reason, StopReason::Rise);
    EXPECT_EQ(rules.best(), 30);
}

TEST(DistillStopping, StateSurvivesJson) {
    DistillSpec spec;
    spec.patience = 2;
    StoppingRules rules(spec), copy(spec);
    for (const double value : {40.0, 30.123456789012345, std::nan("")}) rules.add(5, value);
    ASSERT_TRUE(copy.fromJson(*parseJson(dumpJson(rules.toJson()))));
    EXPECT_EQ(copy.best(), rules.best());
    EXPECT_EQ(copy.bestStep(), rules.bestStep());
    EXPECT_EQ(copy.add(6, 31).reason, rules.add(6, 31).reason);
    EXPECT_FALSE(copy.fromJson(Json::object()));
}

}  // namespace skd
