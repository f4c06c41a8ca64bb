#include "distill/block_refinement.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

#include "base/random.h"
#include "core/distill/refine_fixture.h"
#include "distill/block_training.h"
#include "distill/memory_shape.h"

namespace skd {
namespace {

using test::RefineFixture;

std::string layerSha256(const Decoder& model, std::size_t layer) {
    Decoder block = model;
    block.layers = {model.layers[layer]};
    return test::weightsSha256(block);
}

/// Mean square of the difference of two models' final hidden states on a corpus.
double finalError(const RefineFixture& fixture, const Decoder& student) {
    double squares = 0;
    for (std::int64_t i = 0; i < fixture.corpus.samples(); ++i) {
        at::Tensor ids = at::empty({1, fixture.corpus.length(i)}, at::kLong);
        for (std::int64_t t = 0; t < fixture.corpus.length(i); ++t)
            ids[0][t] =
                static_cast<std::int64_t>(fixture.corpus.sample(i)[static_cast<std::size_t>(t)]);
        squares += (student.hiddenStates(ids) - fixture.dense.hiddenStates(ids))
                       .square()
                       .sum()
                       .item<double>();
    }
    return squares;
}

}  // namespace

TEST(DistillRefinement, BringsEveryBlockNearerToTheUncutOne) {
    for (const RefineLoss loss : {RefineLoss::Mse, RefineLoss::Lillama}) {
        RefineFixture fixture;
        fixture.spec.loss = loss;
        fixture.spec.passes = 30;
        Decoder student = fixture.cut();
        const double before = finalError(fixture, student);
        const auto report = fixture.run(student);
        ASSERT_TRUE(report) << report.error().message;
        ASSERT_EQ(report->before.size(), RefineFixture::kLayers);
        EXPECT_EQ(report->samples, 12);
        EXPECT_EQ(report->tokens, 10 * 16 + 2 * 8);
        EXPECT_EQ(report->steps, 90);
        EXPECT_EQ(report->unchanged, 0);
        EXPECT_LT(report->after[0], 0.9 * report->before[0]);
        EXPECT_LT(report->meanAfter(), 0.95 * report->meanBefore());
        EXPECT_LT(finalError(fixture, student), before);
        student.visitParameters(
            [](const std::string&, at::Tensor& tensor) { EXPECT_FALSE(tensor.requires_grad()); });
    }
}

/// The second block's error, by the definition: its outputs on what the refined first block gives.
TEST(DistillRefinement, ABlockReadsWhatTheRefinedOnesBeforeItGive) {
    RefineFixture fixture;
    Decoder student = fixture.cut();
    const auto report = fixture.run(student);
    ASSERT_TRUE(report);
    std::vector<std::int64_t> all(12);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    ResidualStream inputs(student, fixture.corpus, all, 1),
        target(fixture.dense, fixture.corpus, all, 1);
    target.advance(fixture.dense, 0, 2);
    ResidualStream cut = inputs;
    const Decoder untrained = fixture.cut();
    inputs.advance(student, 0, 2);
    cut.advance(student, 0, 1);
    cut.advance(untrained, 1, 2);
    const double variance = varianceOf(target);
    EXPECT_NEAR(report->after[1], relativeError(inputs, target, variance), 1e-5);
    EXPECT_NEAR(report->before[1], relativeError(cut, target, variance), 1e-5);
}

TEST(DistillRefinement, BlocksThatGiveTheSameStayBitEqual) {
    RefineFixture fixture;
    test::Recorder recorder;
    Decoder same = fixture.dense.clone();
    const auto none = fixture.run(same, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->before, std::vector<double>(3, 0));
    EXPECT_EQ(none->unchanged, 3);
    EXPECT_TRUE(recorder.metric("refine.loss").empty());
    Decoder dense = fixture.dense.clone();
    EXPECT_EQ(test::weightsSha256(same), test::weightsSha256(dense));

    fixture.environment.folder = fixture.folder / "others";
    Decoder partly = fixture.cut(at::kFloat, 1);
    const std::string first = layerSha256(partly, 0), second = layerSha256(partly, 1);
    const auto report = fixture.run(partly);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->before[0], 0);
    EXPECT_GT(report->before[1], 0);
    EXPECT_EQ(layerSha256(partly, 0), first);
    EXPECT_NE(layerSha256(partly, 1), second);
}

