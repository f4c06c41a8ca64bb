#include <gtest/gtest.h>

#include <cmath>

#include "core/model/tiny_model.h"
#include "eval/profile/flops.h"
#include "eval/profile/profile.h"
#include "eval/profile/profile_summary.h"

namespace skd::test {
namespace {

/// Large enough that what is between operators is small beside them.
constexpr TinyShape kMiddle{.vocabulary = 4096,
                            .hidden = 256,
                            .intermediate = 1024,
                            .layers = 3,
                            .heads = 4,
                            .keyValueHeads = 2,
                            .headDim = 64};

void factorMlp(Decoder& model, std::int64_t rank) {
    for (Linear* linear : model.matrices())
        linear->replace(LowRankWeight{at::randn({linear->rows(), rank}) * 0.05,
                                      at::randn({rank, linear->columns()}) * 0.05});
}

ProfileReport profile(const std::vector<const Decoder*>& models, std::int64_t batch,
                      std::int64_t length, std::int64_t rounds) {
    const auto report =
        measureProfile(models, {.batch = batch, .length = length, .rounds = rounds}, RunContext{});
    EXPECT_TRUE(report) << report.error().message;
    return report.value_or(ProfileReport{});
}

TEST(ProfileFlops, EqualAHandCount) {
    Decoder model = tinyDecoder(1, {.vocabulary = 64,
                                    .hidden = 32,
                                    .intermediate = 48,
                                    .layers = 2,
                                    .heads = 4,
                                    .keyValueHeads = 2,
                                    .headDim = 8});
    const std::map<Module, double> flops = forwardFlops(model, 3, 5);
    const double tokens = 15;
    EXPECT_EQ(flops.at(Module::MlpGate), 2 * tokens * 2 * 32 * 48);
    EXPECT_EQ(flops.at(Module::MlpUp), 2 * tokens * 2 * 32 * 48);
    EXPECT_EQ(flops.at(Module::MlpDown), 2 * tokens * 2 * 32 * 48);
    EXPECT_EQ(flops.at(Module::AttentionQuery), 2 * tokens * 2 * 32 * 32);
    EXPECT_EQ(flops.at(Module::AttentionKey), 2 * tokens * 2 * 32 * 16);
    EXPECT_EQ(flops.at(Module::AttentionOutput), 2 * tokens * 2 * 32 * 32);
    EXPECT_EQ(flops.at(Module::Attention),
              2.0 * 3 * 4 * (1 + 2 + 3 + 4 + 5) * 4 *
                  8);  // layers, texts, heads, pairs, two products of 8
    EXPECT_EQ(flops.at(Module::Head), tokens * 2 * 32 * 64);
    EXPECT_FALSE(flops.contains(Module::Norm));
    EXPECT_FALSE(flops.contains(Module::MlpGateUp));

    factorMlp(model, 6);
    model.layers[0].config.slidingWindow = 2;
    const std::map<Module, double> factored = forwardFlops(model, 3, 5);
    EXPECT_EQ(factored.at(Module::MlpDown), 2 * tokens * 2 * 6 * (32 + 48));
    EXPECT_EQ(factored.at(Module::Attention), 3.0 * 4 * ((1 + 2 + 2 + 2 + 2) + 15) * 4 * 8);
}

TEST(ProfileFlops, FusedGateUpCountsAsItsHalves) {
    Decoder model = tinyDecoder(1), fused = model.clone();
    ASSERT_TRUE(fused.fuseGateUp());
    const auto apart = forwardFlops(model, 1, 7), together = forwardFlops(fused, 1, 7);
    EXPECT_EQ(together.at(Module::MlpGateUp), apart.at(Module::MlpGate) + apart.at(Module::MlpUp));
    EXPECT_FALSE(together.contains(Module::MlpGate));
}

TEST(ProfileModel, NamesWhereTheTimeGoes) {
    const Decoder model = tinyDecoder(3, kMiddle);
    // Another program that takes the cores between two operators adds to the gaps, so a few
    // attempts.
    ProfileReport report = profile({&model}, 2, 256, 5);
    ASSERT_EQ(report.models.size(), 1u);
    for (int more = 0; more < 10 && report.models[0].attributed < 0.97; ++more)
        report = profile({&model}, 2, 256, 5);
    const ModelProfile& result = report.models[0];
    EXPECT_GE(result.attributed, 0.97);
    double total = 0, share = 0, operators = 0;
    std::map<Module, std::int64_t> calls;
    for (const ModuleTime& time : result.modules) {
        total += time.seconds;
        share += time.share;
        calls[time.module] = time.calls;
    }
    for (const OperatorTime& time : result.operators) operators += time.seconds;
    const ProfileRecord& outermost = result.timeline.front();
    EXPECT_NEAR(total, static_cast<double>(outermost.endNs - outermost.beginNs) / 1e9, 1e-9);
    EXPECT_GT(total, result.wall.median / 2);
    EXPECT_LT(total, result.wall.median * 2);
    EXPECT_NEAR(operators, total, 1e-9);
    EXPECT_NEAR(share, 1, 1e-9);
    for (const Module module :
         {Module::MlpGate, Module::MlpUp, Module::MlpDown, Module::AttentionQuery,
          Module::AttentionKey, Module::AttentionValue, Module::AttentionOutput, Module::Attention,
          Module::Activation})
        EXPECT_EQ(calls[module], 3) << enumName(module);
    EXPECT_EQ(calls[Module::Norm], 7);
    EXPECT_EQ(calls[Module::Residual], 6);
    EXPECT_EQ(calls[Module::Head], 2);       // 512 tokens in chunks of 256
    EXPECT_EQ(calls[Module::Embedding], 2);  // rows, and their way into the first layer
}

TEST(ProfileModel, ComparisonFollowsFromSharesAndFlops) {
    const Decoder dense = tinyDecoder(3, kMiddle);
    Decoder student = dense.clone();
    factorMlp(student, 64);
    const ProfileReport report = profile({&dense, &student}, 1, 256, 3);
    ASSERT_EQ(report.models.size(), 2u);
    const ProfileComparison self = report.models[0].comparison, other = report.models[1].comparison;
    EXPECT_EQ(self.speedUp, (Spread{1, 1, 1}));
    EXPECT_EQ(self.mlpFlops, 1);
    EXPECT_DOUBLE_EQ(self.predicted, 1);
    EXPECT_EQ(other.ceiling, self.ceiling);
    EXPECT_DOUBLE_EQ(other.mlpFlops, 64.0 * (256 + 1024) / (256.0 * 1024));
    const double share = 1 - 1 / other.ceiling;
    EXPECT_NEAR(other.predicted, 1 / (1 - share * (1 - other.mlpFlops)), 1e-12);
    EXPECT_GT(share, 0.1);
    EXPECT_LT(share, 0.9);
    EXPECT_LT(report.models[1].mlpParameters, report.models[0].mlpParameters);
}

/// A forward pass with one product and nothing else.
ProfileRound round(std::int64_t mlp, std::int64_t rest) {
    return roundOf({{"gap", Module::Gap, 1, 100, 100 + mlp + rest, rest, true, false},
                    {"mlp_up", Module::MlpUp, 1, 100, 100 + mlp, mlp, true, false}});
}

TEST(ProfileModel, ShowsTheRoundNearestToTheMedians) {
    // The third round has the median wall time, but is unlike the others in both parts.
    const ModelProfile profile = summariseRounds(
        {round(800, 200), round(810, 210), round(500, 518), round(805, 290), round(802, 214)},
        {{Module::MlpUp, 1604}});
    EXPECT_DOUBLE_EQ(profile.wall.median, 1018e-9);
    ASSERT_EQ(profile.modules.size(), 2u);
    EXPECT_EQ(profile.modules[0].module, Module::MlpUp);
    EXPECT_DOUBLE_EQ(profile.modules[0].seconds, 802e-9);
    EXPECT_DOUBLE_EQ(profile.modules[0].rounds.median, 802e-9);
    EXPECT_DOUBLE_EQ(profile.modules[0].gflopsPerSecond(), 2);
    EXPECT_DOUBLE_EQ(profile.modules[1].seconds, 214e-9);
    EXPECT_DOUBLE_EQ(profile.typicalSeconds(), 1016e-9);
    EXPECT_DOUBLE_EQ(profile.attributed, 802.0 / 1016);
    EXPECT_EQ(profile.timeline.size(), 2u);
}

TEST(ProfileModel, RatiosAreTakenRoundByRound) {
    // A slow middle round must not matter: within each round the student takes half the MLP time.
    const std::vector<ProfileRound> dense{round(800, 200), round(8000, 2000), round(800, 200)},
        student{round(400, 200), round(4000, 2000), round(400, 200)};
    const ProfileComparison c =
        compareRounds(dense, student, {{Module::MlpUp, 100}}, {{Module::MlpUp, 40}});
    EXPECT_DOUBLE_EQ(c.mlpTime.high, 0.5);
    EXPECT_DOUBLE_EQ(c.mlpTime.low, 0.5);
    EXPECT_DOUBLE_EQ(c.speedUp.median, 1000.0 / 600);
    EXPECT_DOUBLE_EQ(c.otherTime.median, 1);
    EXPECT_NEAR(c.ceiling, 5, 1e-12);
    EXPECT_NEAR(c.predicted, 1 / (0.2 + 0.8 * 0.4), 1e-12);
    EXPECT_EQ(dense[0].records.front().beginNs, 0);
}

TEST(ProfileModel, RefusesWhatItCannotDoAndCanBeCancelled) {
    const Decoder model = tinyDecoder(3);
    const std::vector<const Decoder*> models{&model};
    EXPECT_EQ(measureProfile(models, {.batch = 1, .length = 2048}, RunContext{}).error().code,
              ErrorCode::InvalidInput);
    EXPECT_EQ(measureProfile(models, {.batch = 0}, RunContext{}).error().code,
              ErrorCode::InvalidInput);
    EXPECT_EQ(measureProfile({}, {}, RunContext{}).error().code, ErrorCode::InvalidInput);
    std::stop_source stop;
    stop.request_stop();
    RunContext context;
    context.stop = stop.get_token();
    const auto report = measureProfile(models, {.batch = 1, .length = 16}, context);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->cancelled);
    EXPECT_TRUE(report->models.empty());
}

}  // namespace
}  // namespace skd::test
