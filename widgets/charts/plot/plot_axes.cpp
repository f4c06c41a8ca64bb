#include "charts/plot/plot_axes.h"

#include <QFontMetricsF>
#include <cmath>

namespace skd {

double PlotAxes::scaledY(double value) const {
    return logY ? std::log10(value) : value;
}
double PlotAxes::unscaledY(double scaled) const {
    return logY ? std::pow(10.0, scaled) : scaled;
}

double PlotAxes::pixelX(double value) const {
    return area.left() + (value - x.low) / x.span() * area.width();
}

double PlotAxes::pixelY(double value) const {
    return area.bottom() - (scaledY(value) - y.low) / y.span() * area.height();
}

double PlotAxes::valueX(double pixel) const {
    return x.low + (pixel - area.left()) / area.width() * x.span();
}

double PlotAxes::valueY(double pixel) const {
    return unscaledY(y.low + (area.bottom() - pixel) / area.height() * y.span());
}

std::vector<double> PlotAxes::ticksX() const {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    const double label =
        std::max(metrics.horizontalAdvance(xText(x.low)), metrics.horizontalAdvance(xText(x.high)));
    const double apart = compact ? std::max(28.0, label + 10) : std::max(95.0, label + 24);
    return linearTicks(x, std::max(2, static_cast<int>(area.width() / apart)));
}

std::vector<double> PlotAxes::ticksY() const {
    const int count = std::max(2, static_cast<int>(area.height() / (compact ? 34 : 42)));
    if (logY)
        return logTicks({unscaledY(y.low), unscaledY(y.high)}, std::max(count, compact ? 3 : 8));
    return linearTicks(y, count);
}

void PlotAxes::layout(const QSizeF& size) {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    area = QRectF(0, 0, size.width(), size.height());
    area.adjust(0, headroom + metrics.height() * 0.6, -metrics.height() * (compact ? 0.4 : 0.8),
                -metrics.height() * 1.6);
    double widest = metrics.horizontalAdvance(QStringLiteral("00"));
    for (double tick : ticksY()) widest = std::max(widest, metrics.horizontalAdvance(yText(tick)));
    area.setLeft(widest + 10);
    if (area.width() < 10) area.setWidth(10);
    if (area.height() < 10) area.setHeight(10);
}

void PlotAxes::paintGrid(QPainter& painter, const ThemeColors& colors) const {
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(colors.grid, 1));
    for (double tick : ticksY()) {
        const double py = std::round(pixelY(tick));
        painter.drawLine(QPointF(area.left(), py), QPointF(area.right(), py));
    }
}

void PlotAxes::paintLabels(QPainter& painter, const ThemeColors& colors) const {
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors.secondary);
    const QFontMetricsF metrics(painter.font());
    double lastTop = area.bottom() + 2 * metrics.height();
    for (double tick : ticksY()) {
        const double py = pixelY(tick);
        if (py > lastTop) continue;  // labels that would touch are left out, grid lines stay
        painter.drawText(QRectF(0, py - metrics.height(), area.left() - 8, 2 * metrics.height()),
                         Qt::AlignRight | Qt::AlignVCenter, yText(tick));
        lastTop = py - metrics.height() * 0.95;
    }
    double lastRight = -1e9;
    for (double tick : ticksX()) {
        const QString text = xText(tick);
        const double half = metrics.horizontalAdvance(text) / 2;
        const double px =
            std::min(pixelX(tick), area.right() + metrics.height() * (compact ? 0.4 : 0.8) - half -
                                       1);  // whole, at the edge too
        if (px - half < lastRight + 6) continue;
        painter.drawText(
            QRectF(px - half - 2, area.bottom() + 4, 2 * half + 4, metrics.height() * 1.3),
            Qt::AlignCenter, text);
        lastRight = px + half;
    }
}

}  // namespace skd
