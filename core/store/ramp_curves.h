#pragma once

#include "store/records.h"

namespace skd {

/// A learning-rate ramp as a run has recorded it.
struct RampCurve {
    std::vector<double> rates, losses, smoothed;  ///< by step of the ramp; losses may be NaN
    double chosen = 0;                            ///< NaN where it is not known
    std::string reason;                           ///< "" until the round is over
};

/// The metrics of a run's ramps, as they are recorded one after the other.
struct RampSeries {
    const Series &rates, &losses, &smoothed, &chosen;
};
/// One curve per ramp, in their order.
std::vector<RampCurve> rampCurves(const RampSeries& series, const RunSummary& summary);

}  // namespace skd
