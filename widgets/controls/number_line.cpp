#include "controls/number_line.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>

namespace skd {

NumberLine::NumberLine(Range range, QWidget* parent) : QLineEdit(parent), m_range(range) {
    setAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
        case Qt::Key_Up:
            return step(1);
        case Qt::Key_Down:
            return step(-1);
        case Qt::Key_PageUp:
            return step(10);
        case Qt::Key_PageDown:
            return step(-10);
        default:
            QLineEdit::keyPressEvent(event);
    }
}

void NumberLine::step(int steps) {
    bool number = false;
    const double value = text().toDouble(&number);
    if (!number) return;
    // Shares go by hundredths, small values (a learning rate) by a tenth of themselves.
    const double magnitude = std::abs(value);
    const double unit = m_range.whole ? 1
                        : magnitude > 0 && magnitude < 0.01
                            ? std::pow(10, std::floor(std::log10(magnitude))) / 2
                        : magnitude < 2 ? 0.01
                                        : 0.1;
    const double next = std::clamp(value + steps * unit, m_range.minimum, m_range.maximum);
    setText(m_range.whole ? QString::number(next, 'f', 0) : QString::number(next, 'g', 10));
    Q_EMIT textEdited(text());
}

}  // namespace skd
