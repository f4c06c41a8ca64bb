// The rule that chooses a learning rate, on curves whose best rate is known.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "base/text.h"
#include "distill/rate_choice.h"

namespace skd {
namespace {

constexpr std::int64_t kRampSteps = 40;

/// A loss that falls from 5 to 3.5, half of it by `fall` (a power of ten), and has risen by
/// `height` where the rate is `rise`; noise of a standard deviation `noise`.
struct RampCurve {
    double fall = -4, rise = -2.2, height = 3, noise = 0;
    std::uint64_t seed = 1;

    [[nodiscard]] std::vector<double> losses() const {
        const CounterRandom random(seed, 3);
        std::vector<double> values;
        for (std::int64_t i = 0; i < kRampSteps; ++i) {
            const double x = std::log10(rampRate(i, kRampSteps));
            double value = 5 - 1.5 / (1 + std::exp(-(x - fall) / 0.12));
            value += height * std::exp((x - rise) / 0.12);
            double normal = -6;  // the sum of twelve uniform numbers
            for (std::uint64_t j = 0; j < 12; ++j)
                normal += static_cast<double>(
                              random.below(static_cast<std::uint64_t>(i) * 12 + j, 1u << 30)) /
                          static_cast<double>(1u << 30);
            values.push_back(value + noise * normal);
        }
        return values;
    }
    [[nodiscard]] RateChoice choice() const { return chooseRate(losses(), kRampSteps, 5e-5); }
};

}  // namespace

TEST(DistillRateChoice, RatesRiseByOneFactor) {
    EXPECT_DOUBLE_EQ(rampRate(0, 40), 1e-6);
    EXPECT_NEAR(rampRate(39, 40), 1e-2, 1e-14);
    EXPECT_NEAR(rampRate(20, 41), 1e-4, 1e-16);
    for (std::int64_t i = 1; i < 40; ++i)
        EXPECT_NEAR(rampRate(i, 40) / rampRate(i - 1, 40), std::pow(10.0, 4.0 / 39), 1e-12);
}

TEST(DistillRateChoice, SmoothedIsTheWeightedMean) {
    const std::vector<double> losses{5, 4.5, 4.9, 3, 2.5, 7}, means = smoothed(losses);
    for (std::size_t i = 0; i < losses.size(); ++i) {
        double sum = 0, weight = 0;
        for (std::size_t j = 0; j <= i; ++j) {
            sum += std::pow(0.8, static_cast<double>(i - j)) * losses[j];
            weight += std::pow(0.8, static_cast<double>(i - j));
        }
        EXPECT_NEAR(means[i], sum / weight, 1e-12);
    }
    for (const double mean : smoothed(std::vector<double>(30, 4.25)))
        EXPECT_NEAR(mean, 4.25, 1e-12) << "a constant stays what it is from the start";
}

/// The mean trails the losses by up to four steps, a factor of 2.6.
TEST(DistillRateChoice, TakesTheSteepestDescent) {
    for (const double fall : {-5.0, -4.5, -4.0, -3.5}) {
        const RateChoice choice = RampCurve{.fall = fall, .rise = -2}.choice();
        EXPECT_TRUE(choice.isFound);
        EXPECT_GE(std::log10(choice.rate), fall - 0.05) << choice.reason;
        EXPECT_LE(std::log10(choice.rate), fall + 0.42) << choice.reason;
        EXPECT_EQ(choice.losses.size(), 40u);
    }
}

TEST(DistillRateChoice, StaysATenthBelowTheRise) {
    const RampCurve late{.fall = -3.2, .rise = -2.8};
    const RateChoice choice = late.choice();
    // Worked out from the definition.
    const std::vector<double> means = smoothed(late.losses());
    const auto least = std::min_element(means.begin(), means.end());
    const auto risen =
        std::find_if(least, means.end(), [&](double mean) { return mean > 1.05 * *least; });
    ASSERT_NE(risen, means.end());
    EXPECT_DOUBLE_EQ(choice.rate, 0.1 * rampRate(risen - means.begin(), kRampSteps));
    EXPECT_NE(choice.reason.find("a tenth is taken"), std::string::npos) << choice.reason;
    EXPECT_TRUE(choice.isFound);
}

TEST(DistillRateChoice, NoiseMovesItLittle) {
    const double expected = std::log10(RampCurve{}.choice().rate);
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const RateChoice choice = RampCurve{.noise = 0.08, .seed = seed}.choice();
        EXPECT_TRUE(choice.isFound);
        EXPECT_NEAR(std::log10(choice.rate), expected, 0.35) << seed;
    }
}

TEST(DistillRateChoice, FallsBackWhereNothingDescends) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const RateChoice flat =
            RampCurve{.fall = 5, .rise = -2, .noise = 0.02, .seed = seed}.choice();
        EXPECT_FALSE(flat.isFound) << seed;
        EXPECT_EQ(flat.rate, 5e-5);
        EXPECT_NE(flat.reason.find("did not descend"), std::string::npos);
    }
    const RateChoice rising = RampCurve{.fall = 5, .rise = -4.5}.choice();
    EXPECT_FALSE(rising.isFound);
    const RateChoice none = chooseRate({std::nan(""), 4, 3}, kRampSteps, 5e-5);
    EXPECT_FALSE(none.isFound);
    EXPECT_NE(none.reason.find("only 0"), std::string::npos);
}

TEST(DistillRateChoice, ALossThatIsNotFiniteHasRisen) {
    std::vector<double> losses = RampCurve{.fall = -3.2, .rise = 2}.losses();
    const double free = chooseRate(losses, kRampSteps, 5e-5).rate;
    losses.resize(32);
    losses[31] = std::nan("");
    const RateChoice choice = chooseRate(losses, kRampSteps, 5e-5);
    EXPECT_DOUBLE_EQ(choice.rate, 0.1 * rampRate(31, kRampSteps));
    EXPECT_GT(free, choice.rate);
}

TEST(DistillRateChoice, ARampEndsWhereItDiverges) {
    EXPECT_FALSE(hasDiverged({}));
    EXPECT_FALSE(hasDiverged({5, 5, 4, 3, 3}));
    EXPECT_TRUE(hasDiverged({5, 4, std::nan("")}));
    EXPECT_TRUE(hasDiverged({5, 4, 3, 3, 3, 3, 3, 20}));
    EXPECT_FALSE(hasDiverged({3, 3, 3, 3, 4})) << "a single bad batch does not end it";
}

TEST(DistillRateChoice, SurvivesJson) {
    RateChoice choice = RampCurve{.noise = 0.1}.choice();
    choice.losses.back() = std::nan("");
    const auto read = RateChoice::fromJson(*parseJson(dumpJson(choice.toJson())));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->rate, choice.rate);
    EXPECT_EQ(read->reason, choice.reason);
    EXPECT_TRUE(std::isnan(read->losses.back()));
    EXPECT_EQ(std::vector(read->losses.begin(), read->losses.end() - 1),
              std::vector(choice.losses.begin(), choice.losses.end() - 1));
    EXPECT_FALSE(RateChoice::fromJson(Json::object()));
    EXPECT_FALSE(RateChoice::fromJson(Json()));
}

}  // namespace skd
