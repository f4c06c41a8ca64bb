#include "charts/views/parallel_plot.h"

#include <QLinearGradient>
#include <algorithm>
#include <cmath>
#include <utility>

#include "charts/views/color_scale.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr double kMissing = -0.06;         ///< place of a line that has no value on an axis
constexpr int kMostWords = 9;              ///< written beside an axis
constexpr double kLeft = 56, kRight = 84;  ///< px for texts that stand centred on the outer axes
constexpr double kAxisReach = 9, kLineReach = 7, kShortestDrag = 4;  ///< px
constexpr double kStep = 0.05;                                       ///< of an axis, by keyboard

/// Of the colours; viridis ends in a yellow that is lost on white.
QColor colorAt(double place, const ThemeColors& colors) {
    return viridis(colors.dark ? 0.12 + 0.88 * place : 0.9 * place);
}

double onScale(const ParallelAxis& axis, double value) {
    return axis.log ? std::log10(value) : value;
}

}  // namespace

QString ParallelAxis::textOf(double value) const {
    if (std::isnan(value)) return {};
    if (!words.isEmpty()) return words.value(static_cast<qsizetype>(value));
    return text ? text(value) : formatValue(value);
}

void ParallelPlot::setData(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines) {
    std::vector<std::optional<Range>> brushes(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        for (std::size_t j = 0; j < m_axes.size(); ++j)
            if (m_axes[j].name == axes[i].name) brushes[i] = m_brushes[j];
    m_axes = std::move(axes);
    m_lines = std::move(lines);
    m_brushes = std::move(brushes);
    findExtents();
    m_axis = m_axes.empty() ? 0 : std::min(m_axis, m_axes.size() - 1);
    m_dragAxis.reset();
    changed();
}

void ParallelPlot::setBrush(std::size_t axis, std::optional<Range> part) {
    m_brushes.at(axis) = part;
    changed();
}

void ParallelPlot::clearBrushes() {
    m_brushes.assign(m_axes.size(), std::nullopt);
    changed();
}

void ParallelPlot::findExtents() {
    m_extents.assign(m_axes.size(), kNoRange);
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        Range& extent = m_extents[axis];
        for (const ParallelLine& line : m_lines)
            include(extent, onScale(m_axes[axis], line.values.at(axis)));
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

QString ParallelPlot::endText(std::size_t axis, bool top) const {
    const double end = top ? m_extents[axis].high : m_extents[axis].low;
    return m_axes[axis].textOf(m_axes[axis].log ? std::pow(10.0, end) : end);
}

void ParallelPlot::changed() {
    setAccessibleDescription(tr("%1 of %2 runs pass the brushes over %3 axes.")
                                 .arg(passing())
                                 .arg(m_lines.size())
                                 .arg(m_axes.size()));
    markDirty();
    Q_EMIT brushed(passing(), static_cast<int>(m_lines.size()));
}

QRectF ParallelPlot::area() const {
    const double line = smallLineHeight();
    return {QPointF(kLeft, 2.6 * line),
            QPointF(extent().width() - kRight, extent().height() - 2.2 * line)};
}

QPointF ParallelPlot::pixelIn(const QRectF& area, std::size_t axis, double place) const {
    const double gaps = std::max<double>(1, static_cast<double>(m_axes.size()) - 1);
    return {area.left() + static_cast<double>(axis) / gaps * area.width(),
            area.bottom() - (std::isnan(place) ? kMissing : place) * area.height()};
}

QPolygonF ParallelPlot::polygonOf(std::size_t line) const {
    QPolygonF points;
    const QRectF area = this->area();
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis)
        points << pixelIn(area, axis, placeOf(axis, m_lines[line].values[axis]));
    return points;
}

QColor ParallelPlot::colorOf(std::size_t line) const {
    const double place = placeOf(m_axes.size() - 1, m_lines[line].values.back());
    return std::isnan(place) ? colors().secondary : colorAt(place, colors());
}

void ParallelPlot::paintLines(QPainter& painter) const {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    QColor context = colors().faint;
    context.setAlphaF(0.28F);
    painter.setPen(QPen(context, 1));
    for (std::size_t line = 0; line < m_lines.size(); ++line)
        if (!passes(line)) painter.drawPolyline(polygonOf(line));
    for (bool strong : {false, true})
        for (std::size_t line = 0; line < m_lines.size(); ++line) {
            if (!passes(line) || m_lines[line].strong != strong) continue;
            // Wider lines take Qt much longer, and many of them say no more.
            painter.setPen(QPen(colorOf(line), strong ? 2.6 : m_lines.size() > 60 ? 1.0 : 1.3));
            painter.drawPolyline(polygonOf(line));
        }
}

double ParallelPlot::roomOfAxis() const {
    const double width = area().width();
    return m_axes.size() > 1 ? width / static_cast<double>(m_axes.size() - 1) - 8 : width;
}

void ParallelPlot::paintAxis(QPainter& painter, std::size_t axis) const {
    const QFontMetricsF metrics(painter.font());
    const double x = pixelOf(axis, 0).x(), line = metrics.height(), room = roomOfAxis();
    const bool current = hasFocus() && axis == m_axis;
    painter.setPen(QPen(current ? colors().accent : colors().secondary, current ? 2 : 1));
    painter.drawLine(pixelOf(axis, 0), pixelOf(axis, 1));
    const auto centred = [&](double top, const QString& text, const QColor& color) {
        const double wide = std::max(room, 30.0);
        writeText(painter, color, QRectF(x - wide / 2, top, wide, line * 1.15), Qt::AlignCenter,
                  text, Qt::ElideMiddle);
    };
    QString name = m_axes[axis].name;
    if (metrics.horizontalAdvance(name) > room)
        name = name.section(QLatin1Char('.'), -1);  // "prune.target" -> "target"
    centred(0, name, colors().text);
    if (m_axes[axis].words.isEmpty()) {
        centred(line * 1.2, endText(axis, true), colors().secondary);
        centred(area().bottom() + line * 0.95, endText(axis, false), colors().secondary);
    } else if (m_axes[axis].words.size() <= kMostWords) {
        paintWords(painter, axis);
    }
    if (m_brushes[axis]) paintBrush(painter, axis);
}

void ParallelPlot::paintWords(QPainter& painter, std::size_t axis) const {
    const QFontMetricsF metrics(painter.font());
    const double line = metrics.height(), widest = std::min(roomOfAxis() * 0.8, 150.0);
    for (qsizetype i = 0; i < m_axes[axis].words.size(); ++i) {
        const QPointF at = pixelOf(axis, placeOf(axis, static_cast<double>(i)));
        const QString text = metrics.elidedText(m_axes[axis].words[i], Qt::ElideMiddle, widest);
        const QRectF box(at.x() + 5, at.y() - line / 2, metrics.horizontalAdvance(text) + 6, line);
        painter.fillRect(box, withAlpha(colors().card, 0.8F));
        writeText(painter, colors().text, box, Qt::AlignCenter, text);
    }
}

void ParallelPlot::paintBrush(QPainter& painter, std::size_t axis) const {
    painter.setPen(QPen(colors().accent, 1.2));
    painter.setBrush(withAlpha(colors().accent, 0.35F));
    painter.drawRect(QRectF(pixelOf(axis, m_brushes[axis]->high) - QPointF(6, 0),
                            pixelOf(axis, m_brushes[axis]->low) + QPointF(6, 0)));
    painter.setBrush(Qt::NoBrush);
}

/// The scale of the colours, at the right end beside the last axis.
void ParallelPlot::paintScale(QPainter& painter) const {
    const QPointF top = pixelOf(m_axes.size() - 1, 1), foot = pixelOf(m_axes.size() - 1, 0);
    QLinearGradient scale(foot, top);
    for (int i = 0; i <= 8; ++i) scale.setColorAt(i / 8.0, colorAt(i / 8.0, colors()));
    painter.fillRect(QRectF(top + QPointF(10, 0), foot + QPointF(16, 0)), scale);
}

void ParallelPlot::paintAxes(QPainter& painter) const {
    painter.setFont(textFont(TextRole::Small));
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) paintAxis(painter, axis);
    if (m_axes.back().words.isEmpty()) paintScale(painter);
}

