#include "charts/views/speed_up_chart.h"

#include <QBarSeries>
#include <QBarSet>
#include <QCategoryAxis>
#include <QChart>
#include <QGraphicsLayout>
#include <QGraphicsScene>
#include <QLineSeries>
#include <QScatterSeries>
#include <QValueAxis>
#include <algorithm>
#include <cmath>

#include "base/ticks.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr double kBarWidth = 0.44, kCap = 0.05, kCeiling = 0.4;  ///< of an entry's width
constexpr double kFoot = 0.06;   ///< of the scale, below its lowest label
constexpr double kDiamond = 10;  ///< px
constexpr double kBelow = 6;     ///< px around the two texts
constexpr int kBeside = 6;       ///< px between a label of the scale and the plot

/// Bars grow from 1: one that points down is a loss.
double fromOne(double factor) {
    return factor - 1;
}

void add(QChart& chart, QAbstractSeries* series) {
    chart.addSeries(series);
    for (QAbstractAxis* axis : chart.axes()) series->attachAxis(axis);
}

void addLine(QChart& chart, const QPen& pen, const QList<QPointF>& points) {
    auto* line = new QLineSeries;
    line->setPen(pen);
    line->replace(points);
    add(chart, line);
}

/// One unit of x for each entry, and every value of y with a label of its own.
void addAxes(QChart& chart, const Range& y, double entries, const ThemeColors& colors) {
    auto* across = new QValueAxis;
    across->setRange(-0.5, entries - 0.5);
    across->setVisible(false);
    chart.addAxis(across, Qt::AlignBottom);
    auto* upwards = new QCategoryAxis;
    upwards->setStartValue(fromOne(y.low) - y.span());
    upwards->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    for (double tick : linearTicks(y, 5)) upwards->append(formatFactor(tick), fromOne(tick));
    // A label that reaches below the plot would be hidden.
    upwards->setRange(fromOne(y.low) - kFoot * y.span(), fromOne(y.high));
    upwards->setLabelsVisible(false);  // Qt Charts cuts them short in a narrow card
    upwards->setGridLinePen(QPen(colors.grid, 1));
    upwards->setLineVisible(false);
    chart.addAxis(upwards, Qt::AlignLeft);
}

/// The vertical axis with the labels of its values.
QCategoryAxis& scaleOf(const QChart& chart) {
    return *static_cast<QCategoryAxis*>(chart.axes(Qt::Vertical).constFirst());
}

}  // namespace

SpeedUpChart::SpeedUpChart(const QString& accessibleName, QWidget* parent)
    : PaintedView(Kind::Chart, accessibleName, parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);
}

void SpeedUpChart::setEntries(std::vector<Entry> entries) {
    m_entries = std::move(entries);
    QStringList sentences;
    for (const Entry& entry : m_entries) sentences << entry.tip;
    setAccessibleDescription(sentences.isEmpty() ? emptyText() : sentences.join(QLatin1Char('\n')));
    markDirty();
}

void SpeedUpChart::fill(QChart& chart) const {
    Range range{1, 1};
    for (const Entry& entry : m_entries)
        for (double value : {entry.low, entry.high, entry.predicted, entry.ceiling})
            if (std::isfinite(value))
                range = {std::min(range.low, value), std::max(range.high, value)};
    range.high += 0.06 * range.span();
    addAxes(chart, niceRange(range, 5), static_cast<double>(m_entries.size()), colors());
    auto* measured = new QBarSet({});
    measured->setColor(colors().action);
    measured->setPen(Qt::NoPen);
    auto* bars = new QBarSeries;
    bars->append(measured);
    bars->setBarWidth(kBarWidth);
    auto* predicted = new QScatterSeries;
    predicted->setMarkerShape(QScatterSeries::MarkerShapeRotatedRectangle);
    predicted->setMarkerSize(kDiamond);
    predicted->setPen(QPen(colors().series[1], 1.6));
    predicted->setBrush(Qt::NoBrush);
    add(chart, bars);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const Entry& entry = m_entries[i];
        const double x = static_cast<double>(i), low = fromOne(entry.low),
                     high = fromOne(entry.high), ceiling = fromOne(entry.ceiling);
        measured->append(fromOne(entry.measured));
        predicted->append(x + kBarWidth * 0.65, fromOne(entry.predicted));
        addLine(chart, QPen(colors().text, 1.2),
                {{x - kCap, low},
                 {x + kCap, low},
                 {x, low},
                 {x, high},
                 {x - kCap, high},
                 {x + kCap, high}});
        if (std::isfinite(ceiling))
            addLine(chart, QPen(colors().accent, 2),
                    {{x - kCeiling, ceiling}, {x + kCeiling, ceiling}});
    }
    add(chart, predicted);
}

