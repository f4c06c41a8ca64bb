#include "charts/plot/series_feed.h"

namespace skd {

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
