// An elastic student through the trainer.
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/distill/elastic_fixture.h"
#include "results/elastic_summary.h"

namespace skd::test {
namespace {

using Weights = std::map<std::string, at::Tensor>;

Weights copyOf(const Decoder& model) {
    Decoder walk = model;
    Weights weights;
    walk.visitParameters([&](const std::string& name, at::Tensor& tensor) {
        weights[name] = tensor.detach().clone();
    });
    return weights;
}

/// The components that a size uses.
std::int64_t partOf(const MatrixRanks& ranks, const ElasticWeight& weight, const Linear& matrix) {
    const std::int64_t rank = ranks.at(matrix.name());
    return rank == 0 ? weight.cap() : rank;
}

TEST(ElasticTraining, MeasuresTheSelectionNodeAndTheOthersInTurn) {
    ElasticFixture fixture;
    fixture.spec.evalEvery = 1;
    Recorder events;
    Decoder model = fixture.student();
    const auto report = fixture.train(model, StoppingContext(&events).context);
    ASSERT_TRUE(report) << report.error().message;
    std::vector<std::int64_t> all(13);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(events.stepsOf("ppl.live"), all);
    EXPECT_EQ(events.stepsOf("ppl.live@40"), all);
    EXPECT_EQ(events.metric("ppl.live"), events.metric("ppl.live@40"));
    // In turn; all of them at 3, 6 and 12 of 12 steps.
    EXPECT_EQ(events.stepsOf("ppl.live@30"), (std::vector<std::int64_t>{0, 3, 6, 9, 12}));
    EXPECT_EQ(events.stepsOf("ppl.live@50"), (std::vector<std::int64_t>{1, 3, 4, 6, 7, 10, 12}));
    EXPECT_EQ(events.stepsOf("ppl.live@70"), (std::vector<std::int64_t>{2, 3, 5, 6, 8, 11, 12}));
    // One choice for all sizes, by the mean of the logarithms.
    double best = HUGE_VAL;
    for (const std::int64_t step : {3, 6, 12}) {
        double mean = 0;
        for (const double node : fixture.training.nodes) {
            const std::string name = metricAt("ppl.live", node);
            const auto steps = events.stepsOf(name);
            const auto at = std::ranges::find(steps, step) - steps.begin();
            mean += std::log(events.metric(name)[static_cast<std::size_t>(at)]) / 4;
        }
        if (mean < best) {
            best = mean;
            EXPECT_LE(step, report->bestStep);
        }
    }
    EXPECT_NEAR(report->bestPerplexity, std::exp(best), 1e-9 * std::exp(best));
    ASSERT_EQ(report->nodePerplexities.size(), 4u);
    EXPECT_EQ(ranksInUse(model), rankCaps(model)) << "the largest size, in the end";
    for (std::size_t i = 0; i < 4; ++i) {
        ASSERT_TRUE(useSize(model, fixture.training.path, fixture.training.nodes[i]));
        EXPECT_NEAR(fixture.nll(model), report->nodePerplexities[i], 1e-6);
    }
}

TEST(ElasticTraining, RecordsLossesByBinAndTheCosine) {
    ElasticFixture fixture;
    Recorder events;
    Decoder model = fixture.student();
    ASSERT_TRUE(fixture.train(model, StoppingContext(&events).context));
    EXPECT_EQ(events.metric("elastic.kl@30").size(), 12u) << "the largest size is in every step";
    EXPECT_EQ(events.metric("elastic.ce@70").size(), 12u) << "and the smallest";
    EXPECT_EQ(events.metric("elastic.weight@30").size(), 12u);
    EXPECT_EQ(events.stepsOf("elastic.cosine"), std::vector<std::int64_t>{0});
    EXPECT_EQ(events.metric("kd.kl").size(), 12u);
}

/// Every size is trained: what the run ends with is better than what it began with at all nodes.
TEST(ElasticTraining, ImprovesEverySize) {
    ElasticFixture fixture;
    Decoder model = fixture.student();
    std::vector<double> before;
    for (const double node : fixture.training.nodes) {
        ASSERT_TRUE(useSize(model, fixture.training.path, node));
        before.push_back(fixture.nll(model));
    }
    const auto report = fixture.train(model);
    ASSERT_TRUE(report) << report.error().message;
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_LT(report->nodePerplexities.at(i), before[i]) << fixture.training.nodes[i];
}

/// A path whose only step adds a component that is zero and stays so has one size: it is trained as
/// the factored student with the same factors, to the rounding of products in another layout.
TEST(ElasticTraining, OneSizeTrainsAsTheFactoredStudent) {
    ElasticFixture fixture;
    fixture.spec.learningRate = 1e-3;
    fixture.spec.batch = fixture.training.rule.slots = 2;
    fixture.spec.weightDecay = 0;
    fixture.training.weights = ElasticWeights::Equal;
    const NestedPath whole = fixture.training.path;
    const double removed = whole.removedAt(whole.cost(whole.steps() - 1));
    fixture.training.path = tinyPath(trainingStudent(at::kFloat), 0.3, removed - 1e-9);
    const NestedPath& path = fixture.training.path;
    ASSERT_EQ(path.steps(), 1u);
    fixture.training.nodes = {0.3};
    fixture.training.selection = 0.3;
    const MatrixRanks small = namedRanks(path, path.ranksAt(0));
    Decoder elastic =
                withComponents(trainingStudent(at::kFloat), namedRanks(path, path.components())),
            factored = elastic.clone();
    {
        const c10::NoGradGuard noGradient;
        for (Linear* matrix : elastic.matrices()) {
            if (matrix->elastic() == nullptr) continue;
            const ElasticWeight& weight = *matrix->elastic();
            const std::int64_t rank = partOf(small, weight, *matrix), idle = weight.cap() - rank;
            if (idle == 0) continue;
            weight.a.narrow(0, rank, idle).zero_();
            weight.b.narrow(0, rank, idle).zero_();
        }
        for (Linear* matrix : factored.matrices()) {
            if (matrix->elastic() == nullptr) continue;
            const ElasticWeight weight = *matrix->elastic();
            const std::int64_t rank = partOf(small, weight, *matrix);
            matrix->replace(LowRankWeight{weight.a.narrow(0, 0, rank).t().contiguous(),
                                          weight.b.narrow(0, 0, rank).contiguous()});
        }
    }
    Recorder own, other;
    ASSERT_TRUE(fixture.train(elastic, StoppingContext(&own).context));
    fixture.environment.elastic = nullptr;
    fixture.environment.checkpointFolder = fixture.folder / "factored";
    ASSERT_TRUE(fixture.train(factored, StoppingContext(&other).context));
    const auto mine = own.metric("kd.loss"), theirs = other.metric("kd.loss");
    ASSERT_EQ(mine.size(), theirs.size());
    for (std::size_t i = 0; i < mine.size(); ++i)
        EXPECT_NEAR(mine[i], theirs[i], 1e-4 * theirs[i]) << "step " << i;
}

/// Factor by factor: the slice of the mean is the mean of the slices.
TEST(ElasticTraining, ASliceOfTheMeanIsTheMeanOfSlices) {
    std::map<std::int64_t, Weights> seen;
    Weights averaged;
    for (const double average : {0.0, 0.5}) {
        ElasticFixture fixture;
        fixture.spec.average = average;
        fixture.spec.evalEvery = 1;
        Decoder model = fixture.student();
        fixture.environment.evaluate = [&](const Decoder& now, std::int64_t step) {
            if (average == 0) seen[step] = copyOf(now);
            return Result<double>(100.0 - static_cast<double>(step));
        };
        ASSERT_TRUE(fixture.train(model));
        ASSERT_TRUE(useSize(model, fixture.training.path, 0.5));
        const MatrixRanks ranks = ranksInUse(model);
        if (average > 0) averaged = copyOf(sliced(model, ranks, SliceForm::Elastic).value().model);
    }
    for (const auto& [name, slice] : averaged) {
        at::Tensor mean = at::zeros_like(slice, at::kDouble);
        for (std::int64_t step = 7; step <= 12; ++step)
            mean += seen.at(step).at(name).narrow(0, 0, slice.size(0)).to(at::kDouble) / 6;
        EXPECT_LT((slice.to(at::kDouble) - mean).abs().max().item<double>(), 1e-6) << name;
    }
}

/// Killed in the first step, in an evaluation, while weights are averaged: the same bits.
TEST(ElasticTraining, ResumesBitExactly) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const auto configure = [](ElasticFixture& fixture) {
            fixture.spec.average = 0.5;
            fixture.spec.evalEvery = 2;
        };
        ElasticFixture straight;
        configure(straight);
        Decoder expected = straight.student(type);
        Recorder whole;
        const auto report = straight.train(expected, StoppingContext(&whole).context);
        ASSERT_TRUE(report) << report.error().message;
        for (const int polls : {1, 3, 9, 17, 26, 34, 43}) {
            ElasticFixture fixture;
            configure(fixture);
            Decoder first = fixture.student(type), second = fixture.student(type);
            Recorder begun, rest;
            const auto cancelled = fixture.train(first, StoppingContext(&begun, polls).context);
            ASSERT_TRUE(cancelled) << cancelled.error().message;
            const auto resumed = fixture.train(second, StoppingContext(&rest).context);
            ASSERT_TRUE(resumed) << resumed.error().message;
            EXPECT_EQ(resumed->bestStep, report->bestStep);
            EXPECT_EQ(resumed->nodePerplexities, report->nodePerplexities);
            EXPECT_EQ(weightsSha256(second), weightsSha256(expected)) << polls << " polls";
            std::vector<double> losses = begun.metric("kd.loss");
            const std::vector<double> later = rest.metric("kd.loss");
            losses.insert(losses.end(), later.begin(), later.end());
            EXPECT_EQ(losses, whole.metric("kd.loss")) << polls << " polls";
        }
    }
}

