#include "charts/plot/plot_view.h"

#include <QApplication>
#include <QClipboard>
#include <QMenu>
#include <algorithm>
#include <cmath>

#include "style/format.h"

namespace skd {

namespace {

constexpr double kMarkerReach = 9;   ///< px from a marker at which the mouse still hits it
constexpr double kShortestDrag = 6;  ///< px; less is a click

}  // namespace

PlotView::PlotView(const QString& accessibleName, QWidget* parent)
    : PaintedView(Kind::Chart, accessibleName, parent) {
    m_axes.xText = formatValue;
    m_axes.yText = formatValue;
}

std::size_t PlotView::addSeries(const SeriesStyle& style) {
    m_content.series.emplace_back().style = style;
    markDirty();
    return m_content.series.size() - 1;
}

void PlotView::setData(std::size_t series, std::vector<double> xs, std::vector<double> ys,
                       const SeriesSource& source) {
    m_content.series.at(series).setData(std::move(xs), std::move(ys), source);
    markDirty();
}

void PlotView::append(std::size_t series, std::span<const double> xs, std::span<const double> ys) {
    m_content.series.at(series).append(xs, ys);
    markDirty();
}

void PlotView::setHandle(std::optional<double> x, double step) {
    m_handle = {x, step};
    update();
}

void PlotView::placeCursor(std::size_t which, std::optional<double> x) {
    m_cursors.place(which, x);
    update();
    updateSummary();
}

void PlotView::removeCursors() {
    placeCursor(0, {});
    placeCursor(1, {});
}

/// Scales to what is shown, and lays out the plot: in a file with the names of the axes, and with a
/// legend where lines need one.
void PlotView::arrange() {
    m_content.scale(m_axes, m_zoom.shown());
    const std::vector<LegendEntry> legend = m_content.legend();
    const bool named = exporting() ? legend.size() > 1 : m_legend;
    m_axes.headroom = named ? legendHeight(legend, extent().width()) : 0;
    m_axes.layout(extent(), exporting(), exporting());
}

const PlotAxes& PlotView::axes() {
    if (dirty()) arrange();
    return m_axes;
}

void PlotView::paintLegendAbove(QPainter& painter, const PlotContent& content) const {
    if (m_axes.headroom > 0)
        paintLegend(painter, QRectF(m_axes.area.left(), 0, m_axes.area.width(), m_axes.headroom),
                    content.legend(), colors());
}

void PlotView::paintContent(QPainter& painter) {
    arrange();
    if (exporting()) return paintFigure(painter);
    m_content.paint(painter, m_axes, colors(), true);
    paintLegendAbove(painter, m_content);
    updateSummary();
}

/// The figure that a paper needs, with handle and cursors as they stand.
void PlotView::paintFigure(QPainter& painter) const {
    const PlotContent content = m_content.inTheme(themeColors(this), colors());
    content.paint(painter, m_axes, colors(), false);
    m_handle.paint(painter, m_axes, colors().text);
    m_cursors.paint(painter, content, m_axes, colors());
    paintLegendAbove(painter, content);
    m_axes.paintNames(painter, colors().text);
}

void PlotView::updateSummary() {
    int points = 0;
    for (const PlotSeries& one : series()) points += static_cast<int>(one.xs().size());
    const int lines = static_cast<int>(series().size());
    QStringList parts{tr("Chart: %1, %2.")
                          .arg(tr("%1 lines", nullptr, lines).arg(formatWhole(lines)),
                               tr("%1 points", nullptr, points).arg(formatWhole(points)))};
    if (!series().empty() && !series().front().empty())
        parts << m_content.textAt(series().front().xs().back(), m_axes);
    parts << cursorText();
    parts.removeAll(QString());
    const QString text =
        parts.join(QLatin1Char(' ')).replace(QLatin1Char('\n'), QLatin1String("; "));
    if (text != accessibleDescription()) setAccessibleDescription(text);
}

void PlotView::paintZoomBand(QPainter& painter, const QPointF& to) const {
    const QRectF& area = m_axes.area;
    const double a = std::clamp(m_dragFrom.x(), area.left(), area.right());
    const double b = std::clamp(to.x(), area.left(), area.right());
    painter.fillRect(QRectF(QPointF(a, area.top()), QPointF(b, area.bottom())),
                     withAlpha(colors().action, 0.18F));
}

void PlotView::paintOverlay(QPainter& painter) {
    const bool zooms = m_drag == Drag::Zoom && hover();
    if (zooms) paintZoomBand(painter, *hover());
    m_handle.paint(painter, m_axes, hasFocus() ? colors().accent : colors().text);
    m_cursors.paint(painter, m_content, m_axes, colors());
    if (zooms || !hover() || !m_axes.area.contains(*hover())) return;
    const double x = m_axes.valueX(hover()->x());
    QString text = m_hoverText ? m_hoverText(x) : m_content.textAt(x, m_axes);
    if (const auto marker = markerAt(*hover());
        marker && !annotations().markers[*marker].tip.isEmpty())
        text = annotations().markers[*marker].tip;
    if (text.isEmpty()) return;
    painter.setPen(QPen(colors().faint, 1));
    painter.drawLine(QPointF(hover()->x(), m_axes.area.top()),
                     QPointF(hover()->x(), m_axes.area.bottom()));
    paintBubble(painter, *hover() + QPointF(12, 0), text, m_axes.area, colors());
}

std::optional<std::size_t> PlotView::markerAt(const QPointF& position) {
    const auto& markers = annotations().markers;
    for (std::size_t i = 0; i < markers.size(); ++i) {
        const QPointF away = axes().pixel(markers[i].x, markers[i].y) - position;
        if (QPointF::dotProduct(away, away) < kMarkerReach * kMarkerReach) return i;
    }
    return {};
}

void PlotView::chooseMarkerNear(double x) {
    const auto& markers = annotations().markers;
    const auto away = [&](const PlotAnnotations::Marker& one) {
        return one.tip.isEmpty() ? INFINITY : std::abs(axes().pixelX(one.x) - axes().pixelX(x));
    };
    const auto nearest = std::ranges::min_element(markers, {}, away);
    if (nearest != markers.end() && away(*nearest) < kMarkerReach)
        Q_EMIT markerClicked(nearest - markers.begin());
}

/// From what is on screen; narrower for factors below 1.
void PlotView::zoomAround(double x, double factor, bool byWheel) {
    const Range shown = axes().x;
    m_zoom.narrow({x - (x - shown.low) * factor, x + (shown.high - x) * factor}, m_content.wholeX(),
                  byWheel);
    markDirty();
}

void PlotView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || empty()) return;
    const QPointF position = event->position();
    if (event->modifiers().testFlag(Qt::AltModifier))
        return placeCursor(event->modifiers().testFlag(Qt::ShiftModifier) ? 1 : 0,
                           axes().valueX(position.x()));
    m_dragFrom = position;
    m_drag = m_handle.isAt(position, axes()) ? Drag::Handle : Drag::Zoom;
    if (m_drag == Drag::Handle) Q_EMIT handlePressed();
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
    PaintedView::mouseMoveEvent(event);
    const QPointF position = event->position();
    if (m_drag == Drag::Handle)
        Q_EMIT handleMoved(std::clamp(axes().valueX(position.x()), axes().x.low, axes().x.high));
    else if (m_drag == Drag::None)
        setCursor(m_handle.isAt(position, axes()) ? Qt::SizeHorCursor
                  : markerAt(position)            ? Qt::PointingHandCursor
                                                  : Qt::CrossCursor);
}

