#include <algorithm>
#include <cmath>

#include "charts/painted_view.h"
#include "charts/plot/plot_content.h"

namespace skd {

namespace {

/// Pixels along one line and along all; pens above one pixel of the device cost 1.4 µs for each.
constexpr double kWideLength = 3000, kWideTotal = 12'000;
constexpr qsizetype kSmooth =
    60'000;  ///< of all lines; beyond, they hide each other and their edges

void paintBands(QPainter& painter, const PlotAxes& axes, const PlotAnnotations& annotations) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    for (const auto& band : annotations.bands) {
        const QRectF rect = QRectF(QPointF(axes.pixelX(band.from), axes.area.top()),
                                   QPointF(axes.pixelX(band.to), axes.area.bottom()))
                                .intersected(axes.area);
        if (rect.width() < 1) continue;
        painter.fillRect(rect, withAlpha(band.color, 0.16F));
        if (metrics.horizontalAdvance(band.label) + 4 > rect.width()) continue;
        painter.setPen(band.color);
        painter.drawText(rect.adjusted(0, 4, 0, 0), Qt::AlignHCenter | Qt::AlignTop, band.label);
    }
}

void paintEnvelope(QPainter& painter, const PlotAxes& axes,
                   const PlotAnnotations::Envelope& envelope) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(withAlpha(envelope.color, 0.2F));
    QPolygonF upper, lower;
    const auto flush = [&] {
        for (auto point = lower.rbegin(); point != lower.rend(); ++point) upper << *point;
        if (!axes.area.contains(upper.boundingRect()))
            upper = upper.intersected(axes.area);  // SVG has no clip
        if (upper.size() > 2) painter.drawPolygon(upper);
        upper.clear();
        lower.clear();
    };
    for (std::size_t i = 0; i < envelope.xs.size(); ++i) {
        const bool drawable = std::isfinite(envelope.low[i]) && std::isfinite(envelope.high[i]) &&
                              (!axes.logY || envelope.high[i] > 0);
        if (!drawable) {
            flush();
            continue;
        }
        // On a log scale a mean less than its deviation reaches down to the edge.
        const bool below = axes.logY && envelope.low[i] <= 0;
        upper << axes.pixel(envelope.xs[i], envelope.high[i]);
        lower << (below ? QPointF(axes.pixelX(envelope.xs[i]), axes.area.bottom())
                        : axes.pixel(envelope.xs[i], envelope.low[i]));
    }
    flush();
}

bool isFree(const QRectF& box, const std::vector<QRectF>& taken) {
    return std::none_of(taken.begin(), taken.end(),
                        [&](const QRectF& other) { return other.intersects(box); });
}

/// Labels that would touch stand in rows above (or below) each other.
void paintVertical(QPainter& painter, const PlotAxes& axes, const PlotAnnotations::Line& line,
                   std::vector<QRectF>& taken) {
    if (!axes.showsX(line.value)) return;
    const double px = axes.pixelX(line.value);
    painter.setPen(QPen(line.color, 1, line.pen));
    painter.drawLine(QPointF(px, axes.area.top()), QPointF(px, axes.area.bottom()));
    const QFontMetricsF metrics(painter.font());
    const double height = metrics.height(),
                 width =
                     std::min(metrics.horizontalAdvance(line.label) + 4, axes.area.width() - 10);
    const bool fitsLeft = px - 5 - width >= axes.area.left(),
               fitsRight = px + 5 + width <= axes.area.right();
    const double left = !fitsRight || (line.labelLeft && fitsLeft) ? px - 5 - width : px + 5;
    QRectF box(std::max(axes.area.left() + 2, left),
               line.atTop ? axes.area.top() + 2 : axes.area.bottom() - height - 6, width, height);
    while (!isFree(box, taken) && axes.area.contains(box))
        box.translate(0, line.atTop ? height : -height);
    taken.push_back(box);
    writeText(painter, line.color, box, kAtLeft, line.label, Qt::ElideRight);
}

void paintLevels(QPainter& painter, const PlotAxes& axes, const PlotAnnotations& annotations) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    for (const auto& line : annotations.horizontal) {
        if (!axes.showsY(line.value)) continue;
        const double py = axes.pixelY(line.value);
        painter.setPen(QPen(line.color, 1, line.pen));
        painter.drawLine(QPointF(axes.area.left(), py), QPointF(axes.area.right(), py));
        const bool below = py - metrics.height() - 4 < axes.area.top();
        const QRectF box(axes.area.left(), below ? py + 2 : py - metrics.height() - 3,
                         axes.area.width() - 4, metrics.height());
        painter.drawText(box, kAtRight, line.label);
    }
    std::vector<QRectF> taken;
    for (const auto& line : annotations.vertical) paintVertical(painter, axes, line, taken);
}

constexpr double kWidestNote = 230;  ///< px of a marker's label; its tip has all of it