TEST(ElasticTraining, RefusesToContinueOnAnotherPath) {
    ElasticFixture fixture;
    Decoder model = fixture.student();
    const auto cancelled = fixture.train(model, StoppingContext(nullptr, 12).context);
    ASSERT_TRUE(cancelled && cancelled->cancelled);
    const std::string before = fixture.training.path.sha256();
    Decoder other = fixture.student();
    fixture.training.path = tinyPath(trainingStudent(at::kFloat), 0.3, 0.7, 0.06);
    const auto refused = fixture.train(other);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(refused.error().message.find(before), std::string::npos);
    EXPECT_NE(refused.error().message.find(fixture.training.path.sha256()), std::string::npos);
}

TEST(ElasticTraining, ADamagedStateIsRefused) {
    ElasticFixture fixture;
    ElasticSizes sizes(fixture.training);
    const Json good = sizes.toJson();
    ASSERT_TRUE(sizes.restore(good));
    for (const char* part : {"/path_sha256", "/weights", "/weights/kl"}) {
        Json bad = good;
        bad[Json::json_pointer(part)] = 3;
        const Status refused = sizes.restore(bad);
        ASSERT_FALSE(refused) << part;
        EXPECT_EQ(refused.error().code, ErrorCode::Corrupt) << part;
    }
}

}  // namespace
}  // namespace skd::test
