#include "distill/block_training.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/distill/refine_fixture.h"
#include "model/layer_ops.h"

namespace skd {
namespace {

using test::RefineFixture;

at::Tensor plainProduct(const Linear& linear, const at::Tensor& input) {
    if (const auto* factors = std::get_if<LowRankWeight>(&linear.form()))
        return at::linear(at::linear(input, factors->b), factors->a);
    return at::linear(input, linear.weight());
}

/// A layer in plain ATen operators.
at::Tensor plainLayer(const Decoder& model, std::size_t index, const at::Tensor& x) {
    const ModelConfig& config = model.config;
    const DecoderLayer& layer = model.layers[index];
    const RotaryTable rotary = rotaryTable(config, config.rope, x.size(1), at::kCPU);
    const at::Tensor normed = reference::rmsNorm(x, layer.inputNorm, config.normEpsilon);
    const auto heads = [&](const Linear& linear, std::int64_t count, const RotaryTable* turn) {
        return reference::splitHeads(
            plainProduct(linear, normed).view({x.size(0), x.size(1), count, config.headDim}), turn);
    };
    const at::Tensor mixed =
        reference::causalAttention(heads(layer.attention.query, config.heads, &rotary),
                                   heads(layer.attention.key, config.keyValueHeads, &rotary),
                                   heads(layer.attention.value, config.keyValueHeads, nullptr),
                                   {1 / std::sqrt(static_cast<double>(config.headDim)), 0});
    const at::Tensor middle = x + plainProduct(layer.attention.output, mixed);
    const at::Tensor inner =
        reference::rmsNorm(middle, layer.postAttentionNorm, config.normEpsilon);
    const at::Tensor gated =
        reference::gateMul(plainProduct(layer.mlp.gate, inner), plainProduct(layer.mlp.up, inner),
                           GateActivation::Silu);
    return middle + plainProduct(layer.mlp.down, gated);
}

/// Sum over rows [tokens, width] of a loss, as its formula says.
at::Tensor plainLoss(RefineLoss loss, const at::Tensor& output, const at::Tensor& target,
                     double variance) {
    if (loss == RefineLoss::Mse)
        return (output - target).square().sum() / (static_cast<double>(output.size(-1)) * variance);
    const at::Tensor cosine = (output * target).sum(-1) / (output.norm(2, -1) * target.norm(2, -1));
    return ((output - target).abs().mean(-1) - cosine.sigmoid().log()).sum();
}

/// Residual streams around the second layer of a cut model and of the dense one.
struct SecondLayer {
    const std::vector<std::int64_t> samples{0, 4, 1};  // one of them padded
    ResidualStream inputs, teacherInputs, targets;
    double variance = 1;
    SecondLayer(const RefineFixture& fixture, const Decoder& student)
        : inputs(student, fixture.corpus, samples, 2),
          teacherInputs(fixture.dense, fixture.corpus, samples, 2) {
        inputs.advance(student, 0, 1);
        teacherInputs.advance(fixture.dense, 0, 1);
        targets = teacherInputs;
        targets.advance(fixture.dense, 1, 2);
        variance = varianceOf(targets);
    }
    [[nodiscard]] BlockData data() const { return {inputs, teacherInputs, targets, variance}; }
};

}  // namespace

TEST(DistillBlockTraining, GradientsEqualAutogradOverPlainOperators) {
    for (const RefineLoss loss : {RefineLoss::Mse, RefineLoss::Lillama}) {
        RefineFixture fixture;
        const Decoder student = fixture.cut(), plain = fixture.cut();
        const SecondLayer around(fixture, student);
        BlockTraining training(student, 1, loss);
        const double value =
            training.gradients(around.data(), std::vector<std::int64_t>{0, 1, 2}, 2);

        const std::vector<NamedTensor> weights = layerParameters(plain, 1);
        for (const NamedTensor& weight : weights) weight.tensor.requires_grad_();
        at::Tensor total = at::zeros({});
        double tokens = 0;
        for (std::int64_t i = 0; i < 3; ++i) {
            const std::int64_t length =
                fixture.corpus.length(around.samples[static_cast<std::size_t>(i)]);
            tokens += static_cast<double>(length);
            const at::Tensor target = around.targets.state(i)[0].narrow(0, 0, length);
            const auto add = [&](const ResidualStream& inputs) {
                const at::Tensor output = plainLayer(plain, 1, inputs.state(i))[0];
                total =
                    total + plainLoss(loss, output.narrow(0, 0, length), target, around.variance);
            };
            add(around.inputs);
            if (loss == RefineLoss::Lillama) add(around.teacherInputs);
        }
        EXPECT_EQ(tokens, 16 + 8 + 16);
        (total / tokens).backward();
        EXPECT_NEAR(value, total.item<double>() / tokens, 1e-5 * std::abs(value));
        ASSERT_EQ(training.optimiser().size(), weights.size());
        for (std::size_t i = 0; i < weights.size(); ++i)
            EXPECT_LT(
                test::relativeError(training.optimiser().gradientSum(i), weights[i].tensor.grad()),
                5e-4)
                << weights[i].name;
    }
}

TEST(DistillBlockTraining, GroupsDoNotChangeTheGradient) {
    RefineFixture fixture;
    const Decoder student = fixture.cut();
    const SecondLayer around(fixture, student);
    std::vector<at::Tensor> gradients;
    for (const std::int64_t group : {1, 3}) {
        BlockTraining training(student, 1, RefineLoss::Mse);
        training.gradients(around.data(), std::vector<std::int64_t>{0, 1, 2}, group);
        gradients.push_back(training.optimiser().gradientSum(0).clone());
    }
    EXPECT_LT(test::relativeError(gradients[1], gradients[0]), 1e-4);
}

TEST(DistillBlockTraining, StoresInTheTypeOfTheStudentAndRestoresItsBits) {
    for (const bool mixed : {false, true}) {
        RefineFixture fixture;
        Decoder student = fixture.cut(at::kBFloat16);
        if (mixed) student.computeDtype = at::kFloat;
        const std::string before = test::weightsSha256(student);
        const SecondLayer around(fixture, student);
        BlockTraining training(student, 1, RefineLoss::Mse);
        EXPECT_EQ(training.optimiser().live(0).scalar_type(), mixed ? at::kFloat : at::kBFloat16);
        training.gradients(around.data(), std::vector<std::int64_t>{0, 1, 2}, 2);
        EXPECT_TRUE(training.apply(1e-2));
        training.store();
        EXPECT_NE(test::weightsSha256(student), before);
        const std::vector<NamedTensor> held = layerParameters(student, 1);
        for (std::size_t i = 0; i < held.size(); ++i) {
            EXPECT_EQ(held[i].tensor.scalar_type(), at::kBFloat16);
            EXPECT_TRUE(at::equal(held[i].tensor, training.optimiser().master(i).to(at::kBFloat16)))
                << held[i].name;
        }
        training.restore();
        EXPECT_EQ(test::weightsSha256(student), before);
    }
}

/// A rise over a tenth, the peak at its end, half the way down in the middle, a tenth at the end.
TEST(DistillBlockTraining, RatesRiseAndEndAtATenth) {
    EXPECT_DOUBLE_EQ(refineRateAt(0, 100, 2), 0.2);
    EXPECT_DOUBLE_EQ(refineRateAt(9, 100, 2), 2);
    EXPECT_NEAR(refineRateAt(54, 100, 2), 2 * 0.55, 1e-12);
    EXPECT_NEAR(refineRateAt(99, 100, 2), 0.2, 1e-12);
    EXPECT_DOUBLE_EQ(refineRateAt(0, 1, 2), 2) << "the only step has the peak";
    for (std::int64_t step = 10; step < 100; ++step)
        EXPECT_LT(refineRateAt(step, 100, 2), refineRateAt(step - 1, 100, 2));
}

TEST(DistillResidualStream, MeasuresEqualBruteForceAndLeaveOutPadding) {
    RefineFixture fixture;
    const Decoder student = fixture.cut();
    ResidualStream stream(student, fixture.corpus, {0, 4}, 2),
        target(fixture.dense, fixture.corpus, {0, 4}, 2);
    EXPECT_EQ(relativeError(stream, target, 1), 0) << "before the first layer they are equal";
    stream.advance(student, 0, 2);
    target.advance(fixture.dense, 0, 2);
    double sum = 0, squares = 0, error = 0, entries = 0;
    for (std::int64_t i = 0; i < 2; ++i)
        for (std::int64_t t = 0; t < (i == 0 ? 16 : 8); ++t)
            for (std::int64_t j = 0; j < 32; ++j, ++entries) {
                const double wanted = target.state(i)[0][t][j].item<double>(),
                             given = stream.state(i)[0][t][j].item<double>();
                sum += wanted, squares += wanted * wanted;
                error += (given - wanted) * (given - wanted);
            }
    const double spread = squares / entries - sum / entries * (sum / entries);
    EXPECT_NEAR(varianceOf(target), spread, 1e-9 * spread);
    EXPECT_NEAR(relativeError(stream, target, spread), error / entries / spread, 1e-9);
    EXPECT_LT(
        test::relativeError(
            stream.state(1),
            student.runLayers(ResidualStream(student, fixture.corpus, {4}, 1).state(0), 0, 2)),
        1e-5)
        << "samples pass together as they do alone";
    const at::Tensor mask = target.mask(std::vector<std::int64_t>{1, 0});
    EXPECT_EQ(mask.sum().item<double>(), 16 + 8);
    EXPECT_EQ(mask[0].narrow(0, 8, 8).sum().item<double>(), 0);
}

}  // namespace skd
