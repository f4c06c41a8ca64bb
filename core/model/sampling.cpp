#include "model/sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace skd {
namespace {

/// Ids from the largest logit to the smallest, equals by id; only the first `count` are in order.
std::vector<std::int64_t> largestFirst(std::span<const float> logits, std::size_t count) {
    std::vector<std::int64_t> ids(logits.size());
    std::iota(ids.begin(), ids.end(), std::int64_t{0});
    const auto before = [&](std::int64_t a, std::int64_t b) {
        const float x = logits[static_cast<std::size_t>(a)],
                    y = logits[static_cast<std::size_t>(b)];
        return x > y || (x == y && a < b);
    };
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(),
                      before);
    ids.resize(count);
    return ids;
}

/// How many of the descending `weights` it takes to reach the share `topP`.
std::size_t nucleus(const std::vector<double>& weights, double topP) {
    const double target = topP * std::accumulate(weights.begin(), weights.end(), 0.0);
    double sum = 0;
    for (std::size_t i = 0; i < weights.size(); ++i)
        if ((sum += weights[i]) >= target) return i + 1;
    return weights.size();
}

std::size_t drawFrom(const std::vector<double>& weights, double uniform) {
    const double target = uniform * std::accumulate(weights.begin(), weights.end(), 0.0);
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] <= 0) continue;
        last = i;
        if ((sum += weights[i]) > target) return i;
    }
    return last;
}

}  // namespace

std::int64_t chooseToken(std::span<const float> logits, const SamplingOptions& options,
                         double uniform) {
    const auto largest = std::max_element(logits.begin(), logits.end());
    if (largest == logits.end() || !std::isfinite(*largest) ||
        std::any_of(logits.begin(), logits.end(), [](float z) { return std::isnan(z); }))
        return -1;
    if (options.temperature <= 0) return largest - logits.begin();
    const double maximum = static_cast<double>(*largest);
    const auto weight = [&](float z) {
        return std::exp((static_cast<double>(z) - maximum) / options.temperature);
    };
    std::vector<double> weights;
    if (options.topK <= 0 && options.topP >= 1) {
        for (const float z : logits) weights.push_back(weight(z));
        return static_cast<std::int64_t>(drawFrom(weights, uniform));
    }
    const std::size_t kept = options.topK > 0
                                 ? std::min(static_cast<std::size_t>(options.topK), logits.size())
                                 : logits.size();
    const std::vector<std::int64_t> ids = largestFirst(logits, kept);
    for (const std::int64_t id : ids)
        weights.push_back(weight(logits[static_cast<std::size_t>(id)]));
    if (options.topP < 1) weights.resize(nucleus(weights, options.topP));
    return ids[drawFrom(weights, uniform)];
}

}  // namespace skd
