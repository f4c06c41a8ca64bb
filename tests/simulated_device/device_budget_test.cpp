#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>

#include "base/text.h"
#include "core/distill/elastic_fixture.h"
#include "core/prune/direct_fixture.h"
#include "distill/memory_estimate.h"
#include "distill/training_step.h"
#include "eval/perplexity.h"
#include "model/generation.h"
#include "prune/svd/statistics.h"
#include "simulated_device/device_fixture.h"

/// What stages may cost on a device: copies, launches, bytes. Prints a table.
namespace skd::test {
namespace {

using simulated::Ledger;
using simulated::Recording;

class DeviceBudget : public DeviceTest {
protected:
    static void SetUpTestSuite() { std::cout << "budget | value | at most\n"; }

    static void expectWithin(const std::string& budget, double value, double limit) {
        std::cout << budget << " | " << value << " | " << limit << "\n";
        EXPECT_LE(value, limit) << budget;
    }
};

/// Long enough that heads x T x T is larger than anything else.
constexpr std::int64_t kLayers = 4, kLength = 129, kHeads = 4, kSamples = 4;

/// What one step of distillation costs.
struct StepCost {
    Ledger gradients, update;
    double peak = 0, estimate = 0;  ///< bytes beyond the weights

    /// Of the peak from the estimate, in per cent.
    [[nodiscard]] double distance() const { return 100 * std::abs(peak / estimate - 1); }
};

StepCost stepCost(std::int64_t layers, std::int64_t vocabulary = 64) {
    const OneThread oneThread;
    const TemporaryFolder folder;
    const Corpus corpus = randomCorpus(8, kLength, vocabulary);
    const TinyShape shape{.vocabulary = vocabulary, .layers = layers, .heads = kHeads};
    const Decoder teacher = tinyDecoder(3, shape);
    const TeacherCache cache =
        buildTeacherCache(teacher, corpus, keyFor(corpus, 16), folder / "teacher", {}).value();
    Decoder student = tinyDecoder(7, shape).to(simulated::device(), at::kBFloat16);
    DistillSpec spec;
    spec.batch = spec.microBatch = kSamples;
    Recording recording;
    TrainingStep step(student, corpus, cache, spec);
    StepCost cost;
    const std::vector<std::int64_t> samples{0, 1, 2, 3};
    const auto first = step.gradients(samples);  // what is made once is made here
    EXPECT_TRUE(first) << first.error().message;
    step.apply(*first, 1e-3);
    const Ledger beginning = recording.stop();
    Recording gradients;
    const auto loss = step.gradients(samples);
    cost.gradients = gradients.stop();
    Recording update;
    step.apply(*loss, 1e-3);
    cost.update = update.stop();
    cost.peak = static_cast<double>(
        std::max({beginning.peak, cost.gradients.peak, cost.update.peak}) - beginning.heldBefore);
    cost.estimate = static_cast<double>(distillMemory(student, corpus, spec, cache).total());
    return cost;
}

TEST_F(DeviceBudget, AStepOfDistillation) {
    const StepCost cost = stepCost(kLayers), shallow = stepCost(kLayers / 2);
    expectNoMoreThanBefore("kd-gradients", cost.gradients);
    expectNoMoreThanBefore("kd-update", cost.update);
    const auto launches =
        static_cast<double>(cost.gradients.launchCount() + cost.update.launchCount());
    expectWithin("kd: copies to the host a step",
                 static_cast<double>(cost.gradients.toHost.count + cost.update.toHost.count), 2);
    expectWithin("kd: launches a step", launches, 80.0 * kLayers);
    expectWithin(
        "kd: launches against 0.1.0", launches,
        0.6 * static_cast<double>(costBefore("kd-gradients").value_or(StageCost()).launches +
                                  costBefore("kd-update").value_or(StageCost()).launches));
    expectWithin("kd: launches of the optimiser, twice the layers against once",
                 static_cast<double>(cost.update.launchCount() - shallow.update.launchCount()), 0);
    // Of attention's probabilities in bf16, the smaller of its two forms.
    expectWithin("kd: largest tensor in bytes, against heads x T x T",
                 static_cast<double>(cost.gradients.largest),
                 2.0 * kSamples * kHeads * (kLength - 1) * (kLength - 1) - 1);
    expectWithin("kd: peak memory's distance from the estimate in per cent", cost.distance(), 10);
}

/// A second step's gradients, in passes of one sample.
Ledger secondGradients(Decoder& student, const ElasticFixture& fixture, ElasticSizes* sizes) {
    DistillSpec spec = fixture.spec;
    spec.microBatch = 1;
    TrainingStep step(student, fixture.corpus, fixture.cache, spec, sizes);
    const std::vector<std::int64_t> samples{0, 1, 2, 3};
    step.begin(1);
    const auto first = step.gradients(samples);  // what is made once is made here
    EXPECT_TRUE(first) << first.error().message;
    step.apply(*first, 1e-3);
    Recording recording;
    step.begin(2);
    EXPECT_TRUE(step.gradients(samples));
    return recording.stop();
}

/// Sizes are numbers: a step of four of them copies what four passes of one size copy, and brings
/// all of its figures to the host at once.
TEST_F(DeviceBudget, AStepOfAnElasticStudent) {
    ElasticFixture fixture;
    ElasticSizes sizes(fixture.training);
    Decoder elastic = fixture.student().to(simulated::device(), at::kBFloat16),
            plain = trainingStudent(at::kFloat).to(simulated::device(), at::kBFloat16);
    const Ledger own = secondGradients(elastic, fixture, &sizes),
                 other = secondGradients(plain, fixture, nullptr);
    expectWithin("elastic kd: copies to the host a step, against one size",
                 static_cast<double>(own.toHost.count), static_cast<double>(other.toHost.count));
    expectWithin("elastic kd: copies to the host a step", static_cast<double>(own.toHost.count), 2);
    expectWithin("elastic kd: copies to the device a step, against one size",
                 static_cast<double>(own.toDevice.count),
                 static_cast<double>(other.toDevice.count));
}

/// Chunks of logits are what memory holds most of.
TEST_F(DeviceBudget, TheHeadOfAWideVocabulary) {
    const StepCost cost = stepCost(1, 8192);
    expectNoMoreThanBefore("kd-wide-vocabulary", cost.gradients);
    expectWithin("kd, wide vocabulary: peak memory's distance from the estimate in per cent",
                 cost.distance(), 10);
}

TEST_F(DeviceBudget, EvaluationOfABatchOfWindows) {
    const Decoder model = tinyDecoder(5).to(simulated::device(), at::kBFloat16);
    EvalText text;
    for (std::int64_t i = 0; i < 512; ++i) text.ids.push_back(static_cast<TokenId>(i * 7 % 64));
    Recording recording;
    const auto report = perplexity(model, text, {Protocol::NonOverlap2048, 64, 64, false}, {});
    const Ledger ledger = recording.stop();
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->windowNll.size(), 8u);
    expectNoMoreThanBefore("evaluate", ledger);
    // 512 tokens are fewer than any batch that fills a device.
    expectWithin("evaluate: copies to the host a batch", static_cast<double>(ledger.toHost.count),
                 1);
    expectWithin("evaluate: copies to the device a batch",
                 static_cast<double>(ledger.toDevice.count),
                 2);  // ids and labels
    expectWithin("evaluate: launches a batch", static_cast<double>(ledger.launchCount()), 80.0 * 2);
}

TEST_F(DeviceBudget, TeacherCache) {
    const OneThread oneThread;
    const TemporaryFolder folder;
    const Corpus corpus = randomCorpus(8, 64, 64);
    const Decoder teacher = tinyDecoder(3).to(simulated::device(), at::kBFloat16);
    Recording recording;
    const auto cache = buildTeacherCache(teacher, corpus, keyFor(corpus, 16), folder / "t", {});
    const Ledger ledger = recording.stop();
    ASSERT_TRUE(cache) << cache.error().message;
    expectNoMoreThanBefore("teacher-cache", ledger);
    // A batch is one sample at the least.
    expectWithin("teacher cache: copies to the host a sample",
                 static_cast<double>(ledger.toHost.count) / 8, 1);
}

TEST_F(DeviceBudget, CalibrationSums) {
    const Decoder model = tinyDecoder(9).to(simulated::device(), at::kBFloat16);
    const CalibrationSet set = tinyCalibration();
    Recording recording;
    ASSERT_TRUE(collectGrams(model, set, {}, {{true, true}, InputStatistic::Gram, {}}));
    const Ledger grams = recording.stop();
    expectNoMoreThanBefore("gram", grams);
    expectWithin("gram: copies to the host", static_cast<double>(grams.toHost.count), 2 * 4);
    Recording again;
    ASSERT_TRUE(collectOutputFisher(model, set, {.clip = 8}, {}));
    const Ledger fisher = again.stop();
    expectNoMoreThanBefore("fisher", fisher);
    expectWithin("fisher: copies to the host", static_cast<double>(fisher.toHost.count), 2 * 3);
    Recording together;
    ASSERT_TRUE(collectStatistics(
        model, {&set, {kAllMatrices, InputStatistic::Gram, {}}, &set, {.clip = 8}}, {}));
    const Ledger both = together.stop();
    // A sequence is uploaded once, and no forward pass is made again.
    EXPECT_LE(both.toDevice.count + static_cast<std::int64_t>(set.sequences.size()),
              grams.toDevice.count + fisher.toDevice.count);
    EXPECT_LE(both.toHost.count, grams.toHost.count + fisher.toHost.count);
    EXPECT_LT(both.launchCount(), grams.launchCount() * 2 / 3 + fisher.launchCount());
}

TEST_F(DeviceBudget, DecodingABatchOfTokens) {
    const Decoder model = tinyDecoder(6).to(simulated::device(), at::kBFloat16);
    Generator generator(model, 64);
    const at::Tensor logits = generator.feed(at::arange(24, at::kLong).view({3, 8}));
    GenerationOptions options;
    options.tokens = 9;
    Recording recording;
    ASSERT_TRUE(continueText(generator, logits, options));
    const Ledger ledger = recording.stop();
    expectNoMoreThanBefore("decode", ledger);
    expectWithin("decode: copies to the host a batch of tokens",
                 static_cast<double>(ledger.toHost.count) / 9, 1);
    expectWithin("decode: copies to the device a batch of tokens",
                 static_cast<double>(ledger.toDevice.count) / 8, 1);
}

}  // namespace
}  // namespace skd::test
