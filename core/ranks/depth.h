#pragma once

#include "ranks/allocation.h"

/// A correction of damage by depth, and the search for it. Pure arithmetic, no LibTorch.
namespace skd {

/// Damage of a matrix in layer l counts 1 + strength h_l times, h the sum of (k + 1)^-decay over
/// the layers k from l on, scaled to 1 in the first layer and 0 in the last: what is cut early is
/// carried through more layers, which probes of one matrix at a time do not see (LEMS, ICML 2026).
struct DepthWeight {
    double decay = 0, strength = 0;
    bool operator==(const DepthWeight&) const = default;
};
constexpr double kLargestDecay = 3, kLargestStrength = 7;

/// The factor of every layer.
std::vector<double> depthFactors(std::int64_t layers, const DepthWeight& weight);
/// The curves, in the order of the analysis' matrices, times the factors of their layers.
DamageCurves weighedByDepth(DamageCurves curves, const Analysis& analysis,
                            const DepthWeight& weight);

/// A weight, and how far the allocation that follows from it moves the output in nats per token.
struct DepthTrial {
    DepthWeight weight;
    double kl = 0;
};
/// Index of the trial with the lowest KL, the first of equals; `done` has one at least.
std::size_t bestTrial(const std::vector<DepthTrial>& done);
/// The weight to try after `done`, of `trials` in all: none, then (0, 5), then a low-discrepancy
/// sequence over [0, 3] x [0, 7] that the seed shifts, in its second half in ever smaller boxes
/// round the best so far. Depends on its arguments alone.
DepthWeight nextDepth(const std::vector<DepthTrial>& done, std::int64_t trials, std::uint64_t seed);

}  // namespace skd
