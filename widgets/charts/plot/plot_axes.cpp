#include "charts/plot/plot_axes.h"

#include <algorithm>

namespace skd {

namespace {
constexpr double kNameBelow = 1.1, kNameBeside = 1.2;  ///< lines of text for an axis' name
}

void include(Range& range, double value) {
    if (std::isfinite(value)) range = {std::min(range.low, value), std::max(range.high, value)};
}

bool PlotAxes::showsX(double value) const {
    const double px = pixelX(value);
    return px >= area.left() - 1 && px <= area.right() + 1;
}

bool PlotAxes::showsY(double value) const {
    const double py = pixelY(value);
    return py >= area.top() - 1 && py <= area.bottom() + 1;
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

void PlotAxes::layout(const QSizeF& size, bool nameX, bool nameY) {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    m_below = nameX && !xName.isEmpty() ? kNameBelow * metrics.height() : 0;
    m_beside = nameY && !yName.isEmpty() ? kNameBeside * metrics.height() : 0;
    area = QRectF(0, 0, size.width(), size.height() - m_below);
    area.adjust(0, headroom + metrics.height() * 0.6, -metrics.height() * (compact ? 0.4 : 0.8),
                -metrics.height() * 1.6);
    double widest = metrics.horizontalAdvance(QStringLiteral("00"));
    for (double tick : ticksY()) widest = std::max(widest, metrics.horizontalAdvance(yText(tick)));
    area.setLeft(m_beside + widest + 10);
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
        if (py > lastTop) continue;  // labels that would touch are skipped, grid lines stay
        painter.drawText(QRectF(m_beside, py - metrics.height(), area.left() - m_beside - 8,
                                2 * metrics.height()),
                         kAtRight, yText(tick));
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

void PlotAxes::paintNames(QPainter& painter, const QColor& color) const {
    painter.save();
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(color);
    const double labels = QFontMetricsF(painter.font()).height() * 1.6;
    if (m_below > 0)
        painter.drawText(QRectF(area.left(), area.bottom() + labels - 2, area.width(), m_below + 2),
                         Qt::AlignCenter, xName);
    if (m_beside > 0) {
        painter.translate(0, area.center().y());
        painter.rotate(-90);
        painter.drawText(QRectF(-area.height() / 2, 0, area.height(), m_beside), Qt::AlignCenter,
                         yName);
    }
    painter.restore();
}

}  // namespace skd