void ParallelPlot::paintContent(QPainter& painter) {
    paintLines(painter);
    if (exporting()) paintAxes(painter);
}

void ParallelPlot::paintOverlay(QPainter& painter) {
    const auto line = hover() && !m_dragAxis && !axisAt(*hover()) ? lineAt(*hover()) : std::nullopt;
    if (line) {
        painter.setPen(QPen(colors().text, 2.4));
        painter.drawPolyline(polygonOf(*line));
    }
    paintAxes(painter);
    if (line)
        paintBubble(painter, area().topLeft() + QPointF(14, 60), describe(*line), QRectF(rect()),
                    colors());
}

QString ParallelPlot::describe(std::size_t line) const {
    QStringList parts{m_lines[line].name};
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        const double value = m_lines[line].values[axis];
        parts << QStringLiteral("%1  %2").arg(
            m_axes[axis].name,
            std::isnan(value) ? QStringLiteral("–") : m_axes[axis].textOf(value).left(40));
    }
    return parts.join(QLatin1Char('\n'));
}

ViewTable ParallelPlot::viewTable() const {
    QStringList header{tr("name")};
    for (const ParallelAxis& axis : m_axes) header << axis.name;
    std::vector<bool> passing;
    for (std::size_t line = 0; line < m_lines.size(); ++line) passing.push_back(passes(line));
    return tableOf(header << tr("passes the brushes"),
                   m_axes.empty() ? std::vector<ParallelLine>() : m_lines,
                   [axes = m_axes, passing](const ParallelLine& line, int row) {
                       std::vector<ViewCell> cells{line.name};
                       for (std::size_t i = 0; i < axes.size(); ++i) {
                           const QString text = axes[i].textOf(line.values[i]);
                           cells.push_back(axes[i].words.isEmpty() ? ViewCell(text, line.values[i])
                                                                   : ViewCell(text));
                       }
                       cells.emplace_back(passing[row] ? tr("yes") : tr("no"));
                       return cells;
                   });
}

