#pragma once

#include <utility>
#include <vector>

#include "carve/carve_state.h"

namespace skd {

/// Where an energy stands on a fader: linear in -log10(1 - energy), because what is lost is what
/// hurts; the upper end is dense.
class EnergyScale {
public:
    EnergyScale() = default;
    /// From the smallest rank of most matrices to the break-even of most.
    explicit EnergyScale(const CarveState& state);

    [[nodiscard]] double position(double energy) const;  ///< 0 to 1
    [[nodiscard]] double energy(double position) const;  ///< 1 (dense) from kDenseFrom on
    /// Position and text of the values worth a line, at most `count`, dense first.
    [[nodiscard]] std::vector<std::pair<double, QString>> ticks(int count) const;

    static constexpr double kDenseFrom = 0.97;

private:
    double m_low = 0, m_high = 3;
};

}  // namespace skd
