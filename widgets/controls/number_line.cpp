#include "controls/number_line.h"

#include <QKeyEvent>
#include <algorithm>
#include <cmath>
#include <map>

namespace skd {

NumberLine::NumberLine(Range range, QWidget* parent) : QLineEdit(parent), m_range(range) {
    setAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
    static const std::map<int, int> ways{
        {Qt::Key_Up, 1}, {Qt::Key_Down, -1}, {Qt::Key_PageUp, 10}, {Qt::Key_PageDown, -10}};
    const auto way = ways.find(event->key());
    way == ways.end() ? QLineEdit::keyPressEvent(event) : step(way->second);
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
