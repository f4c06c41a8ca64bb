// How a PlotView answers mouse, keyboard and palette; the drawing is in plot_view.cpp.
#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QDialog>
#include <QMenu>
#include <QMouseEvent>
#include <QTableView>
#include <QVBoxLayout>
#include <cmath>

#include "charts/plot/plot_view.h"
#include "charts/plot/series_table_model.h"

namespace skd {

void PlotView::resizeEvent(QResizeEvent*) {
    m_dirty = true;
}

void PlotView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) markDirty();
    QWidget::changeEvent(event);
}

bool PlotView::onHandle(const QPointF& position) const {
    return m_handle && std::abs(m_axes.pixelX(*m_handle) - position.x()) < 8;
}

void PlotView::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || empty()) return;
    if (event->modifiers().testFlag(Qt::AltModifier))
        return placeCursor(event->modifiers().testFlag(Qt::ShiftModifier) ? 1 : 0,
                           m_axes.valueX(event->position().x()));
    m_dragFrom = event->position();
    m_drag = onHandle(event->position()) ? Drag::Handle : Drag::Zoom;
    if (m_drag == Drag::Handle) Q_EMIT handlePressed();
}

void PlotView::mouseMoveEvent(QMouseEvent* event) {
    m_hover = event->position();
    if (m_drag == Drag::Handle) {
        const double x = m_axes.valueX(event->position().x());
        Q_EMIT handleMoved(std::clamp(x, m_axes.x.low, m_axes.x.high));
    } else if (m_drag == Drag::None) {
        setCursor(onHandle(event->position())   ? Qt::SizeHorCursor
                  : markerAt(event->position()) ? Qt::PointingHandCursor
                                                : Qt::CrossCursor);
    }
    update();
}

void PlotView::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Drag drag = std::exchange(m_drag, Drag::None);
    if (drag == Drag::Handle) Q_EMIT handleReleased();
    if (drag == Drag::Zoom && std::abs(event->position().x() - m_dragFrom.x()) <= 6)
        if (const auto marker = markerAt(event->position())) Q_EMIT markerClicked(*marker);
    if (drag == Drag::Zoom && std::abs(event->position().x() - m_dragFrom.x()) > 6) {
        const double a = m_axes.valueX(m_dragFrom.x()), b = m_axes.valueX(event->position().x());
        zoomTo({std::max(m_axes.x.low, std::min(a, b)), std::min(m_axes.x.high, std::max(a, b))});
    }
    update();
}

void PlotView::mouseDoubleClickEvent(QMouseEvent*) {
    resetZoom();
}

void PlotView::wheelEvent(QWheelEvent* event) {
    if (empty() || event->angleDelta().y() == 0) return;
    event->accept();
    const bool wheeling = m_wheeling;
    const double factor = event->angleDelta().y() > 0 ? 0.8 : 1.25;
    if (factor > 1 && m_zoom.empty()) return;
    const PlotAxes& shown = axes();
    const double center = shown.valueX(event->position().x());
    if (wheeling && !m_zoom.empty()) m_zoom.pop_back();  // a wheel turn is one entry of the stack
    zoomAround(center, factor);
    m_wheeling = true;
}

void PlotView::leaveEvent(QEvent*) {
    m_hover.reset();
    update();
}

/// From what is on screen; narrower for factors below 1.
void PlotView::zoomAround(double x, double factor) {
    zoomTo({x - (x - m_axes.x.low) * factor, x + (m_axes.x.high - x) * factor});
}

void PlotView::zoomTo(const Range& x) {
    m_wheeling = false;
    std::vector<Range> stack = std::exchange(m_zoom, {});
    autoscale();
    const Range full = m_axes.x;
    m_zoom = std::move(stack);
    const Range wanted{std::max(full.low, x.low), std::min(full.high, x.high)};
    if (wanted.span() > full.span() * 1e-6 && wanted.span() < full.span()) {
        m_zoom.push_back(wanted);
        m_forward.clear();
    }
    markDirty();
}

void PlotView::zoomBack() {
    m_wheeling = false;
    if (m_zoom.empty()) return;
    m_forward.push_back(m_zoom.back());
    m_zoom.pop_back();
    markDirty();
}

void PlotView::zoomForward() {
    m_wheeling = false;
    if (m_forward.empty()) return;
    m_zoom.push_back(m_forward.back());
    m_forward.pop_back();
    markDirty();
}

void PlotView::resetZoom() {
    while (!m_zoom.empty()) zoomBack();
}

void PlotView::showTable() {
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(accessibleName());
    dialog->resize(560, 480);
    auto* table = new QTableView(dialog);
    table->setAccessibleName(tr("Values of: %1").arg(accessibleName()));
    table->setModel(new SeriesTableModel(m_series, m_xName.isEmpty() ? tr("x") : m_xName, table));
    table->setAlternatingRowColors(true);
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(table);
    dialog->show();
}

void PlotView::contextMenuEvent(QContextMenuEvent* event) {
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->setObjectName(QStringLiteral("plotMenu"));
    menu->addAction(tr("Show as table"), this, &PlotView::showTable);
    menu->addAction(tr("Copy values"), this, [this] {
        const SeriesTableModel model(m_series, m_xName.isEmpty() ? tr("x") : m_xName, nullptr);
        QApplication::clipboard()->setText(model.toText());
    });
    menu->addAction(tr("Copy picture"), this,
                    [this] { QApplication::clipboard()->setPixmap(grab()); });
    menu->addSeparator();
    const double x = event->reason() == QContextMenuEvent::Keyboard
                         ? m_cursors[0].value_or(middle())
                         : m_axes.valueX(event->pos().x());
    menu->addAction(tr("Cursor A here (Alt+click)"), this, [this, x] { placeCursor(0, x); });
    menu->addAction(tr("Cursor B here (Alt+Shift+click)"), this, [this, x] { placeCursor(1, x); });
    menu->addAction(tr("Remove cursors"), this,
                    [this] {
                        placeCursor(0, {});
                        placeCursor(1, {});
                    })
        ->setEnabled(m_cursors[0] || m_cursors[1]);
    if (m_takesNotes)
        menu->addAction(tr("Note here… (N at cursor A)"), this,
                        [this, x] { Q_EMIT noteRequested(x); });
    menu->addSeparator();
    menu->addAction(tr("Zoom back (Backspace)"), this, &PlotView::zoomBack)
        ->setEnabled(!m_zoom.empty());
    menu->addAction(tr("Zoom forward (Shift+Backspace)"), this, &PlotView::zoomForward)
        ->setEnabled(!m_forward.empty());
    menu->addAction(tr("Show all (double click)"), this, &PlotView::resetZoom)
        ->setEnabled(!m_zoom.empty());
    menu->popup(event->globalPos());
}

}  // namespace skd
