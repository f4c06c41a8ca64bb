#include "charts/views/color_bar.h"

#include <QFontMetricsF>
#include <QPainter>

#include "charts/views/color_scale.h"
#include "style/theme.h"

namespace skd {

ColorBar::ColorBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Colour scale"));
}

void ColorBar::setEnds(const QString& low, const QString& high) {
    m_low = low;
    m_high = high;
    setAccessibleDescription(tr("from %1 to %2").arg(low, high));
    update();
}

QSize ColorBar::sizeHint() const {
    return {150, 14 + static_cast<int>(QFontMetricsF(textFont(TextRole::Small)).height())};
}

void ColorBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QLinearGradient gradient(0, 0, width(), 0);
    for (int i = 0; i <= 10; ++i) gradient.setColorAt(i / 10.0, viridis(i / 10.0));
    painter.setPen(Qt::NoPen);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(gradient);
    painter.drawRoundedRect(QRectF(0, 1, width(), 7), 2, 2);
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(themeColors(this).secondary);
    const QRectF text(0, 11, width(), height() - 11);
    painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, m_low);
    painter.drawText(text, Qt::AlignRight | Qt::AlignVCenter, m_high);
}

}  // namespace skd
