#include "charts/views/parallel_plot.h"

#include <QFontMetricsF>
#include <QLinearGradient>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "charts/views/color_scale.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr double kMissing = -0.06;  ///< place of a line that has no value on an axis
constexpr int kMostWords = 9;       ///< written beside an axis

double onScale(const ParallelAxis& axis, double value) {
    return axis.log ? std::log10(value) : value;
}

}  // namespace

ParallelPlot::ParallelPlot(const QString& accessibleName, QWidget* parent) : QWidget(parent) {
    setAccessibleName(accessibleName);
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    m_emptyText = tr("no data yet");
}

void ParallelPlot::setData(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines) {
    std::vector<std::optional<Range>> brushes(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        for (std::size_t j = 0; j < m_axes.size(); ++j)
            if (m_axes[j].name == axes[i].name) brushes[i] = m_brushes[j];
    m_axes = std::move(axes);
    m_lines = std::move(lines);
    m_brushes = std::move(brushes);
    m_axis = std::min(m_axis, m_axes.empty() ? 0 : m_axes.size() - 1);
    m_hover.reset();
    m_dragAxis.reset();
    findExtents();
    changed();
}

void ParallelPlot::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void ParallelPlot::findExtents() {
    m_extents.assign(m_axes.size(), Range{INFINITY, -INFINITY});
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        Range& extent = m_extents[axis];
        for (const ParallelLine& line : m_lines) {
            const double value = onScale(m_axes[axis], line.values.at(axis));
            if (std::isfinite(value))
                extent = {std::min(extent.low, value), std::max(extent.high, value)};
        }
        if (!m_axes[axis].words.isEmpty())
            extent = {0, std::max(1.0, static_cast<double>(m_axes[axis].words.size() - 1))};
        if (!(extent.high >= extent.low)) extent = {0, 1};
        if (extent.high == extent.low) extent = {extent.low - 0.5, extent.high + 0.5};
    }
}

double ParallelPlot::placeOf(std::size_t axis, double value) const {
    const double at = onScale(m_axes.at(axis), value);
    return std::isfinite(at) ? (at - m_extents[axis].low) / m_extents[axis].span() : NAN;
}

void ParallelPlot::setBrush(std::size_t axis, std::optional<Range> part) {
    m_brushes.at(axis) = part;
    changed();
}

void ParallelPlot::clearBrushes() {
    m_brushes.assign(m_axes.size(), std::nullopt);
    changed();
}

void ParallelPlot::changed() {
    m_dirty = true;
    setAccessibleDescription(tr("%1 of %2 runs pass the brushes over %3 axes.")
                                 .arg(passing())
                                 .arg(m_lines.size())
                                 .arg(m_axes.size()));
    update();
    Q_EMIT brushed(passing(), static_cast<int>(m_lines.size()));
}

bool ParallelPlot::passes(std::size_t line) const {
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        if (!m_brushes[axis]) continue;
        const double place = placeOf(axis, m_lines[line].values[axis]);
        if (!(place >= m_brushes[axis]->low - 1e-9 && place <= m_brushes[axis]->high + 1e-9))
            return false;
    }
    return true;
}

int ParallelPlot::passing() const {
    int count = 0;
    for (std::size_t line = 0; line < m_lines.size(); ++line) count += passes(line) ? 1 : 0;
    return count;
}

void ParallelPlot::arrange(const QSizeF& size) {
    const double line = QFontMetricsF(textFont(TextRole::Small)).height();
    m_area =
        QRectF(QPointF(56, 2.6 * line), QPointF(size.width() - 84, size.height() - 2.2 * line));
}

QPointF ParallelPlot::pixelOf(std::size_t axis, double place) const {
    const double gaps = std::max<double>(1, static_cast<double>(m_axes.size()) - 1);
    const double y = m_area.bottom() - (std::isnan(place) ? kMissing : place) * m_area.height();
    return {m_area.left() + static_cast<double>(axis) / gaps * m_area.width(), y};
}

QPolygonF ParallelPlot::polygonOf(std::size_t line) const {
    QPolygonF points;
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis)
        points << pixelOf(axis, placeOf(axis, m_lines[line].values[axis]));
    return points;
}

QColor ParallelPlot::colorOf(std::size_t line, const ThemeColors& colors) const {
    const double place = placeOf(m_axes.size() - 1, m_lines[line].values.back());
    // Viridis ends in a yellow that is lost on white.
    return std::isnan(place) ? colors.secondary
                             : viridis(colors.dark ? 0.12 + 0.88 * place : 0.9 * place);
}

void ParallelPlot::paintLines(QPainter& painter, const ThemeColors& colors) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    QColor context = colors.faint;
    context.setAlphaF(0.28F);
    painter.setPen(QPen(context, 1));
    for (std::size_t line = 0; line < m_lines.size(); ++line)
        if (!passes(line)) painter.drawPolyline(polygonOf(line));
    for (bool strong : {false, true})
        for (std::size_t line = 0; line < m_lines.size(); ++line) {
            if (!passes(line) || m_lines[line].strong != strong) continue;
            // Wider lines take Qt much longer, and many of them say no more.
            painter.setPen(QPen(colorOf(line, colors), strong                ? 2.6
                                                       : m_lines.size() > 60 ? 1.0
                                                                             : 1.3));
            painter.drawPolyline(polygonOf(line));
        }
}

