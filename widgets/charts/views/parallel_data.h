#pragma once

#include <QStringList>
#include <optional>
#include <vector>

#include "charts/plot/plot_axes.h"

namespace skd {

/// One axis of parallel coordinates: figures, or words at equal distances.
struct ParallelAxis {
    QString name;
    bool log = false;
    QStringList words;  ///< not empty: values are indices into it
    ValueText text;     ///< of a figure

    /// A value as displayed; empty for NaN.
    [[nodiscard]] QString textOf(double value) const;
};

struct ParallelLine {
    qint64 id = 0;
    QString name;
    std::vector<double> values;  ///< one per axis; NaN: it has none there
    bool strong = false;
};

/// Lines over axes, with brushes that let only some of them through. A place on an axis is 0 at its
/// foot and 1 at its top.
class ParallelData {
public:
    /// Keeps the brushes of axes that stay.
    void set(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines);
    void setBrush(std::size_t axis, std::optional<Range> part) { m_brushes.at(axis) = part; }
    void clearBrushes() { m_brushes.assign(m_axes.size(), std::nullopt); }

    [[nodiscard]] const std::vector<ParallelAxis>& axes() const { return m_axes; }
    [[nodiscard]] const std::vector<ParallelLine>& lines() const { return m_lines; }
    [[nodiscard]] const std::optional<Range>& brush(std::size_t axis) const {
        return m_brushes.at(axis);
    }
    [[nodiscard]] bool passes(std::size_t line) const;
    [[nodiscard]] int passing() const;
    /// Where a value of an axis lies; NaN for none.
    [[nodiscard]] double placeOf(std::size_t axis, double value) const;
    /// The value at the top or foot of an axis, as displayed.
    [[nodiscard]] QString endText(std::size_t axis, bool top) const;

private:
    void findExtents();

    std::vector<ParallelAxis> m_axes;
    std::vector<ParallelLine> m_lines;
    std::vector<Range> m_extents;  ///< on the axis' scale
    std::vector<std::optional<Range>> m_brushes;
};

}  // namespace skd
