#pragma once

#include <utility>

#include "results/elastic_front.h"

namespace skd {

/// The line through a front: log perplexity over the fraction removed by monotone cubic pieces, so
/// that it has no bump where the points have none (slopes: Fritsch and Butland 1984; at the ends
/// the three-point rule, kept from turning round, as SciPy's PchipInterpolator has both).
class FrontCurve {
public:
    /// Sizes that differ by less are one.
    static constexpr double kSameSize = 1e-6;

    FrontCurve() = default;
    /// In any order; points without a finite perplexity above 0 are left out, of several of one
    /// size the last counts.
    explicit FrontCurve(std::vector<FrontPoint> points);

    /// Ascending in what they remove.
    [[nodiscard]] const std::vector<FrontPoint>& points() const { return m_points; }
    /// NaN beyond the first and the last point: nothing is known there.
    [[nodiscard]] double pplAt(double removed) const;
    /// The point of this size, or null.
    [[nodiscard]] const FrontPoint* pointAt(double removed) const;
    /// The points on both sides of a size that lies between them and is neither; null where it is
    /// one or lies beyond.
    [[nodiscard]] std::pair<const FrontPoint*, const FrontPoint*> neighboursOf(
        double removed) const;

private:
    [[nodiscard]] std::size_t pieceAt(double removed) const;
    void chooseSlopes();
    std::vector<FrontPoint> m_points;
    std::vector<double> m_logs, m_slopes;  ///< of log perplexity, by point
};

}  // namespace skd
