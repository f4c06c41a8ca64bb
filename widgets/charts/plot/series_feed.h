#pragma once

#include "charts/plot/plot_view.h"
#include "store/records.h"

namespace skd {

/// Brings a line up to date with a series that usually only grew: appends what is new, replaces the
/// line where anything earlier changed. Values are multiplied by `factor`.
void feedSeries(PlotView& plot, std::size_t line, const Series& series, double factor = 1);

}  // namespace skd
