#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "charts/plot/plot_axes.h"
#include "charts/plot/plot_legend.h"
#include "charts/plot/plot_series.h"
#include "charts/view_table.h"

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

/// What a plot shows, and what follows from it alone: scales, legend, table, the values at an x.
struct PlotContent {
    std::vector<PlotSeries> series;
    PlotAnnotations annotations;
    std::vector<double> includedX, includedY;  ///< values that the scales always include
    double floor =
        std::numeric_limits<double>::quiet_NaN();  ///< y below it does not stretch the scale

    [[nodiscard]] bool empty() const;
    /// The range of x without zoom; [0, 1] where there is none.
    [[nodiscard]] Range wholeX() const;
    /// Sets the ranges of `axes` to what is shown.
    void scale(PlotAxes& axes, const std::optional<Range>& zoom) const;
    /// The lines that have a name and points.
    [[nodiscard]] std::vector<LegendEntry> legend() const;
    /// The value of every named line nearest to x, a line of text each; at most ten.
    [[nodiscard]] QString textAt(double x, const PlotAxes& axes) const;
    /// All points: one x column where the lines share theirs, else each line with its own; bands
    /// last.
    [[nodiscard]] ViewTable table(const QString& xName, const QString& yName) const;
    /// Draws grid, bands, lines, marks and labels; `axes.area` must be laid out. On a screen long
    /// lines are drawn thin and very many points without smooth edges, so that a repaint stays
    /// below 16 ms.
    void paint(QPainter& painter, const PlotAxes& axes, const ThemeColors& colors,
               bool onScreen) const;
    /// The same in the colours of another theme.
    [[nodiscard]] PlotContent inTheme(const ThemeColors& from, const ThemeColors& to) const;
};

}  // namespace skd
