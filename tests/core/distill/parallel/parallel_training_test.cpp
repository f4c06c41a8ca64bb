#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <cmath>

#include "base/files.h"
#include "core/distill/distill_fixture.h"
#include "core/model/parallel/processes.h"
#include "distill/parallel/row_shares.h"
#include "distill/training_step.h"

namespace skd {
namespace {

using ParallelFixture = test::TrainingFixture;

void takeTwentySteps(ParallelFixture& fixture) {
    fixture.spec.steps = 20;
    fixture.spec.batch = 4;
    fixture.spec.learningRate = 2e-3;
}

/// Losses of a training, and its weights' hash; `devices` null: alone.
Result<Json> trained(ParallelFixture& fixture, at::ScalarType type, Communicator* devices) {
    Decoder model = test::trainingStudent(type);
    test::Recorder recorder;
    RunContext context;
    context.sink = &recorder;
    context.seed = 42;
    context.devices = devices;
    DistillEnvironment own = fixture.environment;
    if (devices != nullptr && !devices->leads()) own.checkpointFolder = "/nowhere";
    SKD_TRY(const DistillReport report,
            distill(model, fixture.corpus, fixture.cache, fixture.spec, own, context));
    return Json{{"loss", recorder.metric("kd.loss")}, {"ce", recorder.metric("kd.ce")},
                {"ppl", recorder.metric("ppl.live")}, {"weights", test::weightsSha256(model)},
                {"resumed", report.resumedFrom},      {"best", report.bestStep},
                {"bytes", report.traffic.bytes},      {"nll", fixture.nll(model)}};
}

std::vector<double> numbers(const Json& json) {
    return valuesAs<double>(json).value_or(std::vector<double>());
}

void expectClose(const Json& actual, const Json& expected, double tolerance) {
    const auto a = numbers(actual), b = numbers(expected);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_FALSE(a.empty());
    for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_NEAR(a[i], b[i], tolerance * std::abs(b[i])) << "step " << i;
}

/// All gradients in one row.
std::vector<double> gradientsOf(TrainingStep& step) {
    std::vector<double> values;
    for (std::size_t i = 0; i < step.optimiser().size(); ++i) {
        const at::Tensor sum = step.optimiser().gradientSum(i).to(at::kDouble).contiguous();
        values.insert(values.end(), sum.const_data_ptr<double>(),
                      sum.const_data_ptr<double>() + sum.numel());
    }
    return values;
}

}  // namespace

TEST(DistillTogether, GradientsAreThoseOfOneProcess) {
    ParallelFixture fixture;
    const std::vector<std::int64_t> samples{1, 4, 7, 9, 13};
    Decoder alone = test::trainingStudent(at::kFloat);
    TrainingStep single(alone, fixture.corpus, fixture.cache, fixture.spec);
    const WindowLoss expected = single.gradients(samples).value();
    const std::vector<double> gradient = gradientsOf(single);
    double norm = 0;
    for (const double value : gradient) norm += value * value;
    for (const int size : {2, 3}) {
        const auto ended = test::inProcesses(size, [&](Communicator& devices) -> Result<Json> {
            Decoder model = test::trainingStudent(at::kFloat);
            TrainingStep step(model, fixture.corpus, fixture.cache, fixture.spec,
                              {nullptr, &devices});
            SKD_TRY(const WindowLoss loss, step.gradients(samples));
            const std::vector<double> own = gradientsOf(step);
            double error = 0;
            for (std::size_t i = 0; i < own.size(); ++i) error += std::pow(own[i] - gradient[i], 2);
            return Json{{"distance", std::sqrt(error / norm)},
                        {"ce", loss.ce},
                        {"norm", loss.gradientNorm},
                        {"tokens", loss.tokens}};
        });
        for (const test::Ended& process : ended) {
            ASSERT_EQ(process.exitCode, 0) << process.json.dump();
            EXPECT_LT(process.json["distance"].get<double>(), 1e-6);
            EXPECT_NEAR(process.json["ce"].get<double>(), expected.ce, 1e-9);
            EXPECT_NEAR(process.json["norm"].get<double>(), expected.gradientNorm,
                        1e-6 * expected.gradientNorm);
            EXPECT_EQ(process.json["tokens"], expected.tokens);
        }
    }
}

TEST(DistillTogether, TwentyStepsFollowThoseOfOneProcess) {
    ParallelFixture one;
    takeTwentySteps(one);
    const Json alone = trained(one, at::kFloat, nullptr).value();
    ParallelFixture both;
    takeTwentySteps(both);
    const auto ended = test::inProcesses(
        2, [&](Communicator& devices) { return trained(both, at::kFloat, &devices); });
    for (const test::Ended& process : ended) {
        ASSERT_EQ(process.exitCode, 0) << process.json.dump();
        expectClose(process.json["loss"], alone["loss"], 1e-4);
        expectClose(process.json["ppl"], alone["ppl"], 1e-4);
        EXPECT_EQ(process.json["best"], alone["best"]);
        EXPECT_GT(process.json["bytes"], 0);
    }
    EXPECT_EQ(ended[0].json["weights"], ended[1].json["weights"]);
}

TEST(DistillTogether, TheSameProcessesTwiceHaveTheSameBits) {
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        std::vector<Json> hashes;
        for (int i = 0; i < 2; ++i) {
            ParallelFixture fixture;
            const auto ended = test::inProcesses(
                2, [&](Communicator& devices) { return trained(fixture, type, &devices); });
            for (const test::Ended& process : ended)
                ASSERT_EQ(process.exitCode, 0) << process.json.dump();
            EXPECT_EQ(ended[0].json["weights"], ended[1].json["weights"]);
            hashes.push_back(ended[0].json["weights"]);
        }
        EXPECT_EQ(hashes[0], hashes[1]);
    }
}

