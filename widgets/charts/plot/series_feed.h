#pragma once

#include "charts/plot/plot_view.h"
#include "store/records.h"

namespace skd {

/// Brings a line up to date with a series, whose values are multiplied by `factor`: appends what is
/// new while `edition` stays the same, else replaces the line.
void feedSeries(PlotView& plot, std::size_t line, const Series& series, std::uint64_t edition,
                double factor = 1);

}  // namespace skd
