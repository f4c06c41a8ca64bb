#include "charts/plot_canvas.h"

#include <QChart>
#include <QChartView>
#include <QFontMetricsF>
#include <QGraphicsLayout>
#include <QLineSeries>
#include <QPainterPath>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "charts/painted_view.h"
#include "charts/plot_edges.h"

namespace skd {

struct PlotCanvas::Chart {
    QChartView view{new QChart};
    QValueAxis* x = new QValueAxis;
    QValueAxis* y = new QValueAxis;
    QList<QLineSeries*> lines;

    Chart() {
        QChart* chart = view.chart();
        chart->setBackgroundVisible(false);
        chart->setPlotAreaBackgroundVisible(false);
        chart->legend()->hide();
        chart->setAnimationOptions(QChart::NoAnimation);
        chart->layout()->setContentsMargins(0, 0, 0, 0);
        chart->setMargins({});
        for (auto [axis, side] : {std::pair{x, Qt::AlignBottom}, std::pair{y, Qt::AlignLeft}}) {
            axis->setVisible(false);
            chart->addAxis(axis, side);
        }
        view.setRenderHint(QPainter::Antialiasing);
        view.setBackgroundBrush(Qt::NoBrush);
        view.setFrameShape(QFrame::NoFrame);
        view.setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        view.setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    }
};

PlotCanvas::PlotCanvas() : m_chart(std::make_unique<Chart>()) {}
PlotCanvas::~PlotCanvas() = default;

namespace {

constexpr double kWideLength =
    3000;  ///< pixels of a line; pens above one pixel of the device cost 1.4 µs for each
constexpr qsizetype kChartPoints =
    8000;  ///< of all lines; QtCharts needs 0.5 µs for each, a polyline a tenth
constexpr qsizetype kSmooth =
    60'000;  ///< of all lines; beyond, they hide each other and their edges

QPointF pixelOf(const PlotAxes& axes, const QPointF& point) {
    return {axes.pixelX(point.x()),
            axes.area.bottom() - (point.y() - axes.y.low) / axes.y.span() * axes.area.height()};
}

/// Of a line, by steps along the axes.
double pixelLength(const PlotAxes& axes, const QList<QPointF>& line) {
    double wide = 0, high = 0;
    for (qsizetype i = 1; i < line.size(); ++i) {
        wide += std::abs(line[i].x() - line[i - 1].x());
        high += std::abs(line[i].y() - line[i - 1].y());
    }
    return wide / axes.x.span() * axes.area.width() + high / axes.y.span() * axes.area.height();
}

QPen linePen(const SeriesStyle& style, bool thin, double pixelRatio) {
    QPen pen(style.color, thin ? std::min(1.0 / pixelRatio, style.width) : style.width, style.pen);
    pen.setJoinStyle(Qt::RoundJoin);
    return pen;
}

void paintDense(QPainter& painter, const PlotAxes& axes, const std::vector<PlotSeries>& series,
                const std::vector<QList<QPointF>>& lines, bool smooth) {
    painter.setRenderHint(QPainter::Antialiasing, smooth);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        QPolygonF pixels;
        pixels.reserve(lines[i].size());
        for (const QPointF& point : lines[i]) pixels << pixelOf(axes, point);
        painter.setPen(linePen(series[i].style, true, painter.device()->devicePixelRatio()));
        painter.drawPolyline(pixels);
    }
}

}  // namespace

void PlotCanvas::syncLines(const PlotAxes& axes, const std::vector<PlotSeries>& series,
                           const std::vector<QList<QPointF>>& points, double pixelRatio) {
    auto& lines = m_chart->lines;
    while (lines.size() > static_cast<qsizetype>(series.size())) delete lines.takeLast();
    while (lines.size() < static_cast<qsizetype>(series.size())) {
        auto* line = new QLineSeries;
        m_chart->view.chart()->addSeries(line);
        line->attachAxis(m_chart->x);
        line->attachAxis(m_chart->y);
        lines.append(line);
    }
    m_chart->x->setRange(axes.x.low, axes.x.high);
    m_chart->y->setRange(axes.y.low, axes.y.high);
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        lines[i]->setPen(
            linePen(series[at].style, pixelLength(axes, points[at]) > kWideLength, pixelRatio));
        lines[i]->replace(points[at]);
    }
}

void PlotCanvas::paintSeries(QPainter& painter, const QSize& size, const PlotAxes& axes,
                             const std::vector<PlotSeries>& series) {
    std::vector<QList<QPointF>> points;
    qsizetype total = 0;
    for (const PlotSeries& one : series) total += points.emplace_back(one.points(axes)).size();
    if (total > kChartPoints) return paintDense(painter, axes, series, points, total <= kSmooth);
    syncLines(axes, series, points, painter.device()->devicePixelRatio());
    m_chart->view.resize(size);
    m_chart->view.setSceneRect(QRectF(QPointF(0, 0), size));
    m_chart->view.chart()->resize(size);
    m_chart->view.chart()->setPlotArea(axes.area);
    m_chart->view.scene()->render(&painter, QRectF(QPointF(0, 0), size),
                                  QRectF(QPointF(0, 0), size));
}

