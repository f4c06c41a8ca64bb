#include "charts/views/color_scale.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <array>
#include <cmath>

#include "style/theme.h"

namespace skd {

QColor viridis(double t) {
    static constexpr std::array<QRgb, 11> stops{0x440154, 0x482475, 0x414487, 0x355F8D,
                                                0x2A788E, 0x21918C, 0x22A884, 0x44BF70,
                                                0x7AD151, 0xBDDF26, 0xFDE725};
    if (!(t > 0)) t = 0;
    const double position = std::min(t, 1.0) * (stops.size() - 1);
    const auto index = std::min(static_cast<std::size_t>(position), stops.size() - 2);
    const double share = position - static_cast<double>(index);
    const auto mix = [&](int channel(QRgb)) {
        return static_cast<int>(
            std::lround(channel(stops[index]) * (1 - share) + channel(stops[index + 1]) * share));
    };
    return {mix(qRed), mix(qGreen), mix(qBlue)};
}

QColor readableOn(const QColor& background) {
    const double luminance =
        0.299 * background.redF() + 0.587 * background.greenF() + 0.114 * background.blueF();
    return luminance > 0.5 ? QColor(20, 22, 25) : QColor(240, 242, 245);
}

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
    painter.drawText(text, kAtLeft, m_low);
    painter.drawText(text, kAtRight, m_high);
}

}  // namespace skd
