#include "ranks/depth.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "ranks/damage.h"

namespace skd {
namespace {

constexpr std::uint64_t kDepthStream = 0x6465707468ull;
constexpr DepthWeight kPublished{0, 5};

/// The radical inverse of `index`: its digits behind the point (Halton).
double radicalInverse(std::int64_t index, std::int64_t base) {
    double value = 0, digit = 1;
    for (; index > 0; index /= base) {
        digit /= static_cast<double>(base);
        value += digit * static_cast<double>(index % base);
    }
    return value;
}

/// Two coordinates in [0, 1), moved by the seed round the square.
std::pair<double, double> haltonPoint(std::int64_t index, std::uint64_t seed) {
    const CounterRandom random(seed, kDepthStream);
    const auto moved = [](double value, double by) { return value + by - std::floor(value + by); };
    return {moved(radicalInverse(index, 2), random.uniform(0)),
            moved(radicalInverse(index, 3), random.uniform(1))};
}

}  // namespace

std::vector<double> depthFactors(std::int64_t layers, const DepthWeight& weight) {
    std::vector<double> factors(static_cast<std::size_t>(layers), 0.0);
    double sum = 0;
    for (std::size_t l = factors.size(); l-- > 0;)
        factors[l] = sum += std::pow(static_cast<double>(l + 1), -weight.decay);
    if (factors.empty()) return factors;
    const double least = factors.back(), span = factors.front() - least;
    for (double& factor : factors)
        factor = 1 + (span > 0 ? weight.strength * (factor - least) / span : 0);
    return factors;
}

DamageCurves weighedByDepth(DamageCurves curves, const Analysis& analysis,
                            const DepthWeight& weight) {
    const std::vector<double> factors = depthFactors(layerCount(analysis), weight);
    for (std::size_t i = 0; i < curves.size(); ++i)
        for (double& value : curves[i])
            value *= factors[static_cast<std::size_t>(analysis.matrices[i].info.layer.value())];
    return curves;
}

std::size_t bestTrial(const std::vector<DepthTrial>& done) {
    const auto best =
        std::min_element(done.begin(), done.end(),
                         [](const DepthTrial& a, const DepthTrial& b) { return a.kl < b.kl; });
    return static_cast<std::size_t>(best - done.begin());
}

DepthWeight nextDepth(const std::vector<DepthTrial>& done, std::int64_t trials,
                      std::uint64_t seed) {
    static constexpr double kFirstBox = 0.5, kShrink = 0.75;
    const auto index = static_cast<std::int64_t>(done.size());
    if (index == 0) return {};
    if (index == 1) return kPublished;
    const auto [x, y] = haltonPoint(index - 1, seed);
    const std::int64_t local = index - 2 - (trials - 1) / 2;
    if (local < 0) return {kLargestDecay * x, kLargestStrength * y};
    const double width = kFirstBox * std::pow(kShrink, static_cast<double>(local));
    const DepthWeight& best = done[bestTrial(done)].weight;
    const auto near = [&](double middle, double share, double largest) {
        return std::clamp(middle + width * largest * (share - 0.5), 0.0, largest);
    };
    return {near(best.decay, x, kLargestDecay), near(best.strength, y, kLargestStrength)};
}

}  // namespace skd