/// Beside the point, or where that covers another label or point above, below or on its other side.
QPointF noteAnchor(const QPointF& point, const QSizeF& size, const QRectF& area,
                   const std::vector<QRectF>& taken) {
    const double w = size.width(), h = size.height(), right = point.x() + 10,
                 left = point.x() - 10 - w;
    const double centre =
        std::clamp(point.x() - w / 2, area.left(), std::max(area.left(), area.right() - w));
    for (const QPointF& middleLeft :
         {QPointF(right, point.y()), QPointF(right, point.y() - h - 4),
          QPointF(right, point.y() + h + 4), QPointF(centre, point.y() - h),
          QPointF(left, point.y()), QPointF(left, point.y() - h - 4),
          QPointF(centre, point.y() - 2 * h - 10), QPointF(left, point.y() + h + 4)}) {
        const QRectF box(middleLeft.x(), middleLeft.y() - h / 2, w, h);
        if (isFree(box, taken) && area.contains(box)) return middleLeft;
    }
    return point + QPointF(10, 0);
}

void paintNote(QPainter& painter, const PlotAxes& axes, const PlotAnnotations::Marker& marker,
               const QPointF& point, const ThemeColors& colors, std::vector<QRectF>& taken) {
    const QFontMetricsF metrics(textFont(TextRole::Small));
    const QString text = metrics.elidedText(marker.label, Qt::ElideRight, kWidestNote);
    const QSizeF size(metrics.horizontalAdvance(text) + 17, metrics.height() + 11);
    const QPointF anchor = noteAnchor(point, size, axes.area, taken);
    taken.emplace_back(anchor.x(), anchor.y() - size.height() / 2, size.width(), size.height());
    paintBubble(painter, anchor, text, axes.area, colors);
}

void paintMarkers(QPainter& painter, const PlotAxes& axes, const PlotAnnotations& annotations,
                  const ThemeColors& colors) {
    constexpr double kRadius = 4.2;
    const auto visible = [&](const QPointF& point) {
        return std::isfinite(point.x()) && std::isfinite(point.y()) &&
               axes.area.adjusted(-2, -2, 2, 2).contains(point);
    };
    std::vector<QRectF> taken;
    for (const auto& marker : annotations.markers)
        if (const QPointF point = axes.pixel(marker.x, marker.y); visible(point))
            taken.emplace_back(point.x() - kRadius, point.y() - kRadius, 2 * kRadius, 2 * kRadius);
    for (const auto& marker : annotations.markers) {
        const QPointF point = axes.pixel(marker.x, marker.y);
        if (!visible(point)) continue;
        if (marker.dropLine) {
            painter.setPen(QPen(marker.color, 1.2, Qt::DotLine));
            painter.drawLine(point, QPointF(point.x(), axes.area.bottom()));
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(marker.color);
        painter.drawEllipse(point, kRadius, kRadius);
        if (marker.label.isEmpty()) continue;
        if (marker.bubble) {
            paintNote(painter, axes, marker, point, colors, taken);
            continue;
        }
        painter.setFont(textFont(TextRole::Small));
        painter.setPen(marker.color);
        const QFontMetricsF metrics(painter.font());
        const double top = std::max(axes.area.top(), point.y() - metrics.height());
        painter.drawText(QPointF(point.x() + 10, top + metrics.ascent()), marker.label);
    }
}

/// The part of a segment inside a rectangle (Liang and Barsky, 1984); false where there is none.
bool clipSegment(const QRectF& box, QPointF& from, QPointF& to) {
    const QPointF way = to - from;
    double enter = 0, leave = 1;
    const auto side = [&](double step, double room) {
        if (step == 0) return room >= 0;
        const double t = room / step;
        if (step < 0)
            enter = std::max(enter, t);
        else
            leave = std::min(leave, t);
        return enter <= leave;
    };
    if (!side(-way.x(), from.x() - box.left()) || !side(way.x(), box.right() - from.x()) ||
        !side(-way.y(), from.y() - box.top()) || !side(way.y(), box.bottom() - from.y()))
        return false;
    to = from + leave * way;
    from += enter * way;
    return true;
}

QPolygonF pixelsOf(const PlotAxes& axes, const QList<QPointF>& line) {
    const double x = axes.area.width() / axes.x.span(), y = axes.area.height() / axes.y.span();
    QPolygonF pixels;
    pixels.reserve(line.size());
    for (const QPointF& point : line)
        pixels << QPointF(axes.area.left() + (point.x() - axes.x.low) * x,
                          axes.area.bottom() - (point.y() - axes.y.low) * y);
    return pixels;
}

/// By steps along the axes.
double lengthOf(const QPolygonF& line) {
    double length = 0;
    for (qsizetype i = 1; i < line.size(); ++i) length += (line[i] - line[i - 1]).manhattanLength();
    return length;
}

/// The parts of a line inside a rectangle.
std::vector<QPolygonF> cut(const QPolygonF& line, const QRectF& box) {
    std::vector<QPolygonF> pieces;
    for (qsizetype i = 1; i < line.size(); ++i) {
        QPointF from = line[i - 1], to = line[i];
        if (!clipSegment(box, from, to)) continue;
        if (pieces.empty() || pieces.back().back() != from) pieces.push_back(QPolygonF{from});
        pieces.back() << to;
    }
    return pieces;
}

void paintSeries(QPainter& painter, const PlotAxes& axes, const std::vector<PlotSeries>& series,
                 bool onScreen) {
    std::vector<QPolygonF> lines;
    qsizetype points = 0;
    double length = 0;
    for (const PlotSeries& one : series) {
        lines.push_back(pixelsOf(axes, one.points(axes)));
        points += lines.back().size();
        length += lengthOf(lines.back());
    }
    const QRectF box = axes.area.adjusted(-1, -1, 1, 1);
    const double pixel = 1.0 / painter.device()->devicePixelRatio();
    painter.save();
    if (onScreen) painter.setClipRect(box);
    painter.setRenderHint(QPainter::Antialiasing, !onScreen || points <= kSmooth);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const SeriesStyle& style = series[i].style;
        const bool thin = onScreen && (length > kWideTotal || lengthOf(lines[i]) > kWideLength);
        QPen pen(style.color, thin ? std::min(pixel, style.width) : style.width, style.pen);
        pen.setJoinStyle(Qt::RoundJoin);
        painter.setPen(pen);
        if (onScreen)
            painter.drawPolyline(lines[i]);
        else  // SVG has no clip
            for (const QPolygonF& piece : cut(lines[i], box)) painter.drawPolyline(piece);
    }
    painter.restore();
}

