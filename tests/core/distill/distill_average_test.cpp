// Averaged weights and the learning rates of groups, against closed forms of recorded weights.

#include <gtest/gtest.h>

#include <ATen/Parallel.h>

#include <map>

#include "core/distill/distill_fixture.h"
#include "distill/training_rules.h"
#include "distill/training_step.h"
#include "distill/weight_average.h"

namespace skd {
namespace {

using AverageFixture = test::TrainingFixture;
using Weights = std::vector<at::Tensor>;

/// All parameters in f64.
Weights weightsOf(const Decoder& model) {
    Weights weights;
    Decoder walk = model;
    walk.visitParameters([&](const std::string&, at::Tensor& tensor) {
        weights.push_back(tensor.detach().to(at::kDouble).clone());
    });
    return weights;
}

double largestDifference(const Weights& a, const Weights& b) {
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        largest = std::max(largest, (a[i] - b[i]).abs().max().item<double>());
    return largest;
}

/// Mean of recorded weights [first, last].
Weights meanOf(const std::map<std::int64_t, Weights>& recorded, std::int64_t first,
               std::int64_t last) {
    Weights mean;
    for (std::int64_t step = first; step <= last; ++step)
        for (std::size_t i = 0; i < recorded.at(step).size(); ++i) {
            if (step == first) mean.push_back(at::zeros_like(recorded.at(step)[i]));
            mean[i] += recorded.at(step)[i] / static_cast<double>(last - first + 1);
        }
    return mean;
}

/// A run of 12 steps that is looked at after each of them, and falls all the while.
struct WatchedRun {
    std::map<std::int64_t, Weights> seen;
    test::Recorder events;
    Weights result;

    explicit WatchedRun(double average, at::ScalarType type = at::kFloat) {
        AverageFixture fixture;
        fixture.spec.average = average;
        fixture.spec.evalEvery = 1;
        fixture.environment.evaluate = [this](const Decoder& model, std::int64_t step) {
            seen[step] = weightsOf(model);
            return Result<double>(100.0 - static_cast<double>(step));
        };
        Decoder model = test::trainingStudent(type);
        EXPECT_TRUE(fixture.run(model, test::StoppingContext(&events).context));
        result = weightsOf(model);
    }
};

AdamW optimiserOf(const std::vector<NamedTensor>& live) {
    return AdamW(live);
}

void stepWith(AdamW& optimiser, std::uint64_t seed) {
    at::manual_seed(seed);
    for (std::size_t i = 0; i < optimiser.size(); ++i)
        optimiser.gradientSum(i).copy_(at::randn_like(optimiser.gradientSum(i)));
    optimiser.step({.learningRate = 1e-2});
}

std::vector<NamedTensor> twoTensors(at::ScalarType type) {
    at::manual_seed(8);
    return {{"matrix", at::randn({70, 1001}).to(type)}, {"norm", at::randn({123}).to(type)}};
}

}  // namespace

TEST(DistillAverage, BeginsWithItsShareOfTheSteps) {
    DistillSpec spec;
    spec.steps = 90;
    EXPECT_EQ(averagedAfter(spec, 90), 0);
    spec.average = 0.333;
    EXPECT_EQ(averagedAfter(spec, 60), 0);
    EXPECT_EQ(averagedAfter(spec, 61), 1);
    EXPECT_EQ(averagedAfter(spec, 90), 30);
    spec.average = 1e-6;
    EXPECT_EQ(averagedAfter(spec, 89), 0);
    EXPECT_EQ(averagedAfter(spec, 90), 1);
    spec.average = 1;
    EXPECT_EQ(averagedAfter(spec, 0), 0);
    EXPECT_EQ(averagedAfter(spec, 90), 90);
}

TEST(DistillAverage, ResultAndEvaluationsAreTheMeanOfRecordedWeights) {
    const WatchedRun plain(0), averaged(0.5);
    for (std::int64_t step = 0; step <= 6; ++step)
        EXPECT_EQ(largestDifference(averaged.seen.at(step), plain.seen.at(step)), 0) << step;
    for (std::int64_t step = 7; step <= 12; ++step)
        EXPECT_LT(largestDifference(averaged.seen.at(step), meanOf(plain.seen, 7, step)), 1e-6)
            << step;
    EXPECT_LT(largestDifference(averaged.result, meanOf(plain.seen, 7, 12)), 1e-6);
    EXPECT_GT(largestDifference(averaged.result, plain.result), 1e-4);
}

/// Showing the mean and taking it back leaves training as it was.
TEST(DistillAverage, TrainingDoesNotNoticeIt) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const WatchedRun plain(0, type), averaged(0.5, type);
        EXPECT_EQ(averaged.events.metric("kd.loss"), plain.events.metric("kd.loss"));
        EXPECT_EQ(averaged.events.metric("kd.grad_norm"), plain.events.metric("kd.grad_norm"));
    }
}

