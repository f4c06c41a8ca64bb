#pragma once

#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace skd {

/// Steps whose gradient norms the running median is over, and how many there must be for it to
/// count.
constexpr std::size_t kSpikeWindow = 32, kSpikeMinimum = 8;

/// Finds steps whose gradient norm exceeds `factor` times the running median: that of the last
/// kSpikeWindow finite norms, spikes among them, so that norms that have risen for good are taken
/// for normal after half a window. Of an even number the upper middle one is the median.
class SpikeGuard {
public:
    explicit SpikeGuard(double factor) : m_factor(factor) {}

    /// Whether a finite norm is a spike; it counts for the median of later ones. A factor of 0
    /// finds none.
    bool isSpike(double norm);
    /// Of the norms so far; 0 while there are fewer than kSpikeMinimum.
    [[nodiscard]] double median() const;

    [[nodiscard]] Json toJson() const { return m_norms; }
    /// Corrupt when it is no list of numbers.
    Status fromJson(const Json& json);

private:
    double m_factor;
    std::vector<double> m_norms;  ///< the newest last
};

}  // namespace skd
