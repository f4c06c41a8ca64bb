#include "charts/views/parallel_data.h"

#include <algorithm>
#include <cmath>

#include "style/format.h"

namespace skd {

namespace {

double onScale(const ParallelAxis& axis, double value) {
    return axis.log ? std::log10(value) : value;
}

}  // namespace

QString ParallelAxis::textOf(double value) const {
    if (std::isnan(value)) return {};
    if (!words.isEmpty()) return words.value(static_cast<qsizetype>(value));
    return text ? text(value) : formatValue(value);
}

void ParallelData::set(std::vector<ParallelAxis> axes, std::vector<ParallelLine> lines) {
    std::vector<std::optional<Range>> brushes(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        for (std::size_t j = 0; j < m_axes.size(); ++j)
            if (m_axes[j].name == axes[i].name) brushes[i] = m_brushes[j];
    m_axes = std::move(axes);
    m_lines = std::move(lines);
    m_brushes = std::move(brushes);
    findExtents();
}

void ParallelData::findExtents() {
    m_extents.assign(m_axes.size(), kNoRange);
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        Range& extent = m_extents[axis];
        for (const ParallelLine& line : m_lines)
            include(extent, onScale(m_axes[axis], line.values.at(axis)));
        if (!m_axes[axis].words.isEmpty())
            extent = {0, std::max(1.0, static_cast<double>(m_axes[axis].words.size() - 1))};
        if (!(extent.high >= extent.low)) extent = {0, 1};
        if (extent.high == extent.low) extent = {extent.low - 0.5, extent.high + 0.5};
    }
}

double ParallelData::placeOf(std::size_t axis, double value) const {
    const double at = onScale(m_axes.at(axis), value);
    return std::isfinite(at) ? (at - m_extents[axis].low) / m_extents[axis].span() : NAN;
}

bool ParallelData::passes(std::size_t line) const {
    for (std::size_t axis = 0; axis < m_axes.size(); ++axis) {
        if (!m_brushes[axis]) continue;
        const double place = placeOf(axis, m_lines[line].values[axis]);
        if (!(place >= m_brushes[axis]->low - 1e-9 && place <= m_brushes[axis]->high + 1e-9))
            return false;
    }
    return true;
}

int ParallelData::passing() const {
    int count = 0;
    for (std::size_t line = 0; line < m_lines.size(); ++line) count += passes(line) ? 1 : 0;
    return count;
}

QString ParallelData::endText(std::size_t axis, bool top) const {
    const double end = top ? m_extents[axis].high : m_extents[axis].low;
    return m_axes[axis].textOf(m_axes[axis].log ? std::pow(10.0, end) : end);
}

}  // namespace skd