TEST(DistillRefinement, TrainsWhateverFormACutHasGiven) {
    RefineFixture fixture;
    fixture.spec.passes = 10;
    Decoder student = fixture.cut();
    at::manual_seed(5);
    Linear& masked = student.layers[0].mlp.up;
    const at::Tensor weight = fixture.dense.layers[0].mlp.up.weight(),
                     keep = at::rand_like(weight) > 0.4;
    masked.replace(MaskedWeight{weight * keep, keep});
    Linear& block = student.layers[1].mlp.gate;
    block.replace(test::randomBlock(block.rows(), block.columns(), 8));
    const auto report = fixture.run(student);
    ASSERT_TRUE(report) << report.error().message;
    for (std::size_t i = 0; i < 2; ++i) EXPECT_LT(report->after[i], report->before[i]) << i;
    const auto& form = std::get<MaskedWeight>(masked.form());
    EXPECT_FALSE(at::equal(form.weight, weight * keep));
    EXPECT_EQ(form.weight.masked_select(keep.logical_not()).abs().max().item<double>(), 0);
    EXPECT_TRUE(std::holds_alternative<IdentityBlockWeight>(block.form()));
}

TEST(DistillRefinement, ARateThatSpoilsABlockLeavesItAsItWas) {
    RefineFixture fixture;
    fixture.spec.learningRate = 1;
    test::Recorder recorder;
    Decoder student = fixture.cut(), before = fixture.cut();
    const auto report = fixture.run(student, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->unchanged, 3);
    EXPECT_EQ(report->after, report->before);
    EXPECT_EQ(recorder.lines("it keeps its weights"), 3);
    EXPECT_EQ(test::weightsSha256(student), test::weightsSha256(before));
}

TEST(DistillRefinement, SaysWhatItDoesBlockByBlock) {
    RefineFixture fixture;
    fixture.environment.earlierRounds = 1;
    test::Recorder recorder;
    Decoder student = fixture.cut();
    const auto report = fixture.run(student, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report);
    const std::vector<std::int64_t> steps = recorder.stepsOf("refine.loss");
    ASSERT_EQ(steps.size(), 3u * RefineFixture::kSteps);
    for (std::size_t i = 0; i < steps.size(); ++i)
        EXPECT_EQ(steps[i], 3 * RefineFixture::kSteps + static_cast<std::int64_t>(i));
    EXPECT_EQ(recorder.stepsOf("refine.before"), (std::vector<std::int64_t>{3, 4, 5}));
    EXPECT_EQ(recorder.metric("refine.before"), report->before);
    EXPECT_EQ(recorder.metric("refine.after"), report->after);
    const auto last = std::find_if(recorder.events.rbegin(), recorder.events.rend(),
                                   [](const Event& e) { return std::get_if<Progress>(&e); });
    ASSERT_NE(last, recorder.events.rend());
    const Progress& progress = std::get<Progress>(*last);
    EXPECT_EQ(progress.stage, Stage::Refine);
    EXPECT_EQ(progress.done, 3 * RefineFixture::kSteps);
    EXPECT_EQ(progress.total, 3 * RefineFixture::kSteps);
}

TEST(DistillRefinement, ResumesBitExactlyAfterCancelling) {
    for (const bool mixed : {false, true})
        for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
            if (mixed && type == at::kFloat) continue;
            const auto model = [&](const RefineFixture& fixture) {
                Decoder student = fixture.cut(type);
                if (mixed) student.computeDtype = at::kFloat;
                return student;
            };
            RefineFixture straight;
            Decoder expected = model(straight);
            const auto whole = straight.run(expected);
            ASSERT_TRUE(whole) << whole.error().message;
            // A look at the stop token before a block and before each of its steps.
            for (const int polls : {0, 7, 13, 30}) {
                RefineFixture fixture;
                Decoder first = model(fixture), second = model(fixture);
                const test::StoppingContext stopping(nullptr, polls);
                const auto cancelled = fixture.run(first, stopping.context);
                ASSERT_TRUE(cancelled);
                EXPECT_TRUE(cancelled->cancelled);
                EXPECT_EQ(cancelled->after.size(), static_cast<std::size_t>(polls / 13));
                test::Recorder recorder;
                const auto resumed = fixture.run(second, test::StoppingContext(&recorder).context);
                ASSERT_TRUE(resumed);
                EXPECT_EQ(resumed->resumedBlocks, polls / 13);
                EXPECT_EQ(resumed->before, whole->before);
                EXPECT_EQ(resumed->after, whole->after);
                EXPECT_EQ(recorder.metric("refine.after").size(),
                          static_cast<std::size_t>(3 - polls / 13));
                EXPECT_EQ(test::weightsSha256(second), test::weightsSha256(expected));
            }
        }
}

