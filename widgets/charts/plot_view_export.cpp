// How a PlotView leaves the window: its legend, its picture on paper, its data.
#include <QFontMetricsF>
#include <algorithm>
#include <cmath>

#include "charts/plot_view.h"

namespace skd {

void PlotView::setLegend(bool on) {
    m_legend = on;
    markDirty();
}

std::vector<LegendEntry> PlotView::legendEntries() const {
    std::vector<LegendEntry> entries;
    for (const PlotSeries& one : m_series)
        if (!one.style.name.isEmpty() && !one.empty())
            entries.push_back({one.style.name, one.style.color, one.style.pen, MarkerShape::None});
    return entries;
}

void PlotView::layoutAxes(const QSizeF& size, bool legend) {
    m_axes.headroom = legend ? legendHeight(legendEntries(), size.width()) : 0;
    m_axes.layout(size);
}

QString PlotView::viewName() const {
    return accessibleName();
}

void PlotView::recolor(const ThemeColors& from, const ThemeColors& to) {
    const auto change = [&](QColor& color) { color = inTheme(color, from, to); };
    for (PlotSeries& one : m_series) change(one.style.color);
    for (auto* lines : {&m_annotations.horizontal, &m_annotations.vertical})
        for (auto& line : *lines) change(line.color);
    for (auto& band : m_annotations.bands) change(band.color);
    for (auto& envelope : m_annotations.envelopes) change(envelope.color);
    for (auto& marker : m_annotations.markers) change(marker.color);
}

/// The figure a paper needs: names of the axes, a legend where lines need one; handle and cursors
/// as they stand.
void PlotView::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    std::vector<QColor> kept;
    for (const PlotSeries& one : m_series) kept.push_back(one.style.color);
    const PlotAnnotations annotations = m_annotations;
    recolor(themeColors(this), colors);
    autoscale();
    const PlotAxes onScreen = m_axes;
    const QFontMetricsF metrics(textFont(TextRole::Small));
    const double left = m_yName.isEmpty() ? 0 : metrics.height() * 1.2,
                 below = m_xName.isEmpty() ? 0 : metrics.height() * 1.1;
    const std::vector<LegendEntry> legend = legendEntries();
    layoutAxes({area.width() - left, area.height() - below}, legend.size() > 1);
    painter.save();
    painter.translate(area.left() + left, area.top());
    PlotCanvas::paintVector(painter, m_axes, m_series, m_annotations, colors);
    paintHandle(painter, colors.text);
    paintCursors(painter, colors);
    if (legend.size() > 1)
        paintLegend(painter, QRectF(m_axes.area.left(), 0, m_axes.area.width(), m_axes.headroom),
                    legend, colors);
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors.text);
    painter.drawText(
        QRectF(m_axes.area.left(), area.height() - below - 2, m_axes.area.width(), below + 2),
        Qt::AlignCenter, m_xName);
    painter.translate(-left, m_axes.area.center().y());
    painter.rotate(-90);
    painter.drawText(QRectF(-m_axes.area.height() / 2, 0, m_axes.area.height(), left),
                     Qt::AlignCenter, m_yName);
    painter.restore();
    m_axes = onScreen;
    m_annotations = annotations;
    for (std::size_t i = 0; i < kept.size(); ++i) m_series[i].style.color = kept[i];
    markDirty();
}

namespace {

struct Column {
    QString name;
    const std::vector<double>* values;
};

}  // namespace

/// All points: one x column where the lines share theirs, else each line with its own; bands last.
ViewTable PlotView::viewTable() const {
    std::vector<Column> columns;
    const bool shared = std::all_of(m_series.begin(), m_series.end(), [&](const PlotSeries& one) {
        return one.xs() == m_series.front().xs();
    });
    const QString xName = m_xName.isEmpty() ? tr("x") : m_xName;
    for (const PlotSeries& one : m_series) {
        if (one.empty()) continue;
        if (columns.empty() || !shared) columns.push_back({xName, &one.xs()});
        columns.push_back({one.style.name.isEmpty() ? m_yName : one.style.name, &one.ys()});
    }
    for (const auto& band : m_annotations.envelopes) {
        columns.push_back({xName, &band.xs});
        columns.push_back({tr("%1, low").arg(band.name), &band.low});
        columns.push_back({tr("%1, high").arg(band.name), &band.high});
    }
    ViewTable table;
    std::size_t rows = 0;
    for (const Column& column : columns) {
        table.header << column.name;
        rows = std::max(rows, column.values->size());
    }
    table.rows = static_cast<int>(rows);
    table.cell = [columns = std::move(columns)](int row, int column) {
        const std::vector<double>& values = *columns[static_cast<std::size_t>(column)].values;
        return static_cast<std::size_t>(row) < values.size()
                   ? ViewCell::number(values[static_cast<std::size_t>(row)])
                   : ViewCell();
    };
    return table;
}

}  // namespace skd
