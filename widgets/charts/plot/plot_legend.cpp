#include "charts/plot/plot_legend.h"

#include <QCoreApplication>
#include <algorithm>

namespace skd {

namespace {

constexpr double kSwatch = 18, kGap = 6, kBetween = 16, kBeside = 60;
constexpr int kMostLines = 3;

struct Place {
    std::size_t entry = 0;
    double x = 0;
    int line = 0;
};

/// Where each entry stands; those beyond the last line are missing.
std::vector<Place> flow(const std::vector<LegendEntry>& entries, double width) {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    std::vector<Place> places;
    double x = 0;
    int line = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const double wide = kSwatch + kGap + metrics.horizontalAdvance(entries[i].name);
        // The last line keeps room for the count of what is skipped.
        const double room = line == kMostLines - 1 && i + 1 < entries.size() ? width - 70 : width;
        if (x > 0 && x + wide > room) {
            x = 0;
            if (++line == kMostLines) break;
        }
        places.push_back({i, x, line});
        x += wide + kBetween;
    }
    return places;
}

double lineHeight() {
    return QFontMetricsF(textFont(TextRole::Small)).height() * 1.2;
}

}  // namespace

MarkerShape markerShape(std::size_t index) {
    constexpr auto kShapes = static_cast<std::size_t>(MarkerShape::Cross);  // None is before them
    return static_cast<MarkerShape>(1 + index % kShapes);
}

void paintMarkerShape(QPainter& painter, const QPointF& center, double radius, MarkerShape shape) {
    const double r = radius;
    const auto polygon = [&](std::initializer_list<QPointF> points) {
        QPolygonF out(points);
        out.translate(center);
        painter.drawPolygon(out);
    };
    const double thin = r * 0.38;
    switch (shape) {
        case MarkerShape::None:
            return;
        case MarkerShape::Circle:
            return painter.drawEllipse(center, r, r);
        case MarkerShape::Square:
            return painter.drawRect(
                QRectF(center.x() - 0.9 * r, center.y() - 0.9 * r, 1.8 * r, 1.8 * r));
        case MarkerShape::Triangle:
            return polygon({{-1.1 * r, 0.9 * r}, {1.1 * r, 0.9 * r}, {0, -1.1 * r}});
        case MarkerShape::Diamond:
            return polygon({{-1.2 * r, 0}, {0, -1.2 * r}, {1.2 * r, 0}, {0, 1.2 * r}});
        case MarkerShape::Down:
            return polygon({{-1.1 * r, -0.9 * r}, {1.1 * r, -0.9 * r}, {0, 1.1 * r}});
        case MarkerShape::Plus:
        case MarkerShape::Cross: {
            painter.save();
            painter.translate(center);
            if (shape == MarkerShape::Cross) painter.rotate(45);
            QPolygonF arms;
            for (double half : {1.0, -1.0})  // the right one, and the left one turned round
                for (const QPointF& corner :
                     {QPointF(thin, -1.2 * r), QPointF(thin, -thin), QPointF(1.2 * r, -thin),
                      QPointF(1.2 * r, thin), QPointF(thin, thin), QPointF(thin, 1.2 * r)})
                    arms << half * corner;
            painter.drawPolygon(arms);
            painter.restore();
        }
    }
}

double legendHeight(const std::vector<LegendEntry>& entries, double width) {
    if (entries.empty()) return 0;
    const std::vector<Place> places = flow(entries, width - kBeside);
    return (places.back().line + 1) * lineHeight() + 4;
}

void paintLegend(QPainter& painter, const QRectF& area, const std::vector<LegendEntry>& entries,
                 const ThemeColors& colors) {
    if (entries.empty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    const std::vector<Place> places = flow(entries, area.width());
    double right = area.left();
    for (const Place& place : places) {
        const LegendEntry& entry = entries[place.entry];
        const double x = area.left() + place.x, y = area.top() + (place.line + 0.5) * lineHeight();
        painter.setPen(QPen(entry.color, 2, entry.pen));
        if (entry.pen != Qt::NoPen) painter.drawLine(QPointF(x, y), QPointF(x + kSwatch, y));
        painter.setPen(Qt::NoPen);
        painter.setBrush(entry.color);
        paintMarkerShape(painter, {x + kSwatch / 2, y}, 4, entry.marker);
        const double wide =
            std::min(metrics.horizontalAdvance(entry.name), area.right() - x - kSwatch - kGap);
        const QRectF box(x + kSwatch + kGap, y - lineHeight() / 2, wide + 1, lineHeight());
        writeText(painter, colors.text, box, kAtLeft, entry.name, Qt::ElideRight);
        right = x + kSwatch + kGap + wide;
    }
    if (places.size() < entries.size()) {
        painter.setPen(colors.secondary);
        painter.drawText(
            QPointF(right + 10, area.top() + (places.back().line + 0.5) * lineHeight() +
                                    metrics.ascent() / 2 - 1),
            QCoreApplication::translate("Legend", "+ %1 more").arg(entries.size() - places.size()));
    }
    painter.restore();
}

}  // namespace skd
