#include "charts/plot/curve_math.h"

#include <algorithm>
#include <cmath>

namespace skd {

std::vector<double> smoothed(const std::vector<double>& values, double weight) {
    std::vector<double> out(values);
    double sum = 0, norm = 0;
    for (double& value : out) {
        if (!std::isfinite(value)) continue;
        sum = weight * sum + value;
        norm = weight * norm + 1;
        value = sum / norm;
    }
    return out;
}

CurveBand bandOf(const std::vector<const Series*>& curves) {
    CurveBand band;
    if (curves.empty()) return band;
    std::vector<std::size_t> at(curves.size(), 0);
    for (std::size_t i = 0; i < curves.front()->steps.size(); ++i) {
        const double step = curves.front()->steps[i];
        double mean = 0, squares = 0;
        std::size_t count = 0;
        for (std::size_t c = 0; c < curves.size(); ++c) {
            const std::vector<double>& steps = curves[c]->steps;
            while (at[c] < steps.size() && steps[at[c]] < step) ++at[c];
            if (at[c] == steps.size() || steps[at[c]] != step) break;
            const double value = curves[c]->values[at[c]], away = value - mean;
            mean += away / static_cast<double>(++count);
            squares += away * (value - mean);
        }
        if (count != curves.size()) continue;
        band.steps.push_back(step);
        band.mean.push_back(mean);
        band.deviation.push_back(count > 1 ? std::sqrt(squares / static_cast<double>(count - 1))
                                           : 0);
    }
    return band;
}

}  // namespace skd