TEST(DistillTogether, ATrainingResumesWithAnotherNumberOfProcesses) {
    ParallelFixture straight;
    takeTwentySteps(straight);
    const Json expected = trained(straight, at::kFloat, nullptr).value();
    for (const std::pair<int, int>& sizes : {std::pair(2, 1), std::pair(1, 3), std::pair(3, 2)}) {
        ParallelFixture fixture;
        takeTwentySteps(fixture);
        const auto train = [&](int size, bool isKilled) {
            return test::inProcesses(size, [&](Communicator& devices) -> Result<Json> {
                if (isKilled) {
                    const auto evaluate = fixture.environment.evaluate;
                    fixture.environment.evaluate = [=](const Decoder& model, std::int64_t step) {
                        if (step == 12) ::kill(::getpid(), SIGKILL);
                        return evaluate(model, step);
                    };
                }
                return trained(fixture, at::kFloat, size == 1 ? nullptr : &devices);
            });
        };
        EXPECT_EQ(train(sizes.first, true)[0].exitCode, -SIGKILL);
        const auto ended = train(sizes.second, false);
        for (const test::Ended& process : ended) {
            ASSERT_EQ(process.exitCode, 0) << process.json.dump();
            EXPECT_EQ(process.json["resumed"], 9);
            EXPECT_NEAR(process.json["nll"].get<double>(), expected["nll"].get<double>(), 1e-3);
        }
    }
}

TEST(DistillTogether, AveragedWeightsAndAFoundRateAreThoseOfOneProcess) {
    const auto change = [](ParallelFixture& fixture) {
        fixture.spec.average = 0.5;
        fixture.spec.learningRate = AutoNumber::automatic();
        fixture.spec.rampSteps = 10;
        fixture.spec.batch = 4;
    };
    ParallelFixture one, both;
    change(one);
    change(both);
    const Json alone = trained(one, at::kFloat, nullptr).value();
    const auto ended = test::inProcesses(
        2, [&](Communicator& devices) { return trained(both, at::kFloat, &devices); });
    for (const test::Ended& process : ended) {
        ASSERT_EQ(process.exitCode, 0) << process.json.dump();
        expectClose(process.json["loss"], alone["loss"], 1e-4);
        expectClose(process.json["ppl"], alone["ppl"], 1e-4);
    }
}

TEST(DistillTogether, AKilledProcessEndsTheOther) {
    ParallelFixture fixture;
    fixture.spec.steps = 100000;
    fixture.spec.evalEvery = 0;
    const auto ended = test::inProcesses(2, [&](Communicator& devices) -> Result<Json> {
        if (devices.rank() == 1) ::alarm(2);  // SIGALRM ends it without a word
        return trained(fixture, at::kFloat, &devices);
    });
    EXPECT_EQ(ended[1].exitCode, -SIGALRM);
    ASSERT_TRUE(ended[0].json.contains("error"));
    EXPECT_NE(ended[0].json["error"].get<std::string>().find("rank 1 ("), std::string::npos);
}

TEST(DistillTogether, TheTeachersCacheIsTheSameFiles) {
    ParallelFixture fixture;
    const TeacherCacheKey key = test::keyFor(fixture.corpus);
    const test::TemporaryFolder folder;
    const auto alone =
        buildTeacherCache(fixture.teacher, fixture.corpus, key, folder / "alone", {}).value();
    const auto ended = test::inProcesses(2, [&](Communicator& devices) -> Result<Json> {
        RunContext context;
        context.devices = &devices;
        if (!devices.leads()) {
            SKD_CHECK(makeTeacherShare(fixture.teacher, fixture.corpus, key, context));
            return Json::object();
        }
        SKD_TRY(const TeacherCache made, buildTeacherCache(fixture.teacher, fixture.corpus, key,
                                                           folder / "together", context));
        return Json{{"sha256", made.sha256()}};
    });
    ASSERT_EQ(ended[0].exitCode, 0) << ended[0].json.dump();
    EXPECT_EQ(ended[0].json["sha256"], alone.sha256());
}

TEST(DistillTogether, FewerSamplesThanProcessesAreRefused) {
    ParallelFixture fixture;
    fixture.spec.batch = 1;
    const auto ended = test::inProcesses(
        2, [&](Communicator& devices) { return trained(fixture, at::kFloat, &devices); });
    for (const test::Ended& process : ended)
        EXPECT_NE(process.json["error"].get<std::string>().find("distill.batch"),
                  std::string::npos);
}

TEST(RowShares, CoverEveryRowOnceInEqualParts) {
    const std::vector<at::Tensor> parameters{at::empty({1000, 64}), at::empty({64}),
                                             at::empty({128, 64}), at::empty({128}),
                                             at::empty({3, 5000})};
    std::int64_t total = 0;
    for (const at::Tensor& parameter : parameters) total += parameter.numel();
    for (const int size : {1, 2, 3, 7, 64}) {
        const RowShares shares = shareRows(parameters, size);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            std::int64_t next = 0;
            for (const auto& own : shares) {
                EXPECT_EQ(own[i].first, next);
                EXPECT_GE(own[i].count, 0);
                next += own[i].count;
            }
            EXPECT_EQ(next, parameters[i].size(0));
        }
        for (const auto& own : shares) {
            std::int64_t values = 0;
            for (std::size_t i = 0; i < parameters.size(); ++i)
                values += own[i].count * parameters[i].numel() / parameters[i].size(0);
            EXPECT_NEAR(static_cast<double>(values), static_cast<double>(total) / size, 5001);
        }
    }
}

}  // namespace skd