void PlotView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Drag drag = std::exchange(m_drag, Drag::None);
    update();
    if (drag == Drag::Handle) Q_EMIT handleReleased();
    if (drag != Drag::Zoom) return;
    const double from = m_dragFrom.x(), to = event->position().x();
    const Range& shown = axes().x;
    if (std::abs(to - from) > kShortestDrag)
        zoomTo({std::max(shown.low, m_axes.valueX(std::min(from, to))),
                std::min(shown.high, m_axes.valueX(std::max(from, to)))});
    else if (const auto marker = markerAt(event->position()))
        Q_EMIT markerClicked(*marker);
}

void PlotView::wheelEvent(QWheelEvent* event) {
    if (empty() || event->angleDelta().y() == 0) return;
    event->accept();
    const double factor = event->angleDelta().y() > 0 ? kZoomIn : kZoomOut;
    if (factor < 1 || m_zoom.shown())
        zoomAround(axes().valueX(event->position().x()), factor, true);
}

void PlotView::moveHandle(double x) {
    Q_EMIT handlePressed();
    Q_EMIT handleMoved(x);
    Q_EMIT handleReleased();
}

bool PlotView::zoomKey(const QKeyEvent& event) {
    const auto zoom = [this](double factor) {
        return [=, this] { zoomAround(m_cursors.at(0).value_or(axes().middleX()), factor, false); };
    };
    const bool shift = event.modifiers().testFlag(Qt::ShiftModifier);
    return actOnKey(event, {{{Qt::Key_Backspace}, [&] { shift ? zoomForward() : zoomBack(); }}}) ||
           (!m_handle.x && actOnKey(event, {{{Qt::Key_Home}, [&] { resetZoom(); }},
                                            {{Qt::Key_Plus, Qt::Key_Equal}, zoom(kZoomIn)},
                                            {{Qt::Key_Minus}, zoom(kZoomOut)}}));
}

