#include "charts/plot/series_feed.h"

#include <cmath>

namespace skd {

namespace {

bool same(double a, double b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool grewOnly(const PlotSeries& drawn, const Series& series, double factor) {
    const std::size_t n = drawn.xs().size();
    if (n == 0 || n > series.steps.size()) return false;
    return drawn.xs().front() == series.steps.front() &&
           same(drawn.ys().front(), series.values.front() * factor) &&
           drawn.xs().back() == series.steps[n - 1] &&
           same(drawn.ys().back(), series.values[n - 1] * factor);
}

}  // namespace

void feedSeries(PlotView& plot, std::size_t line, const Series& series, double factor) {
    const PlotSeries& drawn = plot.series().at(line);
    const std::size_t from = grewOnly(drawn, series, factor) ? drawn.xs().size() : 0;
    if (from == series.steps.size() && from == drawn.xs().size()) return;
    std::vector<double> values(series.values.begin() + static_cast<std::ptrdiff_t>(from),
                               series.values.end());
    if (factor != 1)
        for (double& value : values) value *= factor;
    if (from > 0)
        plot.append(line, std::span(series.steps).subspan(from), values);
    else
        plot.setData(line, series.steps, std::move(values));
}

}  // namespace skd
