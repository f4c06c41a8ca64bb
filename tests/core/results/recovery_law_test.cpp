#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.h"
#include "results/recovery_law.h"

namespace skd {
namespace {

struct LawCase {
    double a, b, c;
};
constexpr LawCase kLaws[] = {{30, 9000, 0.45}, {45, 400, 0.17}, {12, 2.5e6, 1.1}, {1, 300, 0.2}};
constexpr double kInfinite = std::numeric_limits<double>::infinity();

/// About normal with deviation 1: the sum of twelve uniform numbers.
double normalAt(std::uint64_t seed, std::uint64_t index) {
    const CounterRandom random(seed, 9);
    double sum = -6;
    for (std::uint64_t i = 0; i < 12; ++i)
        sum += static_cast<double>(random.below(index * 12 + i, 1u << 30)) / (1u << 30);
    return sum;
}

/// `count` points from 4,000 tokens on, each 1.5 times those of the one before.
std::vector<RecoveryPoint> curveOf(const LawCase& law, int count = 16, double noise = 0,
                                   std::uint64_t seed = 1) {
    std::vector<RecoveryPoint> curve;
    double tokens = 4000;
    for (int i = 0; i < count; ++i, tokens *= 1.5)
        curve.push_back({tokens, (law.a + law.b * std::pow(tokens, -law.c)) *
                                     std::exp(noise * normalAt(seed, std::uint64_t(i)))});
    return curve;
}

double exactTokens(const LawCase& law, double perplexity) {
    return std::pow(law.b / (perplexity - law.a), 1 / law.c);
}

}  // namespace

TEST(RecoveryLaw, FindsExactLaws) {
    for (const LawCase& law : kLaws) {
        const auto fit = RecoveryFit::of(curveOf(law));
        ASSERT_TRUE(fit);
        EXPECT_NEAR(fit->law().a, law.a, 2e-3 * law.a);
        EXPECT_NEAR(fit->law().c, law.c, 5e-3 * law.c);
        EXPECT_LT(fit->law().noise, 1e-4);
        EXPECT_EQ(fit->law().points, 16u);
        for (const double tokens : {1e4, 1e6, 5e6}) {
            const double perplexity = law.a + law.b * std::pow(tokens, -law.c);
            EXPECT_NEAR(fit->law().perplexityAt(tokens) / perplexity, 1, 2e-3);
            EXPECT_NEAR(std::log(fit->tokensTo(perplexity).tokens / tokens), 0, 0.05)
                << law.a << " at " << tokens;
        }
    }
}

TEST(RecoveryLaw, SaysWhatIsNotReached) {
    const LawCase law{30, 9000, 0.45};
    const auto fit = RecoveryFit::of(curveOf(law));
    ASSERT_TRUE(fit);
    const TokenForecast below = fit->tokensTo(29);
    EXPECT_FALSE(below.isReached());
    EXPECT_EQ(below.high, kInfinite);
    EXPECT_TRUE(fit->tokensTo(33).isReached());
    EXPECT_EQ(RecoveryLaw({30, 9000, 0.45}).tokensTo(30), kInfinite);
    EXPECT_NEAR(RecoveryLaw({30, 9000, 0.5}).tokensTo(120), 1e4, 1e-6);
    EXPECT_NEAR(RecoveryLaw({30, 9000, 0.5}).perplexityAt(1e4), 120, 1e-9);
}

/// Of 200 noisy curves most ranges hold the true tokens, here five times beyond the data; without
/// noise they are narrow.
TEST(RecoveryLaw, RangesCoverTheTruth) {
    const LawCase law{30, 9000, 0.45};
    const double target = 30 + 9000 * std::pow(8e6, -0.45), truth = exactTokens(law, target);
    int covered = 0;
    std::vector<double> errors;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        const auto fit = RecoveryFit::of(curveOf(law, 16, 0.01, seed));
        ASSERT_TRUE(fit);
        const TokenForecast forecast = fit->tokensTo(target);
        covered += forecast.low <= truth && truth <= forecast.high;
        EXPECT_LE(forecast.low, forecast.tokens);
        EXPECT_GE(forecast.high, forecast.tokens);
        EXPECT_NEAR(fit->law().noise, 0.01, 0.008);
        EXPECT_NEAR(fit->law().a, 30, 4);
    }
    EXPECT_GE(covered, 176);
    const TokenForecast exact = RecoveryFit::of(curveOf(law))->tokensTo(target);
    EXPECT_LT(exact.high / exact.low, 1.1);
}

TEST(RecoveryLaw, OutliersCountForLittle) {
    const LawCase law{30, 9000, 0.45};
    for (const std::size_t place : {std::size_t{1}, std::size_t{7}, std::size_t{14}}) {
        std::vector<RecoveryPoint> curve = curveOf(law, 16, 0.003, 5);
        curve[place].perplexity *= 1.3;
        const auto fit = RecoveryFit::of(curve);
        ASSERT_TRUE(fit);
        EXPECT_NEAR(std::log(fit->law().perplexityAt(2e6) / (30 + 9000 * std::pow(2e6, -0.45))), 0,
                    0.03)
            << place;
    }
}

TEST(RecoveryLaw, RefusesWhatIsNoRecovery) {
    EXPECT_FALSE(RecoveryFit::of({}));
    EXPECT_FALSE(RecoveryFit::of(curveOf({30, 9000, 0.45}, 4)));
    std::vector<RecoveryPoint> rising, flat;
    for (int i = 1; i < 10; ++i) {
        rising.push_back({1000.0 * i, 30.0 + i});
        flat.push_back({1000.0 * i, 30.0});
    }
    EXPECT_FALSE(RecoveryFit::of(rising));
    EXPECT_FALSE(RecoveryFit::of(flat));
    std::vector<RecoveryPoint> curve = curveOf({30, 9000, 0.45});
    const double a = RecoveryFit::of(curve)->law().a;
    curve.push_back({0, 160});
    curve.push_back({2e5, std::nan("")});
    curve.push_back({3e5, kInfinite});
    EXPECT_EQ(RecoveryFit::of(curve)->law().a, a) << "points that say nothing do not count";
}

}  // namespace skd
