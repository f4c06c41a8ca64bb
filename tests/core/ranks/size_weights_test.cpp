#include "ranks/size_weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace skd::test {
namespace {

/// Steps up to the next update, which add nothing.
void finishInterval(SizeWeights& weights, std::int64_t steps = SizeWeights::kInterval) {
    for (std::int64_t i = 1; i < steps; ++i) EXPECT_FALSE(weights.endStep());
    EXPECT_TRUE(weights.endStep());
}

TEST(SizeWeights, BinsCoverTheSizes) {
    EXPECT_EQ(SizeWeights::binOf(0), 0u);
    EXPECT_EQ(SizeWeights::binOf(0.0624), 0u);
    EXPECT_EQ(SizeWeights::binOf(0.0625), 1u);
    EXPECT_EQ(SizeWeights::binOf(0.9999), 15u);
    EXPECT_EQ(SizeWeights::binOf(1), 15u);
}

/// Worked out by hand: averages 0.9 a + 0.1 x, weights KL^-1/2 over their mean.
TEST(SizeWeights, FollowAHandComputedSequence) {
    SizeWeights weights(ElasticWeights::InverseRoot);
    weights.add(0, 0.05);
    weights.add(0, 0.15);     // 0.045 + 0.015 = 0.06
    weights.add(0.5, 0.2);    // bin 8
    weights.add(0.5, 0.6);    // 0.18 + 0.06 = 0.24
    weights.add(0.53, 0.24);  // the same bin: stays 0.24
    weights.add(1, 0.54);
    for (const double size : {0.0, 0.3, 0.5, 1.0})
        EXPECT_EQ(weights.at(size), 1) << "nothing changes before the 50th step";
    finishInterval(weights);
    EXPECT_NEAR(*weights.kl()[0], 0.06, 1e-15);
    EXPECT_NEAR(*weights.kl()[8], 0.24, 1e-15);
    // Roots are as 1 : 2 : 3, so weights as 6 : 3 : 2, with a mean of 11/3.
    EXPECT_NEAR(weights.at(0), 18.0 / 11, 1e-12);
    EXPECT_NEAR(weights.at(0.5), 9.0 / 11, 1e-12);
    EXPECT_NEAR(weights.at(1), 6.0 / 11, 1e-12);
    EXPECT_EQ(weights.at(0.3), 1) << "a size that no sequence had";
    weights.add(0, 60);  // 0.054 + 6 = 6.054
    EXPECT_NEAR(weights.at(0), 18.0 / 11, 1e-12);
    finishInterval(weights);
    const double a = 1 / std::sqrt(6.054), b = 1 / std::sqrt(0.24), c = 1 / std::sqrt(0.54);
    EXPECT_EQ(weights.at(0), 0.5) << 3 * a / (a + b + c) << " is held";
    EXPECT_NEAR(weights.at(0.5), 3 * b / (a + b + c), 1e-12);
    EXPECT_NEAR(weights.at(1), 3 * c / (a + b + c), 1e-12);
}

TEST(SizeWeights, AreHeldAboveTooAndLeaveOutWhatIsNotFinite) {
    SizeWeights weights(ElasticWeights::InverseRoot);
    weights.add(0, -1e-12);
    weights.add(0.5, 1);
    weights.add(1, 1);
    weights.add(1, NAN);
    weights.add(0.25, INFINITY);
    finishInterval(weights);
    EXPECT_EQ(weights.at(0), 2);
    EXPECT_EQ(weights.at(0.5), 0.5);
    EXPECT_EQ(*weights.kl()[15], 1);
    EXPECT_FALSE(weights.kl()[4]);
}

TEST(SizeWeights, EqualOnesStayOne) {
    SizeWeights weights;
    weights.add(0, 0.1);
    weights.add(1, 9);
    for (int i = 0; i < 120; ++i) EXPECT_FALSE(weights.endStep());
    EXPECT_EQ(weights.at(0), 1);
    EXPECT_EQ(weights.at(1), 1);
    EXPECT_EQ(*weights.kl()[15], 9) << "seen all the same, for the record";
}

TEST(SizeWeights, ContinueFromTheirJson) {
    SizeWeights weights(ElasticWeights::InverseRoot);
    for (int i = 0; i < 70; ++i) {
        weights.add(i / 70.0, 0.1 + 0.01 * i);
        weights.endStep();
    }
    const auto json = parseJson(dumpJson(weights.toJson()));
    ASSERT_TRUE(json);
    auto read = SizeWeights::fromJson(*json);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, weights);
    finishInterval(*read, 30);
    finishInterval(weights, 30);
    EXPECT_EQ(*read, weights);
    const std::vector<std::function<void(Json&)>> damages{
        [](Json& damaged) { damaged = 3; },
        [](Json& damaged) { damaged.erase("rule"); },
        [](Json& damaged) { damaged["rule"] = "root"; },
        [](Json& damaged) { damaged["steps"] = -1; },
        [](Json& damaged) { damaged["steps"] = 1.5; },
        [](Json& damaged) { damaged["kl"].erase(0); },
        [](Json& damaged) { damaged["kl"][2] = "0.1"; },
        [](Json& damaged) { damaged["kl"][2] = -0.1; },
        [](Json& damaged) { damaged["weights"][3] = 2.5; },
        [](Json& damaged) { damaged["weights"][3] = nullptr; },
        [](Json& damaged) { damaged["weights"].push_back(1); }};
    for (std::size_t i = 0; i < damages.size(); ++i) {
        Json wrong = weights.toJson();
        damages[i](wrong);
        const auto refused = SizeWeights::fromJson(wrong);
        ASSERT_FALSE(refused) << i;
        EXPECT_EQ(refused.error().code, ErrorCode::Corrupt) << i;
    }
}

}  // namespace
}  // namespace skd::test
