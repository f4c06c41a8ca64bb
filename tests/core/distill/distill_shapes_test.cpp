#include <gtest/gtest.h>

#include "core/distill/distill_fixture.h"
#include "distill/trainer.h"
#include "distill/training_step.h"

namespace skd {
namespace {

using Fixture = test::TrainingFixture;

at::Tensor random(std::int64_t rows, std::int64_t columns) {
    return at::randn({rows, columns}) * 0.2;
}

void forEachMatrix(Decoder& decoder, const std::function<void(Linear&)>& visit) {
    for (Linear* linear : decoder.matrices({.mlp = true, .attention = true})) visit(*linear);
}

void mask(Decoder& decoder) {
    forEachMatrix(decoder, [](Linear& linear) {
        const at::Tensor keep = at::rand({linear.rows(), linear.columns()}) > 0.4;
        linear.replace(MaskedWeight{linear.weight() * keep, keep});
    });
}

void factor(Decoder& decoder) {
    for (Linear* linear : decoder.matrices())
        linear->replace(LowRankWeight{random(linear->rows(), 6), random(6, linear->columns())});
}

/// Ranks of one, of a few, and of all rows of the smaller side.
void block(Decoder& decoder) {
    const std::int64_t ranks[] = {1, 6, 64};
    std::size_t turn = 0;
    for (Linear* linear : decoder.matrices()) {
        const std::int64_t most = std::min(linear->rows(), linear->columns());
        const IdentityBlockWeight made =
            test::randomBlock(linear->rows(), linear->columns(), std::min(most, ranks[turn++ % 3]));
        linear->replace(IdentityBlockWeight{made.c, made.b * 0.2, made.order});
    }
}

/// A residual stream that narrows from 64 over 40 and 32 to 24, as SliceGPT leaves it.
void slice(Decoder& decoder) {
    const std::int64_t widths[] = {40, 36, 32, 28, 24};
    decoder.inputProjection = random(40, 64);
    decoder.outputProjection = random(64, 24);
    for (std::size_t i = 0; i < 2; ++i) {
        DecoderLayer& layer = decoder.layers[i];
        const std::int64_t in = widths[2 * i], middle = widths[2 * i + 1], out = widths[2 * i + 2];
        const auto narrow = [](Linear& linear, std::int64_t rows, std::int64_t columns) {
            linear.replace(DenseWeight{random(rows, columns)});
        };
        for (Linear* linear :
             {&layer.attention.query, &layer.attention.key, &layer.attention.value})
            narrow(*linear, linear->rows(), in);
        narrow(layer.attention.output, middle, layer.attention.output.columns());
        for (Linear* linear : {&layer.mlp.gate, &layer.mlp.up})
            narrow(*linear, linear->rows(), middle);
        narrow(layer.mlp.down, out, layer.mlp.down.columns());
        layer.inputNorm = at::ones({in});
        layer.postAttentionNorm = at::ones({middle});
        layer.attentionShortcut = random(middle, in);
        layer.mlpShortcut = random(out, middle);
    }
}

/// An untied head, biases, norms of queries and keys.
void furnish(Decoder& decoder) {
    decoder.config.tiedHead = false;
    decoder.head = random(Fixture::kVocabulary, 64);
    for (DecoderLayer& layer : decoder.layers) {
        Linear& query = layer.attention.query;
        query = Linear(query.name(), query.form(), at::randn({query.rows()}) * 0.1);
        layer.attention.queryNorm = at::ones({16}) + 0.1 * at::randn({16});
        layer.attention.keyNorm = at::ones({16}) + 0.1 * at::randn({16});
    }
}

struct Shape {
    const char* name;
    std::function<void(Decoder&)> change;
};

const Shape kShapes[] = {{"dense", [](Decoder&) {}},
                         {"masked", mask},
                         {"factored", factor},
                         {"identity_block", block},
                         {"sliced", slice},
                         {"dropped", [](Decoder& decoder) { decoder.dropLayers({0}); }},
                         {"gate_up", [](Decoder& decoder) { decoder.fuseGateUp(); }},
                         {"masked_gate_up",
                          [](Decoder& decoder) {
                              decoder.fuseGateUp();
                              mask(decoder);
                          }},
                         {"furnished", furnish}};

Decoder shaped(const Shape& shape, at::ScalarType type) {
    Decoder decoder = test::trainingStudent(at::kFloat);
    at::manual_seed(21);
    shape.change(decoder);
    return decoder.to(at::kCPU, type);
}

class DistillShape : public testing::TestWithParam<Shape> {};

}  // namespace

TEST_P(DistillShape, GradientsEqualAutogradOverTheWholeModel) {
    Fixture fixture;
    fixture.spec.alpha = 0;
    Decoder model = shaped(GetParam(), at::kFloat), reference = model.clone();
    TrainingStep step(model, fixture.corpus, {}, fixture.spec);
    const WindowLoss window = step.gradients(std::vector<std::int64_t>{2}).value();
    reference.visitParameters(
        [](const std::string&, at::Tensor& tensor) { tensor.requires_grad_(); });
    at::Tensor ids = at::empty({1, Fixture::kLength}, at::kLong);
    for (std::int64_t t = 0; t < Fixture::kLength; ++t)
        ids[0][t] =
            static_cast<std::int64_t>(fixture.corpus.sample(2)[static_cast<std::size_t>(t)]);
    const at::Tensor logits = reference.logits(ids.narrow(1, 0, Fixture::kLength - 1)).squeeze(0);
    const at::Tensor loss =
        at::cross_entropy_loss(logits, ids[0].narrow(0, 1, Fixture::kLength - 1));
    loss.backward();
    EXPECT_NEAR(window.ce, loss.item<double>(), 1e-5 * window.ce);
    std::size_t index = 0;
    reference.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        ASSERT_TRUE(tensor.grad().defined()) << name;
        EXPECT_EQ(step.optimiser().name(index), name);
        EXPECT_LT(test::relativeError(step.optimiser().gradientSum(index++), tensor.grad()), 2e-4)
            << name;
    });
    EXPECT_EQ(step.optimiser().size(), index);
}