/// Labels of the scale; the ceiling's text above its line, what was measured and the name below
/// the bar.
void SpeedUpChart::paintTexts(QPainter& painter, QChart& chart) const {
    const double width = m_area.width() / static_cast<double>(m_entries.size()),
                 line = smallLineHeight();
    QCategoryAxis& scale = scaleOf(chart);
    painter.setFont(textFont(TextRole::Small));
    painter.setPen(colors().secondary);
    for (const QString& label : scale.categoriesLabels()) {
        const double y = chart.mapToPosition({0, scale.endValue(label)}).y();
        painter.drawText(QRectF(0, y - line / 2, m_area.left() - kBeside, line), kAtRight, label);
    }
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        const Entry& entry = m_entries[i];
        QRectF box(m_area.left() + static_cast<double>(i) * width, m_area.bottom() + kBelow - 2,
                   width, line);
        painter.setFont(textFont(TextRole::Strong));
        writeText(painter, colors().text, box, Qt::AlignCenter, formatFactor(entry.measured));
        painter.setFont(textFont(TextRole::Small));
        const QFontMetricsF metrics(painter.font());
        painter.setPen(colors().secondary);
        painter.drawText(box.translated(0, line), Qt::AlignCenter,
                         metrics.elidedText(entry.name, Qt::ElideMiddle, width - 4));
        const QString ceiling = tr("ceiling %1").arg(formatFactor(entry.ceiling));
        if (!std::isfinite(entry.ceiling) || metrics.horizontalAdvance(ceiling) > width) continue;
        box.moveBottom(chart.mapToPosition({0, fromOne(entry.ceiling)}).y() - 2);
        writeText(painter, colors().accent, box, Qt::AlignCenter, ceiling);
    }
}

void SpeedUpChart::paintContent(QPainter& painter) {
    QGraphicsScene scene;
    auto* chart = new QChart;
    scene.addItem(chart);
    chart->setBackgroundVisible(false);
    chart->legend()->hide();
    chart->layout()->setContentsMargins(0, 0, 0, 0);
    fill(*chart);
    const QFontMetrics metrics(textFont(TextRole::Small));
    int widest = 0;
    for (const QString& label : scaleOf(*chart).categoriesLabels())
        widest = std::max(widest, metrics.horizontalAdvance(label));
    const int half = static_cast<int>(std::ceil(smallLineHeight() / 2));
    chart->setMargins(QMargins(widest + kBeside, half, 0, 0));
    const QRectF frame(QPointF(0, 0), extent() - QSizeF(0, 2 * smallLineHeight() + kBelow));
    chart->resize(frame.size());
    chart->layout()->activate();
    m_area = chart->plotArea();
    painter.setRenderHint(QPainter::Antialiasing);
    scene.render(&painter, frame, frame);
    paintTexts(painter, *chart);
}

QString SpeedUpChart::tipAt(const QPointF& position) const {
    const double at =
        (position.x() - m_area.left()) / m_area.width() * static_cast<double>(m_entries.size());
    const bool inside = at >= 0 && at < static_cast<double>(m_entries.size());
    return inside ? m_entries[static_cast<int>(at)].tip : QString();
}

ViewTable SpeedUpChart::viewTable() const {
    const QStringList header{tr("Model"),        tr("measured"),  tr("1st quartile"),
                             tr("3rd quartile"), tr("predicted"), tr("ceiling")};
    return tableOf(header, m_entries, [](const Entry& e, int) {
        std::vector<ViewCell> cells{e.name};
        for (double value : {e.measured, e.low, e.high, e.predicted, e.ceiling})
            cells.emplace_back(formatFactor(value), value);
        return cells;
    });
}

}  // namespace skd
