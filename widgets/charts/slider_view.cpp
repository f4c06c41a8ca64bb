#include "charts/slider_view.h"

#include <QToolTip>
#include <cmath>
#include <utility>

namespace skd {

namespace {
constexpr double kReach = 9;  ///< px from a handle's middle at which the mouse still hits it
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

}  // namespace skd
