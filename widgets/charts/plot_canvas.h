#pragma once

#include <QPixmap>
#include <memory>
#include <vector>

#include "charts/plot_axes.h"
#include "charts/plot_series.h"

class QWidget;

namespace skd {

/// What is drawn beside the lines.
struct PlotAnnotations {
    struct Line {
        double value = 0;
        QString label;
        QColor color;
        Qt::PenStyle pen = Qt::DashLine;
        bool atTop = false;      ///< a vertical one's label stands at its upper end
        bool labelLeft = false;  ///< of a vertical line, where there is room
    };
    struct Band {
        double from = 0, to = 0;
        QString label;
        QColor color;
    };
    /// An area between two curves over the same xs, e.g. mean ± std; values that are not finite
    /// leave a gap.
    struct Envelope {
        std::vector<double> xs, low, high;
        QColor color;
        QString name;  ///< of its columns in a table
    };
    struct Marker {
        double x = 0, y = 0;
        QString label;
        QColor color;
        bool dropLine = false;  ///< dotted line down to the axis
        bool bubble = false;    ///< its label stands in a box
        QString tip;            ///< what it says when pointed at; such a marker can be chosen
    };
    std::vector<Line> horizontal, vertical;
    std::vector<Band> bands;
    std::vector<Envelope> envelopes;
    std::vector<Marker> markers;
};

/// The chart behind a PlotView: lines by QtCharts (by QPainter where there are too many points for
/// it), everything else by QPainter, kept as one pixmap so that a crosshair costs a copy and not a
/// repaint.
class PlotCanvas {
public:
    PlotCanvas();
    ~PlotCanvas();

    /// Draws everything onto `painter` over `size`; `axes.area` must be laid out.
    void paint(QPainter& painter, const QSize& size, const PlotAxes& axes,
               const std::vector<PlotSeries>& series, const PlotAnnotations& annotations,
               const ThemeColors& colors);
    /// The same with lines drawn point by point and cut at the plot's edge: for PDF and SVG.
    static void paintVector(QPainter& painter, const PlotAxes& axes,
                            const std::vector<PlotSeries>& series,
                            const PlotAnnotations& annotations, const ThemeColors& colors);

private:
    void paintSeries(QPainter& painter, const QSize& size, const PlotAxes& axes,
                     const std::vector<PlotSeries>& series);
    void syncLines(const PlotAxes& axes, const std::vector<PlotSeries>& series,
                   const std::vector<QList<QPointF>>& points, double pixelRatio);
    struct Chart;
    std::unique_ptr<Chart> m_chart;
};

}  // namespace skd
