#pragma once

#include <cmath>
#include <optional>
#include <vector>

#include "base/fields.h"

namespace skd {

/// Whether a run recorded a figure while it was made, or it was measured from its model later.
enum class FrontSource { Recorded, Measured };
template <>
inline constexpr auto kNames<FrontSource> = names<FrontSource>({"recorded", "measured"});

/// A size of an elastic run and its perplexity.
struct FrontPoint {
    double removed = 0;  ///< fraction of the target matrices' parameters
    double ppl = std::nan(""), standardError = std::nan("");
    FrontSource source = FrontSource::Recorded;
};

/// What the points of one protocol say of the line through them.
struct FrontCheck {
    /// Places of points that have more removed than the one before them and yet a perplexity that
    /// is lower by more than 1.96 standard errors of the difference, the two taken as independent.
    std::vector<std::size_t> falls;
    /// By point: its perplexity over what the chord of its neighbours gives there, which is
    /// straight in log perplexity over the fraction removed; 1 is on the chord, NaN at the ends and
    /// where a figure is missing.
    std::vector<double> overChord;

    [[nodiscard]] bool isMonotone() const { return falls.empty(); }
    /// The place of the largest value of overChord; none where there is no value.
    [[nodiscard]] std::optional<std::size_t> worst() const;
};

/// `points` ascend in what is removed, each size once. Points without a finite perplexity are left
/// out of every comparison: neighbours are the next ones that have one.
FrontCheck checkFront(const std::vector<FrontPoint>& points);

}  // namespace skd