/// At the plot's edge where a value could not be drawn: a triangle at the top for what is infinite,
/// a cross there for what is no number, a triangle at the bottom for what a log scale has no place
/// for.
void paintUnplottable(QPainter& painter, const PlotAxes& axes, const PlotSeries& series) {
    for (double x : series.unplottable(axes)) {
        const double value = series.ys()[series.nearest(x)];
        const double px = axes.pixelX(x), top = axes.area.top(), bottom = axes.area.bottom();
        if (std::isnan(value)) {
            painter.setPen(QPen(series.style.color, 1.4));
            painter.drawLine(QPointF(px - 3, top), QPointF(px + 3, top + 6));
            painter.drawLine(QPointF(px - 3, top + 6), QPointF(px + 3, top));
            continue;
        }
        painter.setPen(Qt::NoPen);
        painter.setBrush(series.style.color);
        if (value > 0)
            painter.drawPolygon(QPolygonF{{px - 4, top + 7}, {px + 4, top + 7}, {px, top}});
        else
            painter.drawPolygon(
                QPolygonF{{px - 4, bottom - 7}, {px + 4, bottom - 7}, {px, bottom}});
    }
}

/// Where a name of this size stands for a line that ends at `point`: as near to it as the others
/// allow. Nothing where there is no room.
std::optional<QRectF> endBox(const QPointF& point, const QSizeF& size, const QRectF& area,
                             const std::vector<QRectF>& taken) {
    const double left = std::min(point.x() + 7, area.right() - size.width() - 2);
    const double middle = point.y() - (left < point.x() ? 7 + size.height() / 2 : 0);
    for (int i = 0; i < 12; ++i) {
        const int lines = (i + 1) / 2;
        const double shift = (i % 2 == 0 ? lines : -lines) * size.height();
        const QRectF box(QPointF(left, middle + shift - size.height() / 2), size);
        if (isFree(box, taken) && box.top() >= area.top() && box.bottom() <= area.bottom())
            return box;
    }
    return std::nullopt;
}

void paintEndLabels(QPainter& painter, const PlotAxes& axes,
                    const std::vector<PlotSeries>& series) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    std::vector<QRectF> taken;
    for (const PlotSeries& one : series) {
        if (!one.style.endLabel || one.empty()) continue;
        const QPointF point = axes.pixel(one.xs().back(), one.ys().back());
        if (!axes.area.contains(point)) continue;
        const auto box = endBox(
            point, {metrics.horizontalAdvance(one.style.name), metrics.height()}, axes.area, taken);
        if (!box) continue;  // its tip and the table still have it
        taken.push_back(*box);
        painter.setPen(one.style.color);
        if (std::abs(box->center().y() - point.y()) > 1.5 * metrics.height())
            painter.drawLine(point, {box->left() - 2, box->center().y()});
        painter.drawText(*box, kAtLeft, one.style.name);
    }
}

/// What lines have at their ends and at the plot's edge: names at their last points, which make
/// room for each other, and marks where a value could not be drawn.
void paintEdges(QPainter& painter, const PlotAxes& axes, const std::vector<PlotSeries>& series) {
    for (const PlotSeries& one : series) paintUnplottable(painter, axes, one);
    paintEndLabels(painter, axes, series);
}

}  // namespace

void PlotContent::paint(QPainter& painter, const PlotAxes& axes, const ThemeColors& colors,
                        bool onScreen) const {
    paintBands(painter, axes, annotations);
    axes.paintGrid(painter, colors);
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto& envelope : annotations.envelopes) paintEnvelope(painter, axes, envelope);
    paintSeries(painter, axes, series, onScreen);
    paintLevels(painter, axes, annotations);
    paintEdges(painter, axes, series);
    paintMarkers(painter, axes, annotations, colors);
    axes.paintLabels(painter, colors);
}

}  // namespace skd
