#include "controls/elided_label.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include "style/theme.h"

namespace skd {

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent) : QLabel(text, parent) {}

void ElidedLabel::setTip(const QString& tip) {
    m_tip = tip;
}

QString ElidedLabel::shown() const {
    return font().capitalization() == QFont::AllUppercase ? text().toUpper() : text();
}

bool ElidedLabel::elided() const {
    return fontMetrics().horizontalAdvance(shown()) > contentsRect().width();
}

QSize ElidedLabel::minimumSizeHint() const {
    return {30, QLabel::minimumSizeHint().height()};
}

bool ElidedLabel::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const QString tip = !m_tip.isEmpty() ? m_tip : elided() ? text() : QString();
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), tip, this);
        return true;
    }
    return QLabel::event(event);
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = themeColors(this);
    const QString tone = property("tone").toString();
    QPainter painter(this);
    painter.setPen(tone == QLatin1String("secondary") ? colors.secondary
                   : tone == QLatin1String("accent") || tone == QLatin1String("bad") ? colors.accent
                                                                                     : colors.text);
    painter.drawText(contentsRect(), static_cast<int>(alignment() | Qt::TextSingleLine),
                     fontMetrics().elidedText(shown(), Qt::ElideRight, contentsRect().width()));
}

}  // namespace skd