TEST(DistillAverage, IsWhatAStageWithoutEvaluationReturns) {
    const WatchedRun plain(0);
    AverageFixture fixture;
    fixture.spec.average = 0.25;
    fixture.environment.evaluate = nullptr;
    Decoder model = test::trainingStudent(at::kFloat);
    const auto report = fixture.run(model);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->averagedSteps, 3);
    EXPECT_LT(largestDifference(weightsOf(model), meanOf(plain.seen, 10, 12)), 1e-6);
}

/// The masters are averaged in f32, not the weights that were rounded to bf16.
TEST(DistillAverage, TakesMastersAndReturnsEveryBit) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const auto live = twoTensors(type);
        AdamW optimiser = optimiserOf(live);
        WeightAverage average(optimiser);
        average.show();
        average.hide();
        at::Tensor sum = at::zeros({70, 1001}, at::kDouble);
        for (std::uint64_t step = 1; step <= 5; ++step) {
            stepWith(optimiser, step);
            average.add();
            sum += optimiser.master(0).to(at::kDouble);
        }
        EXPECT_EQ(average.count(), 5);
        const at::Tensor master = optimiser.master(0).clone(), weight = live[0].tensor.clone(),
                         mean = average.state()[0].tensor.clone();
        EXPECT_LT((mean.to(at::kDouble) - sum / 5).abs().max().item<double>(), 1e-6);
        {
            const ShownAverage shown(average);
            EXPECT_TRUE(at::equal(live[0].tensor, mean.to(type)));
        }
        EXPECT_TRUE(at::equal(live[0].tensor, weight));
        EXPECT_TRUE(at::equal(optimiser.master(0), master));
        EXPECT_TRUE(at::equal(average.state()[0].tensor, mean));
    }
}

TEST(DistillAverage, ThreadsDoNotChangeABitOfIt) {
    const int before = at::get_num_threads();
    std::vector<at::Tensor> means;
    for (const int threads : {1, 3}) {
        at::set_num_threads(threads);
        AdamW optimiser = optimiserOf(twoTensors(at::kFloat));
        WeightAverage average(optimiser);
        for (std::uint64_t step = 1; step <= 3; ++step) {
            stepWith(optimiser, step);
            average.add();
        }
        means.push_back(average.state()[0].tensor.clone());
    }
    at::set_num_threads(before);
    EXPECT_TRUE(at::equal(means[0], means[1]));
}

TEST(DistillAverage, StateThatLacksATensorIsRefused) {
    AdamW optimiser = optimiserOf(twoTensors(at::kFloat)),
          other = optimiserOf(twoTensors(at::kFloat));
    WeightAverage average(optimiser), copy(other);
    average.add();
    std::vector<NamedTensor> state = average.state();
    ASSERT_TRUE(copy.restore(state, 1));
    EXPECT_TRUE(at::equal(copy.state()[1].tensor, state[1].tensor));
    state.pop_back();
    const Status refused = copy.restore(state, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
    EXPECT_NE(refused.error().message.find("norm.average"), std::string::npos);
}

TEST(DistillAverage, ResumesBitExactlyInside) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        AverageFixture straight;
        straight.spec.average = 0.5;
        Decoder expected = test::trainingStudent(type);
        const auto whole = straight.run(expected);
        ASSERT_TRUE(whole) << whole.error().message;
        // Three looks at the stop token in a step: steps 5, 6, 7, 10 and 11, and within them.
        for (const int polls : {15, 18, 20, 22, 31, 35}) {
            AverageFixture fixture;
            fixture.spec.average = 0.5;
            Decoder first = test::trainingStudent(type);
            const auto cancelled =
                fixture.run(first, test::StoppingContext(nullptr, polls).context);
            ASSERT_TRUE(cancelled) << cancelled.error().message;
            EXPECT_TRUE(cancelled->cancelled);
            Decoder second = test::trainingStudent(type), third = test::trainingStudent(type);
            const auto resumed = fixture.run(second);
            ASSERT_TRUE(resumed) << resumed.error().message;
            EXPECT_EQ(resumed->resumedFrom, polls / 3);
            EXPECT_EQ(resumed->bestPerplexity, whole->bestPerplexity);
            EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
            ASSERT_TRUE(fixture.run(third)) << "the finished stage is taken up again";
            EXPECT_EQ(test::weightsSha256(third), test::weightsSha256(expected));
        }
    }
}

