#pragma once

#include <array>

#include "ranks/allocation.h"
#include "spec/prune_spec.h"

/// What a rank costs in quality, as an allocation sees it. Pure arithmetic, no LibTorch.
namespace skd {

/// How the errors of matrices become comparable.
struct DamageRule {
    Truncation truncation = Truncation::Whitened;
    WeightRule weights = WeightRule::Measured;
    std::array<double, 3> tiers{1, 1,
                                1};  ///< early, middle, late: share removed relative to the others
};
DamageRule damageRule(const PruneSpec& spec);

/// Third of the depth a layer lies in: 0 early, 1 middle, 2 late.
std::size_t tierOf(std::int64_t layer, std::int64_t layers);
/// Layers that an analysis spans.
std::int64_t layerCount(const Analysis& analysis);

/// True when every matrix that could be cut was probed.
bool hasProbes(const Analysis& analysis);

/// Expected damage of each matrix by rank 0 .. k of its spectrum; entry k is 0, and entry 0 stands
/// for nothing kept.
/// - unit: half the squared tail, which estimates nats per token under fisher truncation;
/// - relative: the share of the squared singular values that is lost;
/// - tiers: the same over the factor of the layer's tier, so that twice the factor counts half;
/// - measured: the probes' KL. One probe scales the squared tail; between several, log KL is linear
///   in the log of the squared tail, and beyond them the tail is scaled by the nearest. A KL that
///   rises with rank (noise) is levelled; one that is not positive takes the smallest weight. Under
///   the analysis' power law the curve is c tail^p through all probes, p by least squares of the
///   logarithms within [1/4, 4], 1 where there is one probe alone.
DamageCurves damageCurves(const Analysis& analysis, const DamageRule& rule);

}  // namespace skd