QString ParallelPlot::endText(std::size_t axis, bool top) const {
    const ParallelAxis& one = m_axes[axis];
    const double end = top ? m_extents[axis].high : m_extents[axis].low;
    return one.text ? one.text(one.log ? std::pow(10.0, end) : end)
                    : formatValue(one.log ? std::pow(10.0, end) : end);
}

void ParallelPlot::paintAxis(QPainter& painter, std::size_t axis, const ThemeColors& colors) const {
    const QFontMetricsF metrics(painter.font());
    const double x = pixelOf(axis, 0).x(), line = metrics.height();
    const double room = m_axes.size() > 1
                            ? m_area.width() / static_cast<double>(m_axes.size() - 1) - 8
                            : m_area.width();
    painter.setPen(QPen(hasFocus() && axis == m_axis ? colors.accent : colors.secondary,
                        hasFocus() && axis == m_axis ? 2 : 1));
    painter.drawLine(pixelOf(axis, 0), pixelOf(axis, 1));
    const auto centred = [&](double top, const QString& text, const QColor& color) {
        const double wide = std::max(room, 30.0);
        painter.setPen(color);
        painter.drawText(QRectF(x - wide / 2, top, wide, line * 1.15), Qt::AlignCenter,
                         metrics.elidedText(text, Qt::ElideMiddle, wide));
    };
    QString name = m_axes[axis].name;
    if (metrics.horizontalAdvance(name) > room)
        name = name.section(QLatin1Char('.'), -1);  // "prune.target" -> "target"
    centred(0, name, colors.text);
    if (m_axes[axis].words.isEmpty()) {
        centred(line * 1.2, endText(axis, true), colors.secondary);
        centred(m_area.bottom() + line * 0.95, endText(axis, false), colors.secondary);
    } else if (m_axes[axis].words.size() <= kMostWords) {
        for (qsizetype i = 0; i < m_axes[axis].words.size(); ++i) {
            const QPointF at = pixelOf(axis, placeOf(axis, static_cast<double>(i)));
            const QString text = metrics.elidedText(m_axes[axis].words[i], Qt::ElideMiddle,
                                                    std::min(room * 0.8, 150.0));
            QRectF box(at.x() + 5, at.y() - line / 2, metrics.horizontalAdvance(text) + 6, line);
            QColor back = colors.card;
            back.setAlphaF(0.8F);
            painter.fillRect(box, back);
            painter.setPen(colors.text);
            painter.drawText(box, Qt::AlignCenter, text);
        }
    }
    if (!m_brushes[axis]) return;
    QColor fill = colors.accent;
    fill.setAlphaF(0.35F);
    painter.setPen(QPen(colors.accent, 1.2));
    painter.setBrush(fill);
    painter.drawRect(QRectF(pixelOf(axis, m_brushes[axis]->high) - QPointF(6, 0),
                            pixelOf(axis, m_brushes[axis]->low) + QPointF(6, 0)));
    painter.setBrush(Qt::NoBrush);
}

/// The scale of the colours, at the right end beside the last axis.
void ParallelPlot::paintScale(QPainter& painter, const ThemeColors& colors) const {
    const QPointF top = pixelOf(m_axes.size() - 1, 1), foot = pixelOf(m_axes.size() - 1, 0);
    QLinearGradient scale(foot, top);
    for (int i = 0; i <= 8; ++i)
        scale.setColorAt(i / 8.0, viridis(colors.dark ? 0.12 + 0.88 * i / 8.0 : 0.9 * i / 8.0));
    painter.fillRect(QRectF(top + QPointF(10, 0), foot + QPointF(16, 0)), scale);
}

void ParallelPlot::paintAxes(QPainter& painter, const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) paintAxis(painter, axis, colors);
    if (m_axes.back().words.isEmpty()) paintScale(painter, colors);
}

void ParallelPlot::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    if (m_axes.empty()) return;
    arrange(area.size());
    painter.save();
    painter.translate(area.topLeft());
    paintLines(painter, colors);
    paintAxes(painter, colors);
    painter.restore();
    arrange(size());
    m_dirty = true;
}

ViewTable ParallelPlot::viewTable() const {
    ViewTable table;
    table.header << tr("name");
    for (const ParallelAxis& axis : m_axes) table.header << axis.name;
    table.header << tr("passes the brushes");
    table.rows = m_axes.empty() ? 0 : static_cast<int>(m_lines.size());
    table.cell = [this](int row, int column) -> ViewCell {
        const auto line = static_cast<std::size_t>(row);
        if (column == 0) return m_lines[line].name;
        const auto axis = static_cast<std::size_t>(column - 1);
        if (axis == m_axes.size()) return passes(line) ? tr("yes") : tr("no");
        const double value = m_lines[line].values[axis];
        if (std::isnan(value)) return {};
        if (!m_axes[axis].words.isEmpty())
            return m_axes[axis].words.value(static_cast<qsizetype>(value));
        return {m_axes[axis].text ? m_axes[axis].text(value) : formatValue(value), value};
    };
    return table;
}

}  // namespace skd