double ParallelPlot::placeAt(double y) const {
    const double place = (area().bottom() - y) / area().height(), near = 4 / area().height();
    return place < near ? 0 : place > 1 - near ? 1 : place;  // the ends are easy to hit
}

std::optional<std::size_t> ParallelPlot::axisAt(const QPointF& position) const {
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis)
        if (std::abs(pixelOf(axis, 0).x() - position.x()) < kAxisReach) return axis;
    return {};
}

std::optional<std::size_t> ParallelPlot::lineAt(const QPointF& position) const {
    std::optional<std::size_t> nearest;
    double best = kLineReach;
    for (std::size_t line = 0; line < m_lines.size(); ++line) {
        if (!passes(line)) continue;
        const QPolygonF points = polygonOf(line);
        for (qsizetype i = 1; i < points.size(); ++i) {
            const QPointF from = points[i - 1], to = points[i];
            if (position.x() < from.x() || position.x() > to.x() || to.x() <= from.x()) continue;
            const double share = (position.x() - from.x()) / (to.x() - from.x());
            const QPointF way = to - from;
            // Vertical distance, shortened by the slope: the distance to the line itself.
            const double away = std::abs(from.y() + share * way.y() - position.y()) * way.x() /
                                std::hypot(way.x(), way.y());
            if (away >= best) continue;
            best = away;
            nearest = line;
        }
    }
    return nearest;
}

void ParallelPlot::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || m_axes.empty()) return;
    m_dragAxis = axisAt(event->position());
    m_dragFrom = event->position().y();
    m_dragged = false;
    if (m_dragAxis)
        m_axis = *m_dragAxis;
    else if (const auto line = lineAt(event->position()))
        Q_EMIT chosen(m_lines[*line].id, event->modifiers().testFlag(Qt::ControlModifier));
    update();
}

void ParallelPlot::mouseMoveEvent(QMouseEvent* event) {
    PaintedView::mouseMoveEvent(event);
    if (m_dragAxis) {
        m_dragged = m_dragged || std::abs(event->position().y() - m_dragFrom) > kShortestDrag;
        if (!m_dragged) return;
        const double a = placeAt(m_dragFrom), b = placeAt(event->position().y());
        return setBrush(*m_dragAxis, Range{std::min(a, b), std::max(a, b)});
    }
    const auto axis = axisAt(event->position());
    const auto line = axis ? std::nullopt : lineAt(event->position());
    setCursor(axis ? Qt::SizeVerCursor : line ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void ParallelPlot::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || !m_dragAxis) return;
    const std::size_t axis = *std::exchange(m_dragAxis, std::nullopt);
    if (!m_dragged) setBrush(axis, std::nullopt);
}

void ParallelPlot::mouseDoubleClickEvent(QMouseEvent* event) {
    if (axisAt(event->position())) return clearBrushes();
    if (const auto line = lineAt(event->position())) Q_EMIT opened(m_lines[*line].id);
}

void ParallelPlot::narrow(bool fromBelow, double step) {
    if (m_axes.empty()) return;
    Range part = m_brushes[m_axis].value_or(Range{0, 1});
    (fromBelow ? part.low : part.high) += fromBelow ? step : -step;
    part = {std::clamp(part.low, 0.0, 1.0), std::clamp(part.high, 0.0, 1.0)};
    if (part.low > part.high) return;
    const bool whole = part.low <= 0 && part.high >= 1;
    setBrush(m_axis, whole ? std::nullopt : std::optional(part));
}

void ParallelPlot::goTo(int direction) {
    if (m_axes.empty()) return;
    const int last = static_cast<int>(m_axes.size()) - 1;
    m_axis = static_cast<std::size_t>(std::clamp(static_cast<int>(m_axis) + direction, 0, last));
    setAccessibleDescription(tr("axis %1").arg(m_axes[m_axis].name));
    update();
}

void ParallelPlot::keyPressEvent(QKeyEvent* event) {
    const double step = event->modifiers().testFlag(Qt::ShiftModifier) ? -kStep : kStep;
    const bool known = actOnKey(*event, {{{Qt::Key_Left}, [&] { goTo(-1); }},
                                         {{Qt::Key_Right}, [&] { goTo(1); }},
                                         {{Qt::Key_Up}, [&] { narrow(true, step); }},
                                         {{Qt::Key_Down}, [&] { narrow(false, step); }},
                                         {{Qt::Key_Escape}, [&] { clearBrushes(); }},
                                         {{Qt::Key_Delete, Qt::Key_Backspace}, [&] {
                                              if (!m_axes.empty()) setBrush(m_axis, std::nullopt);
                                          }}});
    if (!known) QWidget::keyPressEvent(event);
}

}  // namespace skd
