#pragma once

#include <array>
#include <optional>

#include "charts/plot/plot_content.h"

namespace skd {

/// A vertical line of a plot that mouse and keys move.
struct PlotHandle {
    std::optional<double> x;  ///< nothing: there is none
    double step = 1;          ///< of the arrow keys

    [[nodiscard]] bool isAt(const QPointF& position, const PlotAxes& axes) const;
    /// Where a key takes it; nothing for keys that are not its own.
    [[nodiscard]] std::optional<double> keyed(int key, bool coarse) const;
    void paint(QPainter& painter, const PlotAxes& axes, const QColor& color) const;
};

/// Two vertical cursors, A and B, that measure the lines of a plot between them.
class PlotCursors {
public:
    void place(std::size_t which, std::optional<double> x) { m_at.at(which) = x; }
    [[nodiscard]] std::optional<double> at(std::size_t which) const { return m_at.at(which); }
    [[nodiscard]] bool any() const { return m_at[0] || m_at[1]; }
    /// Where one stands a point of the first line further on; from the middle of what is shown
    /// where it stands nowhere yet. Nothing without a line.
    [[nodiscard]] std::optional<double> stepped(std::size_t which, int direction,
                                                const PlotContent& content,
                                                const PlotAxes& axes) const;
    /// "A 10 → B 40 (30): svd-15 −21.4"; empty without both.
    [[nodiscard]] QString text(const PlotContent& content, const PlotAxes& axes) const;
    void paint(QPainter& painter, const PlotContent& content, const PlotAxes& axes,
               const ThemeColors& colors) const;

private:
    std::array<std::optional<double>, 2> m_at;
};

}  // namespace skd