TEST(DistillRefinement, ResumesBitExactlyAfterKill) {
    RefineFixture straight, fixture;
    for (RefineFixture* each : {&straight, &fixture}) each->spec.passes = 12;
    Decoder expected = straight.cut(at::kBFloat16);
    ASSERT_TRUE(straight.run(expected));
    const CounterRandom random(7, 3);
    int kills = 0;
    for (std::uint64_t attempt = 0; attempt < 12; ++attempt) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            Decoder model = fixture.cut(at::kBFloat16);
            ::_exit(fixture.run(model) ? 0 : 1);
        }
        std::this_thread::sleep_for(
            std::chrono::milliseconds(attempt == 0 ? 3 : 10 + random.below(attempt, 110)));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) {
            ASSERT_EQ(WEXITSTATUS(status), 0);
            break;
        }
        ++kills;
    }
    Decoder model = fixture.cut(at::kBFloat16);
    ASSERT_TRUE(fixture.run(model));
    EXPECT_GT(kills, 0);
    EXPECT_EQ(test::weightsSha256(model), test::weightsSha256(expected));
}

TEST(DistillRefinement, DamagedAndForeignBlocksAreRefinedAgain) {
    RefineFixture fixture;
    Decoder expected = fixture.cut(), damaged = fixture.cut(), foreign = fixture.cut();
    ASSERT_TRUE(fixture.run(expected));
    const auto part = fixture.environment.folder / "part-1" / "tensors.safetensors";
    std::filesystem::resize_file(part, std::filesystem::file_size(part) - 1);
    test::Recorder recorder;
    const auto report = fixture.run(damaged, test::StoppingContext(&recorder).context);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->resumedBlocks, 2);
    EXPECT_EQ(recorder.lines("the refined block 1 is damaged"), 1);
    EXPECT_EQ(test::weightsSha256(damaged), test::weightsSha256(expected));
    fixture.environment.specSha256 = "another";
    const auto again = fixture.run(foreign);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->resumedBlocks, 0);
    EXPECT_EQ(test::weightsSha256(foreign), test::weightsSha256(expected));
}

TEST(DistillRefinement, ADroppedLayerIsMadeUpForByTheOneBefore) {
    const Decoder five = test::tinyDecoder(1, {.layers = 5});
    const auto without = [&](const std::vector<std::size_t>& dropped) {
        Decoder student = five.clone();
        student.dropLayers(dropped);
        return referenceEnds(student, five);
    };
    EXPECT_EQ(referenceEnds(five, five), (std::vector<std::size_t>{1, 2, 3, 4, 5}));
    EXPECT_EQ(without({1, 4}), (std::vector<std::size_t>{2, 3, 5}));
    EXPECT_EQ(without({0, 2}), (std::vector<std::size_t>{3, 4, 5}));
    Decoder dropped = five.clone(), more = five.clone();
    dropped.dropLayers({1});
    more.dropLayers({1, 3});
    EXPECT_EQ(referenceEnds(more, dropped), (std::vector<std::size_t>{1, 3, 4}))
        << "a reference that lacks layers itself";

    RefineFixture fixture;
    fixture.spec.passes = 10;
    Decoder student = fixture.dense.clone();
    student.dropLayers({1});
    const auto report = fixture.run(student);
    ASSERT_TRUE(report);
    ASSERT_EQ(report->before.size(), 2u);
    EXPECT_LT(report->after[0], report->before[0]);
}

TEST(DistillRefinement, RefusesAStreamOfAnotherWidth) {
    RefineFixture fixture;
    fixture.dense = test::tinyDecoder(3, {.hidden = 16, .layers = 3, .headDim = 4});
    Decoder student = test::tinyDecoder(3, {.layers = 3});
    const auto report = fixture.run(student);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(report.error().message.find("stream of 32, the uncut model's has 16"),
              std::string::npos)
        << report.error().message;
}

TEST(DistillRefinement, RefusesWhatDoesNotFitWithTheNumbers) {
    RefineFixture fixture;
    Decoder student = fixture.cut();
    student.layers[0].config.intermediateSize = std::int64_t{1} << 50;
    const auto report = fixture.run(student);
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::OutOfMemory);
    EXPECT_NE(report.error().message.find("are free"), std::string::npos);
}

/// Streams before a block of both models and behind it; one block's optimiser.
TEST(DistillMemoryShape, CountsRefinement) {
    DecoderShape shape;
    shape.elements = 1000 + 40;
    shape.vocabularySize = 10;
    shape.hiddenSize = 4;
    shape.heads = 2;
    shape.layers.resize(5);
    RefineSpec spec;
    const RefineMemory memory = refineMemory(shape, spec, 100, 16);
    EXPECT_EQ(memory.streams, 3 * 100 * 16 * 4 * 2);
    EXPECT_EQ(memory.optimiser, 200 * (3 * 2 + 16));
    EXPECT_EQ(memory.total(), memory.streams + memory.optimiser + memory.activations);
    spec.loss = RefineLoss::Lillama;
    EXPECT_EQ(refineMemory(shape, spec, 100, 16).streams, 4 * 100 * 16 * 4 * 2);
}

}  // namespace skd
