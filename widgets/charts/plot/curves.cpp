#include "charts/plot/curves.h"

#include <cmath>

#include "base/statistics.h"

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
        std::vector<double> values;
        for (std::size_t c = 0; c < curves.size(); ++c) {
            const std::vector<double>& steps = curves[c]->steps;
            while (at[c] < steps.size() && steps[at[c]] < step) ++at[c];
            if (at[c] == steps.size() || steps[at[c]] != step) break;
            values.push_back(curves[c]->values[at[c]]);
        }
        if (values.size() != curves.size()) continue;
        const Statistic across = summarise(values);
        band.steps.push_back(step);
        const bool whole = across.dropped == 0;  // a value that is not finite has no mean
        band.mean.push_back(whole ? across.mean : std::nan(""));
        band.deviation.push_back(whole && across.count == 1 ? 0 : across.deviation);
    }
    return band;
}

void feedSeries(PlotView& plot, std::size_t line, const Series& series, std::uint64_t edition,
                double factor) {
    const PlotSeries& drawn = plot.series().at(line);
    const SeriesSource source{edition, factor};
    const std::size_t from = drawn.source() == source ? drawn.xs().size() : 0;
    if (from == series.steps.size() && from == drawn.xs().size()) return;
    std::vector<double> values(series.values.begin() + static_cast<std::ptrdiff_t>(from),
                               series.values.end());
    for (double& value : values) value *= factor;
    if (from > 0)
        plot.append(line, std::span(series.steps).subspan(from), values);
    else
        plot.setData(line, series.steps, std::move(values), source);
}

}  // namespace skd