TEST(DistillGroups, EveryParameterIsInOne) {
    DistillSpec spec;
    spec.mlpRate = 2;
    spec.attentionRate = 3;
    spec.embeddingRate = 4;
    std::map<double, int> counts;
    Decoder model = test::trainingStudent(at::kFloat);
    model.visitParameters([&](const std::string& name, at::Tensor&) {
        const double factor = rateFactorOf(name, spec);
        ++counts[factor];
        EXPECT_EQ(factor == 2, name.find("gate_proj") != std::string::npos ||
                                   name.find("up_proj") != std::string::npos ||
                                   name.find("down_proj") != std::string::npos)
            << name;
    });
    EXPECT_EQ(rateFactorOf("model.layers.3.mlp.down_proj.a", spec), 2);
    EXPECT_EQ(rateFactorOf("model.layers.3.mlp.gate_up_proj.b", spec), 2);
    EXPECT_EQ(rateFactorOf("model.layers.3.self_attn.q_proj.weight", spec), 3);
    EXPECT_EQ(rateFactorOf("model.layers.3.post_attention_layernorm.weight", spec), 3);
    EXPECT_EQ(rateFactorOf("model.norm.weight", spec), 3);
    EXPECT_EQ(rateFactorOf("model.embed_tokens.weight", spec), 4);
    EXPECT_EQ(rateFactorOf("lm_head.weight", spec), 4);
    EXPECT_EQ(counts.size(), 3u);
}

/// The first step of AdamW from zero moments is w - r (g / (|g| + epsilon) + decay w) with r the
/// rate of the parameter's group and g its clipped gradient.
TEST(DistillGroups, FirstStepHasItsClosedForm) {
    AverageFixture fixture;
    fixture.spec.mlpRate = 0.5;
    fixture.spec.attentionRate = 0.25;
    fixture.spec.embeddingRate = 0.125;
    fixture.spec.weightDecay = 0.2;
    fixture.spec.clip = 0.01;
    Decoder model = test::trainingStudent(at::kFloat);
    TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
    const WindowLoss loss = step.gradients(std::vector<std::int64_t>{0, 1, 2}).value();
    ASSERT_GT(loss.gradientNorm, fixture.spec.clip);
    const double rate = 1e-2, scale = fixture.spec.clip / loss.gradientNorm;
    std::vector<at::Tensor> expected;
    for (std::size_t i = 0; i < step.optimiser().size(); ++i) {
        const at::Tensor gradient = step.optimiser().gradientSum(i).to(at::kDouble) * scale,
                         weight = step.optimiser().master(i).to(at::kDouble).clone();
        const double own = rate * rateFactorOf(step.optimiser().name(i), fixture.spec),
                     decay = weight.dim() >= 2 ? fixture.spec.weightDecay : 0;
        expected.push_back(
            weight - own * (gradient / (gradient.abs() + fixture.spec.epsilon) + decay * weight));
    }
    step.apply(loss, rate);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const at::Tensor now = step.optimiser().master(i).to(at::kDouble);
        EXPECT_LT((now - expected[i]).abs().max().item<double>(), 2e-6) << step.optimiser().name(i);
    }
}

TEST(DistillGroups, FactorsAreThoseOfFusedAdamWOfAten) {
    const auto live = twoTensors(at::kFloat);
    AdamW optimiser = optimiserOf(live);
    optimiser.setRateFactor(0, 0.3);
    std::vector<at::Tensor> weights{live[0].tensor.clone()}, means{at::zeros_like(weights[0])},
        squares{at::zeros_like(weights[0])}, none, steps{at::zeros({}, at::kFloat)};
    for (std::uint64_t step = 1; step <= 4; ++step) {
        at::manual_seed(step);
        for (std::size_t i = 0; i < optimiser.size(); ++i)
            optimiser.gradientSum(i).copy_(at::randn_like(optimiser.gradientSum(i)));
        std::vector<at::Tensor> gradients{optimiser.gradientSum(0).clone()};
        optimiser.step({.learningRate = 1e-2, .beta2 = 0.95, .weightDecay = 0.1});
        steps[0].add_(1);
        at::_fused_adamw_(weights, gradients, means, squares, none, steps, 0.3e-2, 0.9, 0.95, 0.1,
                          1e-8, false, false);
    }
    EXPECT_LT((live[0].tensor - weights[0]).abs().max().item<double>(), 3e-6);
}

}  // namespace skd
