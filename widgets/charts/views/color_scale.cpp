#include "charts/views/color_scale.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace skd {

QColor viridis(double t) {
    static constexpr std::array<std::array<int, 3>, 11> stops{{{68, 1, 84},
                                                               {72, 36, 117},
                                                               {65, 68, 135},
                                                               {53, 95, 141},
                                                               {42, 120, 142},
                                                               {33, 145, 140},
                                                               {34, 168, 132},
                                                               {68, 191, 112},
                                                               {122, 209, 81},
                                                               {189, 223, 38},
                                                               {253, 231, 37}}};
    if (!(t > 0)) t = 0;
    const double position = std::min(t, 1.0) * (stops.size() - 1);
    const auto index = std::min(static_cast<std::size_t>(position), stops.size() - 2);
    const double share = position - static_cast<double>(index);
    const auto mix = [&](std::size_t channel) {
        const double value =
            stops[index][channel] * (1 - share) + stops[index + 1][channel] * share;
        return static_cast<int>(std::lround(value));
    };
    return {mix(0), mix(1), mix(2)};
}

QColor readableOn(const QColor& background) {
    const double luminance =
        0.299 * background.redF() + 0.587 * background.greenF() + 0.114 * background.blueF();
    return luminance > 0.5 ? QColor(20, 22, 25) : QColor(240, 242, 245);
}

}  // namespace skd
