#include "charts/plot/plot_series.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <random>

namespace skd {
namespace {

std::vector<double> valuesFrom(const std::vector<int>& raw) {
    std::vector<double> values;
    for (int value : raw)
        values.push_back(value % 11 == 0 ? std::nan("") : value % 13 == 0 ? INFINITY : value);
    return values;
}

std::pair<double, double> bruteForce(const std::vector<double>& values, std::size_t begin,
                                     std::size_t end) {
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i = begin; i < end; ++i) {
        if (!std::isfinite(values[i])) continue;
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
    return {low, high};
}

RC_GTEST_PROP(MinMaxPyramid, RangeEqualsBruteForce, (const std::vector<int>& raw)) {
    const std::vector<double> values = valuesFrom(raw);
    MinMaxPyramid pyramid;
    pyramid.extend(values);
    const auto begin = *rc::gen::inRange<std::size_t>(0, values.size() + 1);
    const auto end = *rc::gen::inRange<std::size_t>(begin, values.size() + 1);
    const auto bucket = pyramid.range(values, begin, end);
    const auto [low, high] = bruteForce(values, begin, end);
    if (low > high) {
        RC_ASSERT(bucket.minimum == MinMaxPyramid::kNone);
    } else {
        RC_ASSERT(values[bucket.minimum] == low);
        RC_ASSERT(values[bucket.maximum] == high);
    }
}

RC_GTEST_PROP(MinMaxPyramid, GrowingInPiecesEqualsTakingAll, (const std::vector<int>& raw)) {
    const std::vector<double> values = valuesFrom(raw);
    MinMaxPyramid grown, whole;
    whole.extend(values);
    std::vector<double> prefix;
    while (prefix.size() < values.size()) {
        const auto step = *rc::gen::inRange<std::size_t>(1, 9);
        for (std::size_t i = 0; i < step && prefix.size() < values.size(); ++i)
            prefix.push_back(values[prefix.size()]);
        grown.extend(prefix);
    }
    for (std::size_t columns : {1u, 3u, 8u, 50u})
        RC_ASSERT(grown.decimate(values, 0, values.size(), columns) ==
                  whole.decimate(values, 0, values.size(), columns));
}

RC_GTEST_PROP(MinMaxPyramid, DecimationKeepsExtremesAndBounds, (const std::vector<int>& raw)) {
    const std::vector<double> values = valuesFrom(raw);
    MinMaxPyramid pyramid;
    pyramid.extend(values);
    const auto begin = *rc::gen::inRange<std::size_t>(0, values.size() + 1);
    const auto end = *rc::gen::inRange<std::size_t>(begin, values.size() + 1);
    const auto columns = *rc::gen::inRange<std::size_t>(1, 40);
    const std::vector<std::size_t> indices = pyramid.decimate(values, begin, end, columns);
    RC_ASSERT(indices.size() <= 2 * columns);
    RC_ASSERT(std::is_sorted(indices.begin(), indices.end()));
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i : indices) {
        RC_ASSERT(i >= begin && i < end);
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
    RC_ASSERT((std::pair{low, high}) == bruteForce(values, begin, end));
}

TEST(MinMaxPyramid, SingleSpikeInAMillionPointsSurvives) {
    std::vector<double> values(1'000'000);
    std::mt19937 random(1);
    for (double& value : values) value = std::uniform_real_distribution(0.0, 1.0)(random);
    values[777'777] = 50;
    MinMaxPyramid pyramid;
    pyramid.extend(values);
    const auto indices = pyramid.decimate(values, 0, values.size(), 800);
    EXPECT_NE(std::find(indices.begin(), indices.end(), 777'777u), indices.end());
    EXPECT_LE(indices.size(), 1600u);
}

}  // namespace
}  // namespace skd
