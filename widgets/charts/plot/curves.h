#pragma once

#include "charts/plot/plot_view.h"
#include "store/records.h"

namespace skd {

/// Exponential moving average without the bias of its start: s_i = sum w^(i-j) y_j / sum w^(i-j),
/// over finite values; others are passed through. `weight` in [0, 1); 0 changes nothing.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

/// Mean and sample standard deviation of several curves at the steps that all of them have.
struct CurveBand {
    std::vector<double> steps, mean, deviation;
};
CurveBand bandOf(const std::vector<const Series*>& curves);

/// Brings a line up to date with a series, whose values are multiplied by `factor`: appends what is
/// new while `edition` stays the same, else replaces the line.
void feedSeries(PlotView& plot, std::size_t line, const Series& series, std::uint64_t edition,
                double factor = 1);

}  // namespace skd
