#include "ranks/elastic_draws.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/ranks/path_fixture.h"

namespace skd::test {
namespace {

NestedPath pathOf(MatrixForm form) {
    PathProblem problem = fixedProblem(12);
    problem.connect(form);
    auto path = NestedPath::plan(problem.items, problem.names, {.largest = 0.15, .smallest = 0.65});
    EXPECT_TRUE(path) << path.error().message;
    return *path;
}

ElasticDrawRule ruleOf(std::int64_t slots, double offPath = 0.25) {
    return {.seed = 7, .slots = slots, .offPath = offPath};
}

TEST(ElasticDraws, TheEndsAreInEveryStepAndTheOthersFillTheirShares) {
    for (const std::int64_t slots : {2, 3, 4, 7}) {
        const ElasticDraws draws(pathOf(MatrixForm::IdentityBlock), ruleOf(slots));
        for (std::int64_t step = 0; step < 500; ++step) {
            EXPECT_EQ(draws.at(step, 0).prefix, draws.path().steps());
            EXPECT_EQ(draws.at(step, 0).removed, 0.15);
            EXPECT_EQ(draws.at(step, 1).prefix, 0u);
            EXPECT_EQ(draws.at(step, 1).removed, 0.65);
            for (std::int64_t slot = 2; slot < slots; ++slot) {
                const ElasticDraw draw = draws.at(step, slot);
                const auto count = static_cast<double>(slots - 2);
                EXPECT_EQ(std::floor(draw.size * count), static_cast<double>(slot - 2));
                EXPECT_NEAR(draw.removed, 0.15 + 0.5 * draw.size, 1e-15);
                EXPECT_EQ(draw.prefix, draws.path().prefixAt(draw.removed));
            }
        }
    }
}

TEST(ElasticDraws, DependOnSeedAndPlaceAlone) {
    const NestedPath path = pathOf(MatrixForm::IdentityBlock);
    const ElasticDraws draws(path, ruleOf(4)), again(path, ruleOf(4));
    std::vector<ElasticDraw> forwards;
    for (std::int64_t step = 0; step < 50; ++step)
        for (std::int64_t slot = 0; slot < 4; ++slot) forwards.push_back(draws.at(step, slot));
    for (std::int64_t i = 199; i >= 0; --i)
        EXPECT_EQ(again.at(i / 4, i % 4), forwards[static_cast<std::size_t>(i)]);
    ElasticDrawRule other = ruleOf(4);
    other.seed = 8;
    EXPECT_NE(ElasticDraws(path, other).at(0, 2).size, draws.at(0, 2).size);
    std::set<double> sizes;
    for (std::int64_t step = 0; step < 50; ++step) sizes.insert(draws.at(step, 3).size);
    EXPECT_EQ(sizes.size(), 50u);
}

/// How many of the interior draws of many steps lie in [from, to).
double shareWithin(const ElasticDraws& draws, std::int64_t slots, double from, double to) {
    static constexpr std::int64_t kSteps = 4000;
    int count = 0;
    for (std::int64_t step = 0; step < kSteps; ++step)
        for (std::int64_t slot = 2; slot < slots; ++slot) {
            const double size = draws.at(step, slot).size;
            count += size >= from && size < to;
        }
    return count / static_cast<double>(kSteps * (slots - 2));
}

/// Three standard deviations of a share p of the draws of shareWithin; those of strata are less.
double threeSigma(double p, std::int64_t slots) {
    return 3 * std::sqrt(p * (1 - p) / static_cast<double>(4000 * (slots - 2)));
}

TEST(ElasticDraws, DensitiesAreThoseOfTheFocus) {
    const NestedPath path = pathOf(MatrixForm::IdentityBlock);
    ElasticDrawRule rule = ruleOf(4, 0);
    const auto expectShare = [&](double from, double to, double share) {
        EXPECT_NEAR(shareWithin(ElasticDraws(path, rule), 4, from, to), share, threeSigma(share, 4))
            << enumName(rule.focus) << " from " << from << " to " << to;
    };
    for (int i = 0; i < 5; ++i) expectShare(i / 5.0, (i + 1) / 5.0, 0.2);
    rule.focus = ElasticFocus::LargeFirst;
    expectShare(0, 1 / 3.0, 0.5);
    expectShare(1 / 3.0, 2 / 3.0, 0.3);
    expectShare(2 / 3.0, 1, 0.2);
    // 35 % of 15 .. 65 is u = 0.4, and 5 points are 0.1 of u: half, and the uniform half's fifth.
    rule.focus = ElasticFocus::Around;
    rule.focusAt = 0.35;
    expectShare(0.3, 0.5, 0.6);
    expectShare(0, 0.3, 0.15);
    expectShare(0.5, 1, 0.25);
    // At an end the points beyond it are cut off: u of [0, 0.1).
    rule.focusAt = 0.15;
    expectShare(0, 0.1, 0.55);
    expectShare(0.1, 1, 0.45);
}

TEST(ElasticDraws, FocusedDrawsAreStratifiedToo) {
    const NestedPath path = pathOf(MatrixForm::IdentityBlock);
    for (const ElasticFocus focus : {ElasticFocus::LargeFirst, ElasticFocus::Around}) {
        ElasticDrawRule rule = ruleOf(4);
        rule.focus = focus;
        const double median = SizeQuantile(rule, 0.15, 0.65).at(0.5);
        const ElasticDraws draws(path, rule);
        for (std::int64_t step = 0; step < 300; ++step) {
            EXPECT_LE(draws.at(step, 2).size, median);
            EXPECT_GE(draws.at(step, 3).size, median);
        }
    }
}

TEST(ElasticDraws, ExchangesKeepTheCostAndTheBounds) {
    for (const MatrixForm form : {MatrixForm::IdentityBlock, MatrixForm::Factored}) {
        const NestedPath path = pathOf(form);
        const ElasticDraws draws(path, ruleOf(4, 0.25)), all(path, ruleOf(4, 1));
        int exchanged = 0, able = 0;
        for (std::int64_t step = 0; step < 3000; ++step)
            for (std::int64_t slot = 0; slot < 4; ++slot) {
                const ElasticDraw draw = draws.at(step, slot);
                const std::vector<std::int64_t> onPath = path.ranksAt(draw.prefix);
                able += all.at(step, slot).offPath;  // sizes at the very end cannot be left
                exchanged += draw.offPath;
                ASSERT_EQ(draw.ranks != onPath, draw.offPath);
                if (!draw.offPath) continue;
                EXPECT_GE(slot, 2);
                std::size_t moved = 0;
                std::int64_t largestStep = 0;
                for (std::size_t i = 0; i < onPath.size(); ++i) {
                    if (draw.ranks[i] == onPath[i]) continue;
                    ++moved;
                    const PathMatrix& matrix = path.matrices()[i];
                    const std::int64_t by = std::abs(draw.ranks[i] - onPath[i]);
                    EXPECT_TRUE(by % 16 == 0 && by >= 16 && by <= 64) << by;
                    EXPECT_GE(draw.ranks[i], path.bounds(i).least);
                    EXPECT_LE(draw.ranks[i], path.bounds(i).most);
                    largestStep = std::max(
                        largestStep, matrix.cost(draw.ranks[i] + 16) - matrix.cost(draw.ranks[i]));
                }
                EXPECT_TRUE(moved >= 2 && moved <= 8) << moved;
                const std::int64_t change = path.costOf(draw.ranks) - path.cost(draw.prefix);
                EXPECT_LE(change, 0);
                EXPECT_GT(change, -largestStep);
            }
        EXPECT_GT(able, 0.9 * 6000);
        EXPECT_NEAR(exchanged, 0.25 * able, 3 * std::sqrt(0.25 * 0.75 * able)) << enumName(form);
    }
}

TEST(ElasticDraws, NoneOrAllLeaveThePath) {
    const NestedPath path = pathOf(MatrixForm::IdentityBlock);
    const ElasticDraws none(path, ruleOf(4, 0)), all(path, ruleOf(4, 1));
    int left = 0;  // all but sizes at the very end, where nothing can move
    for (std::int64_t step = 0; step < 200; ++step)
        for (std::int64_t slot = 2; slot < 4; ++slot) {
            EXPECT_FALSE(none.at(step, slot).offPath);
            EXPECT_EQ(none.at(step, slot).size, all.at(step, slot).size);
            left += all.at(step, slot).offPath;
        }
    EXPECT_GE(left, 360);
}

}  // namespace
}  // namespace skd::test
