#pragma once

#include <cstdint>
#include <vector>

#include "ranks/nested_path.h"
#include "spec/elastic_spec.h"

/// Which size each sequence of an elastic run is trained at (resources/help/method.md, Elastic
/// students). Pure arithmetic, no LibTorch.
namespace skd {

/// What fixes the draws beside the path.
struct ElasticDrawRule {
    std::uint64_t seed = 42;
    std::int64_t slots = 4;  ///< sequences of an optimiser step, at least 2
    ElasticFocus focus = ElasticFocus::Uniform;
    double focusAt = 0.35;  ///< fraction removed (around)
    double offPath = 0.25;  ///< share of the sequences between the ends

    static ElasticDrawRule of(const ElasticSpec& spec, std::uint64_t seed, std::int64_t slots) {
        return {seed, slots, spec.focus, spec.focusAt, spec.offPath};
    }
};

/// The size of one sequence.
struct ElasticDraw {
    double size = 0;         ///< u of [0, 1]: 0 the largest, 1 the smallest
    double removed = 0;      ///< fraction that u stands for, linear between the path's ends
    std::size_t prefix = 0;  ///< of the path
    bool offPath = false;    ///< ranks were exchanged: `ranks` are not those of the prefix
    std::vector<std::int64_t> ranks;  ///< by matrix of the path, 0 = as it is

    bool operator==(const ElasticDraw&) const = default;
};

/// The inverse of a distribution function over [0, 1] that is linear between its points.
class SizeQuantile {
public:
    /// By the rule's focus; the path's ends say where `focusAt` lies.
    SizeQuantile(const ElasticDrawRule& rule, double largest, double smallest);
    /// The u below which `share` of [0, 1] of the draws lie; rising.
    [[nodiscard]] double at(double share) const;

private:
    struct Point {
        double share, size;
    };
    std::vector<Point> m_points;  ///< rising in both, from (0, 0) to (1, 1)
};

/// The profile of slot s of step t depends on (seed, t slots + s) alone: nothing is remembered, a
/// resumed run draws what an undisturbed one does, and splitting a step into micro-batches changes
/// nothing.
///
/// Slot 0 is the largest size and slot 1 the smallest. Of the n others, slot 2 + j draws from the
/// j-th of n equal shares of the distribution that the focus describes. A share `offPath` of them
/// leaves the path at equal cost: of 2 to 8 matrices half give up 1 to 4 multiples of rank (16 to
/// 64 ranks at a multiple of 16) and the others get them, none above its largest rank on the path
/// and none below its floor. Such a profile costs no more than the path's, and less by under one
/// step.
class ElasticDraws {
public:
    ElasticDraws(NestedPath path, const ElasticDrawRule& rule);

    [[nodiscard]] const NestedPath& path() const { return m_path; }
    [[nodiscard]] ElasticDraw at(std::int64_t step, std::int64_t slot) const;

private:
    [[nodiscard]] double sizeOf(std::uint64_t index, std::int64_t slot) const;

    NestedPath m_path;
    ElasticDrawRule m_rule;
    SizeQuantile m_quantile;
};

}  // namespace skd
