#include "distill/spike_guard.h"

#include <algorithm>

namespace skd {

bool SpikeGuard::isSpike(double norm) {
    const double usual = median();
    if (m_norms.size() == kSpikeWindow) m_norms.erase(m_norms.begin());
    m_norms.push_back(norm);
    return m_factor > 0 && usual > 0 && norm > m_factor * usual;
}

double SpikeGuard::median() const {
    if (m_norms.size() < kSpikeMinimum) return 0;
    std::vector<double> sorted = m_norms;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

Status SpikeGuard::fromJson(const Json& json) {
    const auto isNumber = [](const Json& value) { return value.is_number(); };
    if (!json.is_array() || json.size() > kSpikeWindow ||
        !std::all_of(json.begin(), json.end(), isNumber))
        return fail(ErrorCode::Corrupt,
                    "the gradient norms of a checkpoint are no list of numbers");
    m_norms = json.get<std::vector<double>>();
    return {};
}

}  // namespace skd
