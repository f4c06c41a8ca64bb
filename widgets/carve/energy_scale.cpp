#include "carve/energy_scale.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/statistics.h"

namespace skd {

namespace {

double nines(double energy) {
    return -std::log10(std::max(1e-9, 1 - energy));
}

}  // namespace

EnergyScale::EnergyScale(const CarveState& state) {
    if (!state.hasAnalysis() || state.plan().ranks().empty()) return;
    const auto& matrices = state.plan().analysis().matrices;
    std::vector<double> low, high;
    for (std::size_t i = 0; i < matrices.size(); ++i) {
        const std::int64_t breakEven = matrices[i].info.breakEven();
        std::int64_t least = std::min<std::int64_t>(CarveState::kMultiple, breakEven),
                     most = std::max<std::int64_t>(1, breakEven - 1);
        if (state.sizes() != nullptr && state.sizes()->hasEnergies()) {
            const ElasticEnergy* trained = state.sizes()->energyOf(i);
            if (trained == nullptr) continue;  // it has one rank alone
            // At its cap nothing is left out, and a scale of nines has no end.
            least = trained->grid;
            most = std::max(least, trained->grid * (std::ssize(trained->errors) - 2));
        }
        low.push_back(nines(state.energyAt(i, least)));
        high.push_back(nines(state.energyAt(i, most)));
    }
    if (low.empty()) return;
    std::sort(low.begin(), low.end());
    std::sort(high.begin(), high.end());
    // A few matrices with huge outliers would otherwise push all the others into a corner.
    m_low = std::max(0.0, quantile(low, 0.1));
    m_high = std::max(quantile(high, 0.8), m_low + 0.1);
}

double EnergyScale::position(double energy) const {
    if (energy >= 1 - 1e-9) return 1;
    return std::clamp((nines(energy) - m_low) / (m_high - m_low), 0.0, 1.0) * kDenseFrom;
}

double EnergyScale::energy(double position) const {
    if (position >= kDenseFrom + 0.005) return 1;
    const double share = std::clamp(position / kDenseFrom, 0.0, 1.0);
    return 1 - std::pow(10.0, -(m_low + share * (m_high - m_low)));
}

std::vector<std::pair<double, QString>> EnergyScale::ticks(int count) const {
    static constexpr double candidates[] = {0.9,  0.99, 0.5, 0.999, 0.95, 0.8,  0.995, 0.9999,
                                            0.98, 0.2,  0.7, 0.998, 0.1,  0.85, 0.93,  0.97};
    std::vector<std::pair<double, QString>> ticks{
        {1.0, QCoreApplication::translate("EnergyScale", "dense")}};
    const double apart = 0.9 / std::max(1, count);
    for (double value : candidates) {
        const double at = position(value);
        if (static_cast<int>(ticks.size()) >= count || at <= 0.0 || at >= kDenseFrom) continue;
        const bool crowded = std::any_of(ticks.begin(), ticks.end(), [&](const auto& tick) {
            return std::abs(tick.first - at) < apart;
        });
        if (!crowded) ticks.emplace_back(at, QString::number(value, 'g', 5));
    }
    return ticks;
}

}  // namespace skd