void PlotView::keyPressEvent(QKeyEvent* event) {
    const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
    const int key = event->key();
    const auto a = m_cursors.at(0);
    if (zoomKey(*event)) return;
    if (const auto x = m_handle.keyed(key, shift)) return moveHandle(*x);
    if (!m_handle.x && (key == Qt::Key_Left || key == Qt::Key_Right)) {
        const std::size_t which = shift ? 1 : 0;
        const int way = key == Qt::Key_Left ? -1 : 1;
        if (const auto x = m_cursors.stepped(which, way, m_content, axes())) placeCursor(which, x);
        return;
    }
    if (key == Qt::Key_N && m_takesNotes && a) return Q_EMIT noteRequested(*a);
    if ((key == Qt::Key_Return || key == Qt::Key_Enter) && a) return chooseMarkerNear(*a);
    if ((key == Qt::Key_Escape || key == Qt::Key_Delete) && m_cursors.any()) return removeCursors();
    if (key == Qt::Key_Escape && m_zoom.shown()) return resetZoom();
    QWidget::keyPressEvent(event);
}

void PlotView::addCursorActions(QMenu& menu, double x) {
    menu.addAction(tr("Cursor A here (Alt+click)"), this, [this, x] { placeCursor(0, x); });
    menu.addAction(tr("Cursor B here (Alt+Shift+click)"), this, [this, x] { placeCursor(1, x); });
    menu.addAction(tr("Remove cursors"), this, &PlotView::removeCursors)
        ->setEnabled(m_cursors.any());
    if (m_takesNotes)
        menu.addAction(tr("Note here… (N at cursor A)"), this,
                       [this, x] { Q_EMIT noteRequested(x); });
}

void PlotView::addZoomActions(QMenu& menu) {
    menu.addAction(tr("Zoom back (Backspace)"), this, &PlotView::zoomBack)
        ->setEnabled(m_zoom.shown().has_value());
    menu.addAction(tr("Zoom forward (Shift+Backspace)"), this, &PlotView::zoomForward)
        ->setEnabled(m_zoom.canForward());
    menu.addAction(tr("Show all (double click)"), this, &PlotView::resetZoom)
        ->setEnabled(m_zoom.shown().has_value());
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("plotMenu"));
    addTableActions(*menu, this, viewName(), viewTable());
    menu->addAction(tr("Copy picture"), this,
                    [this] { QApplication::clipboard()->setPixmap(grab()); });
    menu->addSeparator();
    addCursorActions(*menu, event->reason() == QContextMenuEvent::Keyboard
                                ? m_cursors.at(0).value_or(axes().middleX())
                                : axes().valueX(event->pos().x()));
    menu->addSeparator();
    addZoomActions(*menu);
    menu->popup(event->globalPos());
}

}  // namespace skd
