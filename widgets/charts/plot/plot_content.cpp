#include "charts/plot/plot_content.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "charts/exportable_view.h"

namespace skd {

namespace {

constexpr int kMostValues = 9;

struct Column {
    QString name;
    std::vector<double> values;
};

QString translate(const char* text) {
    return QCoreApplication::translate("skd::PlotView", text);
}

}  // namespace

bool PlotContent::empty() const {
    return std::all_of(series.begin(), series.end(),
                       [](const PlotSeries& one) { return one.empty(); });
}

Range PlotContent::wholeX() const {
    Range x = kNoRange;
    const auto includeEnds = [&x](const std::vector<double>& xs) {
        if (xs.empty()) return;
        for (double end : {xs.front(), xs.back()}) include(x, end);
    };
    for (const auto& envelope : annotations.envelopes) includeEnds(envelope.xs);
    for (const PlotSeries& one : series) includeEnds(one.xs());
    for (double value : includedX) include(x, value);
    if (x.high > x.low) return x;
    return std::isfinite(x.low) ? Range{x.low, x.low + 1} : Range{0, 1};
}

void PlotContent::scale(PlotAxes& axes, const std::optional<Range>& zoom) const {
    axes.x = zoom ? *zoom : wholeX();
    Range y = kNoRange;
    for (const PlotSeries& one : series) {
        if (one.empty() || one.style.unitScale) continue;
        const Range extent = one.extent(axes.x, axes.logY);
        for (double end : {extent.low, extent.high}) include(y, end);
    }
    for (double value : includedY)
        if (!axes.logY || value > 0) include(y, value);
    if (floor < y.high) y.low = std::max(y.low, floor);
    if (!(y.high >= y.low)) y = axes.logY ? Range{1, 10} : Range{0, 1};
    y = axes.logY ? niceLogRange(y) : niceRange(y, axes.compact ? 3 : 5);
    axes.y = {axes.scaledY(y.low), axes.scaledY(y.high)};
}

std::vector<LegendEntry> PlotContent::legend() const {
    std::vector<LegendEntry> entries;
    for (const PlotSeries& one : series)
        if (!one.style.name.isEmpty() && !one.empty())
            entries.push_back({one.style.name, one.style.color, one.style.pen, MarkerShape::None});
    return entries;
}

QString PlotContent::textAt(double x, const PlotAxes& axes) const {
    QStringList lines;
    for (const PlotSeries& one : series) {
        if (one.empty() || one.style.name.isEmpty()) continue;
        const std::size_t index = one.nearest(x);
        if (lines.isEmpty())
            lines << QStringLiteral("%1 %2").arg(axes.xName, axes.xText(one.xs()[index]));
        lines << QStringLiteral("%1  %2").arg(one.style.name, axes.yText(one.ys()[index]));
        if (lines.size() > kMostValues) break;
    }
    return lines.join(QLatin1Char('\n'));
}

ViewTable PlotContent::table(const QString& xName, const QString& yName) const {
    std::vector<Column> columns;
    const bool shared = std::all_of(series.begin(), series.end(), [&](const PlotSeries& one) {
        return one.xs() == series.front().xs();
    });
    const QString x = xName.isEmpty() ? translate("x") : xName;
    for (const PlotSeries& one : series) {
        if (one.empty()) continue;
        if (columns.empty() || !shared) columns.push_back({x, one.xs()});
        columns.push_back({one.style.name.isEmpty() ? yName : one.style.name, one.ys()});
    }
    for (const auto& band : annotations.envelopes) {
        columns.push_back({x, band.xs});
        columns.push_back({translate("%1, low").arg(band.name), band.low});
        columns.push_back({translate("%1, high").arg(band.name), band.high});
    }
    ViewTable table;
    std::size_t rows = 0;
    for (const Column& column : columns) {
        table.header << column.name;
        rows = std::max(rows, column.values.size());
    }
    table.rows = static_cast<int>(rows);
    table.cell = [columns = std::move(columns)](int row, int column) {
        const std::vector<double>& values = columns[column].values;
        return static_cast<std::size_t>(row) < values.size() ? ViewCell::number(values[row])
                                                             : ViewCell();
    };
    return table;
}

PlotContent PlotContent::inTheme(const ThemeColors& from, const ThemeColors& to) const {
    PlotContent out = *this;
    const auto change = [&](auto& of) { of.color = skd::inTheme(of.color, from, to); };
    for (PlotSeries& one : out.series) change(one.style);
    for (auto* lines : {&out.annotations.horizontal, &out.annotations.vertical})
        for (auto& line : *lines) change(line);
    for (auto& band : out.annotations.bands) change(band);
    for (auto& envelope : out.annotations.envelopes) change(envelope);
    for (auto& marker : out.annotations.markers) change(marker);
    return out;
}

}  // namespace skd