TEST_P(DistillShape, EveryParameterMovesAndResumesBitExactly) {
    Fixture straight, fixture;
    Decoder start = shaped(GetParam(), at::kBFloat16), expected = start.clone(),
            first = start.clone(), second = start.clone();
    const auto whole = straight.run(expected);
    ASSERT_TRUE(whole) << whole.error().message;
    ASSERT_GT(whole->bestStep, 0);
    ASSERT_TRUE(fixture.run(first, test::StoppingContext(nullptr, 14).context)->cancelled);
    const auto resumed = fixture.run(second);
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
    std::vector<at::Tensor> before;
    start.visitParameters(
        [&](const std::string&, at::Tensor& tensor) { before.push_back(tensor); });
    std::size_t index = 0;
    expected.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        EXPECT_FALSE(at::equal(tensor, before[index++])) << name;
    });
    forEachMatrix(expected, [](Linear& linear) {
        if (const auto* masked = std::get_if<MaskedWeight>(&linear.form())) {
            const at::Tensor held = masked->weight.masked_select(masked->mask.logical_not());
            EXPECT_EQ(held.abs().max().item<double>(), 0) << linear.name();
        }
    });
}

TEST_P(DistillShape, EstimateCoversTheOptimiser) {
    Fixture fixture;
    fixture.spec.microBatch = 1;
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        Decoder model = shaped(GetParam(), type);
        const DistillMemory memory =
            distillMemory(model, fixture.corpus, fixture.spec, fixture.cache);
        TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec);
        ASSERT_TRUE(step.gradients(std::vector<std::int64_t>{0, 1, 2}));
        std::int64_t bytes = 0;
        std::size_t index = 0;
        for (const NamedTensor& tensor : step.optimiser().state())
            if (type == at::kBFloat16 || !tensor.name.ends_with(".master"))
                bytes += static_cast<std::int64_t>(tensor.tensor.nbytes());
        for (; index < step.optimiser().size(); ++index)
            bytes += static_cast<std::int64_t>(step.optimiser().gradientSum(index).nbytes());
        EXPECT_GE(memory.optimiser(), bytes);
        EXPECT_LT(memory.optimiser(), 2 * bytes);
        EXPECT_EQ(memory.teacher, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(All, DistillShape, testing::ValuesIn(kShapes),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(DistillMemory, CountsAnOnlineTeacher) {
    Fixture fixture;
    fixture.spec.loss = KdLoss::Online;
    const Decoder student = test::trainingStudent(at::kBFloat16);
    const DistillMemory alone = distillMemory(student, fixture.corpus, fixture.spec);
    const DistillMemory both =
        distillMemory(student, fixture.corpus, fixture.spec, {fixture.teacher, "t"});
    EXPECT_EQ(both.teacher, fixture.teacher.parameterCount() * 4);
    EXPECT_EQ(both.optimiser(), alone.optimiser());
    EXPECT_GT(both.logits, alone.logits);
    EXPECT_GT(both.activations, alone.activations);
    EXPECT_EQ(both.total(), both.teacher + both.optimiser() + both.activations + both.logits);
}

TEST(DistillMemory, CountsAveragedWeights) {
    Fixture fixture;
    const Decoder student = test::trainingStudent(at::kBFloat16);
    const std::int64_t without = distillMemory(student, fixture.corpus, fixture.spec).optimiser();
    fixture.spec.average = 0.5;
    EXPECT_EQ(distillMemory(student, fixture.corpus, fixture.spec).optimiser() - without,
              4 * student.parameterCount());
}

/// What enters each layer, what leaves the last one, and one layer at work.
TEST(DistillMemory, CheckpointingKeepsTheLayersInputs) {
    Fixture fixture;
    const Decoder student = test::trainingStudent(at::kBFloat16);
    fixture.spec.microBatch = 2;
    const std::int64_t all = distillMemory(student, fixture.corpus, fixture.spec).activations;
    fixture.spec.checkpointActivations = true;
    const auto layers = static_cast<std::int64_t>(student.layers.size());
    const std::int64_t states = (layers + 1) * 2 * Fixture::kLength * student.config.hiddenSize * 2;
    EXPECT_EQ(distillMemory(student, fixture.corpus, fixture.spec).activations,
              all / layers + states);
}

/// Three chunks in f32 beside the logits, and a product of the head's size.
TEST(DistillMemory, CountsTheScratchOfADevice) {
    Fixture fixture;
    DecoderShape shape = shapeOf(test::trainingStudent(at::kBFloat16));
    const DistillMemory host = distillMemory(shape, nullptr, fixture.spec, 2, 24);
    shape.onDevice = true;
    const DistillMemory device = distillMemory(shape, nullptr, fixture.spec, 2, 24);
    const std::int64_t chunk = 2 * 23 * shape.vocabularySize;
    EXPECT_EQ(host.logits, chunk * 2);
    EXPECT_EQ(device.logits, chunk * (2 + 3 * 4) + shape.vocabularySize * shape.hiddenSize * 2);
    // Widened gradients come when activations and logits are gone, which are more here.
    ASSERT_LT(shape.elements * 4, device.activations + device.logits);
    EXPECT_EQ(device.gradients, host.gradients);
    shape.vocabularySize = 8;
    const DistillMemory small = distillMemory(shape, nullptr, fixture.spec, 1, 2);
    const std::int64_t widened = shape.elements * 4 - small.activations - small.logits;
    ASSERT_GT(widened, 0);
    shape.onDevice = false;
    EXPECT_EQ(small.gradients - distillMemory(shape, nullptr, fixture.spec, 1, 2).gradients,
              widened);
    EXPECT_EQ(device.masters, shape.elements * 4);
    EXPECT_EQ(device.moments, shape.elements * 8);
}

TEST(DistillMemory, GrowsWithTheMicroBatch) {
    Fixture fixture;
    const Decoder student = test::trainingStudent(at::kBFloat16);
    fixture.spec.microBatch = 1;
    const DistillMemory one = distillMemory(student, fixture.corpus, fixture.spec);
    fixture.spec.microBatch = 3;
    EXPECT_EQ(distillMemory(student, fixture.corpus, fixture.spec).activations,
              3 * one.activations);
}

TEST(DistillMemory, RefusesWhatDoesNotFitWithTheNumbers) {
    Fixture fixture;
    Decoder student = test::trainingStudent(at::kFloat);
    student.layers[0].config.intermediateSize = std::int64_t{1} << 50;
    const auto report = fixture.run(student);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::OutOfMemory);
    EXPECT_NE(report.error().message.find("are free"), std::string::npos);
}

}  // namespace skd
