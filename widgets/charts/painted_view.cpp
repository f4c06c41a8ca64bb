#include "charts/painted_view.h"

#include <QHelpEvent>
#include <QMenu>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <utility>

namespace skd {

namespace {
constexpr double kReach = 9;  ///< px from a handle's middle at which the mouse still hits it
constexpr int kEmptyMargin = 12;
constexpr QSizeF kLargestBubble(420, 400);
constexpr QSizeF kBubblePad(8, 5);
}  // namespace

PaintedView::PaintedView(Kind kind, const QString& accessibleName, QWidget* parent)
    : QWidget(parent), m_kind(kind), m_emptyText(tr("no data yet")) {
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
}

void PaintedView::setEmptyText(const QString& text) {
    m_emptyText = text;
    update();
}

void PaintedView::markDirty() {
    m_dirty = true;
    update();
}

void PaintedView::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    if (empty()) return;
    m_colors = &colors;
    painter.save();
    painter.translate(area.topLeft());
    if (m_kind == Kind::Chart) {
        m_extent = area.size();
    } else {
        const QSizeF own = contentSize();
        const double scale = std::min(area.width() / own.width(), area.height() / own.height());
        painter.scale(scale, scale);
    }
    paintContent(painter);
    painter.restore();
    m_extent = {};
    m_colors = nullptr;
    markDirty();  // what was laid out for the file
}

void PaintedView::renderPixmap() {
    const QSize pixels = size() * devicePixelRatioF();
    if (!m_dirty && m_pixmap.size() == pixels) return;
    if (m_pixmap.size() != pixels) m_pixmap = QPixmap(pixels);
    m_pixmap.setDevicePixelRatio(devicePixelRatioF());
    m_pixmap.fill(Qt::transparent);
    QPainter painter(&m_pixmap);
    paintContent(painter);
    m_dirty = false;
}

void PaintedView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (empty()) {
        painter.setPen(colors().secondary);
        painter.drawText(rect().adjusted(kEmptyMargin, 0, -kEmptyMargin, 0),
                         Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
        return;
    }
    if (m_kind == Kind::Chart) {
        renderPixmap();
        painter.drawPixmap(0, 0, m_pixmap);
    } else {
        paintContent(painter);
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    painter.setBrush(Qt::NoBrush);
    paintOverlay(painter);
}

void PaintedView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) markDirty();
    QWidget::changeEvent(event);
}

void PaintedView::mouseMoveEvent(QMouseEvent* event) {
    m_hover = event->position();
    update();
}

void PaintedView::leaveEvent(QEvent*) {
    m_hover.reset();
    update();
}

bool PaintedView::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip || !toolTip().isEmpty()) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), empty() ? QString() : tipAt(help->pos()), this);
    return true;
}

void PaintedView::contextMenuEvent(QContextMenuEvent* event) {
    const ViewTable table = viewTable();
    if (table.empty()) return event->ignore();
    QMenu menu(this);
    addTableActions(menu, this, viewName(), table);
    menu.exec(event->globalPos());
}

void SliderView::startDrag(double y) {
    const double offset = grip().y() - y;
    const bool hit = std::abs(offset) < kReach;
    m_grab = hit ? offset : 0;
    if (!hit) dragTo(y);
}

void SliderView::mouseMoveEvent(QMouseEvent* event) {
    if (m_grab) return dragTo(event->position().y() + *m_grab);
    setCursor(pressable(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void SliderView::mouseReleaseEvent(QMouseEvent*) {
    if (std::exchange(m_grab, std::nullopt)) dragEnded();
}

bool SliderView::typeDigit(const QKeyEvent& event) {
    const QString text = event.text();
    if (event.modifiers().testFlag(Qt::ControlModifier) || text.size() != 1 ||
        !(text[0].isDigit() || text[0] == QLatin1Char('.')))
        return false;
    m_digits += text;
    QToolTip::showText(mapToGlobal(grip().toPoint()), typingText(m_digits), this);
    return true;
}

void SliderView::keyPressEvent(QKeyEvent* event) {
    if (empty()) return QWidget::keyPressEvent(event);
    if (typeDigit(*event)) return;
    const auto go = [this](int direction, bool coarse) {
        return [=, this] { step(direction, coarse); };
    };
    const bool known = actOnKey(*event, {{{Qt::Key_Up}, go(1, false)},
                                         {{Qt::Key_Down}, go(-1, false)},
                                         {{Qt::Key_PageUp}, go(1, true)},
                                         {{Qt::Key_PageDown}, go(-1, true)},
                                         {{Qt::Key_Escape}, [this] { forgetDigits(); }},
                                         {{Qt::Key_Return, Qt::Key_Enter}, [this] {
                                              if (!m_digits.isEmpty())
                                                  enter(std::exchange(m_digits, {}));
                                          }}});
    if (!known && !ownKey(*event)) QWidget::keyPressEvent(event);
}

void SliderView::focusOutEvent(QFocusEvent* event) {
    forgetDigits();
    PaintedView::focusOutEvent(event);
}

bool actOnKey(const QKeyEvent& event, const std::vector<KeyAct>& acts) {
    for (const auto& [keys, act] : acts) {
        if (std::find(keys.begin(), keys.end(), event.key()) == keys.end()) continue;
        act();
        return true;
    }
    return false;
}

void paintBubble(QPainter& painter, const QPointF& anchor, const QString& text,
                 const QRectF& bounds, const ThemeColors& colors) {
    painter.save();
    painter.setFont(textFont(TextRole::Small));
    const double x = kBubblePad.width(), y = kBubblePad.height();
    QRectF box = QFontMetricsF(painter.font())
                     .boundingRect(QRectF({}, kLargestBubble), Qt::AlignLeft, text)
                     .adjusted(-x, -y, x, y);
    box.moveTo(anchor.x(), anchor.y() - box.height() / 2);
    if (box.right() > bounds.right()) {  // beside would cover the line it speaks of: go above it
        box.moveRight(bounds.right());
        box.moveBottom(anchor.y() - 12);
    }
    if (box.left() < bounds.left()) box.moveLeft(bounds.left());
    if (box.top() < bounds.top()) box.moveTop(bounds.top());
    if (box.bottom() > bounds.bottom()) box.moveBottom(bounds.bottom());
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor fill = colors.dark ? QColor(15, 17, 19) : QColor(255, 255, 255);
    painter.setPen(QPen(colors.border, 1));
    painter.setBrush(withAlpha(fill, 0.94F));
    painter.drawRoundedRect(box, 4, 4);
    painter.setPen(colors.text);
    painter.drawText(box.adjusted(x, y, -x, -y), kAtLeft, text);
    painter.restore();
}

double smallLineHeight() {
    return QFontMetricsF(textFont(TextRole::Small)).height();
}

}  // namespace skd