namespace {

void paintBands(QPainter& painter, const PlotAxes& axes, const PlotAnnotations& annotations) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    for (const auto& band : annotations.bands) {
        const QRectF rect = QRectF(QPointF(axes.pixelX(band.from), axes.area.top()),
                                   QPointF(axes.pixelX(band.to), axes.area.bottom()))
                                .intersected(axes.area);
        if (rect.width() < 1) continue;
        QColor fill = band.color;
        fill.setAlphaF(0.16F);
        painter.fillRect(rect, fill);
        if (metrics.horizontalAdvance(band.label) + 4 > rect.width()) continue;
        painter.setPen(band.color);
        painter.drawText(rect.adjusted(0, 4, 0, 0), Qt::AlignHCenter | Qt::AlignTop, band.label);
    }
}

void paintEnvelope(QPainter& painter, const PlotAxes& axes,
                   const PlotAnnotations::Envelope& envelope) {
    QColor fill = envelope.color;
    fill.setAlphaF(0.2F);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
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

/// Labels that would touch stand in rows above (or below) each other.
void paintVertical(QPainter& painter, const PlotAxes& axes, const PlotAnnotations::Line& line,
                   std::vector<QRectF>& taken) {
    const double px = axes.pixelX(line.value);
    if (px < axes.area.left() - 1 || px > axes.area.right() + 1) return;
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
    const auto touches = [&](const QRectF& other) { return other.intersects(box); };
    while (std::any_of(taken.begin(), taken.end(), touches) && axes.area.contains(box))
        box.translate(0, line.atTop ? height : -height);
    taken.push_back(box);
    painter.drawText(box, Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(line.label, Qt::ElideRight, width));
}

void paintLines(QPainter& painter, const PlotAxes& axes, const PlotAnnotations& annotations) {
    painter.setFont(textFont(TextRole::Small));
    const QFontMetricsF metrics(painter.font());
    for (const auto& line : annotations.horizontal) {
        const double py = axes.pixelY(line.value);
        if (py < axes.area.top() - 1 || py > axes.area.bottom() + 1) continue;
        painter.setPen(QPen(line.color, 1, line.pen));
        painter.drawLine(QPointF(axes.area.left(), py), QPointF(axes.area.right(), py));
        const bool below = py - metrics.height() - 4 < axes.area.top();
        const QRectF box(axes.area.left(), below ? py + 2 : py - metrics.height() - 3,
                         axes.area.width() - 4, metrics.height());
        painter.drawText(box, Qt::AlignRight | Qt::AlignVCenter, line.label);
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
        const bool free = std::none_of(taken.begin(), taken.end(),
                                       [&](const QRectF& other) { return other.intersects(box); });
        if (free && area.contains(box)) return middleLeft;
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

void paintPolyline(QPainter& painter, const PlotAxes& axes, const PlotSeries& series) {
    QPainterPath path;
    QPointF last;
    bool begun = false;
    for (const QPointF& point : series.points(axes)) {
        const QPointF at = pixelOf(axes, point);
        QPointF from = last, to = at;
        if (begun && clipSegment(axes.area, from, to)) {
            if (path.isEmpty() || path.currentPosition() != from) path.moveTo(from);
            path.lineTo(to);
        }
        last = at;
        begun = true;
    }
    painter.setPen(linePen(series.style, false, 1));
    painter.setBrush(Qt::NoBrush);
    painter.drawPath(path);
}

}  // namespace

void PlotCanvas::paintVector(QPainter& painter, const PlotAxes& axes,
                             const std::vector<PlotSeries>& series,
                             const PlotAnnotations& annotations, const ThemeColors& colors) {
    paintBands(painter, axes, annotations);
    axes.paintGrid(painter, colors);
    painter.setRenderHint(QPainter::Antialiasing);
    for (const auto& envelope : annotations.envelopes) paintEnvelope(painter, axes, envelope);
    for (const PlotSeries& one : series) paintPolyline(painter, axes, one);
    paintLines(painter, axes, annotations);
    paintEdges(painter, axes, series);
    paintMarkers(painter, axes, annotations, colors);
    axes.paintLabels(painter, colors);
}

void PlotCanvas::paint(QPainter& painter, const QSize& size, const PlotAxes& axes,
                       const std::vector<PlotSeries>& series, const PlotAnnotations& annotations,
                       const ThemeColors& colors) {
    paintBands(painter, axes, annotations);
    axes.paintGrid(painter, colors);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.save();
    painter.setClipRect(axes.area.adjusted(-1, -1, 1, 1));
    for (const auto& envelope : annotations.envelopes) paintEnvelope(painter, axes, envelope);
    paintSeries(painter, size, axes, series);
    painter.restore();
    painter.setRenderHint(QPainter::Antialiasing);
    paintLines(painter, axes, annotations);
    paintEdges(painter, axes, series);
    paintMarkers(painter, axes, annotations, colors);
    axes.paintLabels(painter, colors);
}

}  // namespace skd
