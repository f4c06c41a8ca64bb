#include "results/front_curve.h"

#include <algorithm>
#include <utility>

namespace skd {
namespace {

/// Slope at an end from the two pieces beside it; 0 where it would turn against the first, at most
/// three times the first where the second runs the other way.
double slopeAtEnd(double width, double next, double slope, double nextSlope) {
    const double found = ((2 * width + next) * slope - width * nextSlope) / (width + next);
    if (found * slope <= 0) return 0;
    if (slope * nextSlope < 0 && std::abs(found) > 3 * std::abs(slope)) return 3 * slope;
    return found;
}

/// The harmonic mean of both slopes, weighed by the widths; 0 at an extreme.
double slopeInside(double before, double after, double slope, double nextSlope) {
    if (slope * nextSlope <= 0) return 0;
    const double first = 2 * after + before, second = after + 2 * before;
    return (first + second) / (first / slope + second / nextSlope);
}

}  // namespace

FrontCurve::FrontCurve(std::vector<FrontPoint> points) {
    std::erase_if(points, [](const FrontPoint& point) {
        return !std::isfinite(point.ppl) || point.ppl <= 0 || !std::isfinite(point.removed);
    });
    std::ranges::stable_sort(points, {}, &FrontPoint::removed);
    for (const FrontPoint& point : points)
        if (!m_points.empty() && point.removed - m_points.back().removed < kSameSize)
            m_points.back() = point;
        else
            m_points.push_back(point);
    for (const FrontPoint& point : m_points) m_logs.push_back(std::log(point.ppl));
    chooseSlopes();
}

void FrontCurve::chooseSlopes() {
    m_slopes.assign(m_points.size(), 0);
    if (m_points.size() < 2) return;
    std::vector<double> widths, chords;
    for (std::size_t i = 0; i + 1 < m_points.size(); ++i) {
        widths.push_back(m_points[i + 1].removed - m_points[i].removed);
        chords.push_back((m_logs[i + 1] - m_logs[i]) / widths[i]);
    }
    const std::size_t last = chords.size() - 1;
    if (last == 0) return m_slopes.assign(2, chords[0]);
    m_slopes.front() = slopeAtEnd(widths[0], widths[1], chords[0], chords[1]);
    m_slopes.back() = slopeAtEnd(widths[last], widths[last - 1], chords[last], chords[last - 1]);
    for (std::size_t i = 1; i <= last; ++i)
        m_slopes[i] = slopeInside(widths[i - 1], widths[i], chords[i - 1], chords[i]);
}

/// The piece that a size between the ends lies in.
std::size_t FrontCurve::pieceAt(double removed) const {
    const auto after = std::ranges::upper_bound(m_points, removed, {}, &FrontPoint::removed);
    const std::size_t index = static_cast<std::size_t>(after - m_points.begin());
    return std::clamp<std::size_t>(index, 1, m_points.size() - 1) - 1;
}

double FrontCurve::pplAt(double removed) const {
    if (const FrontPoint* point = pointAt(removed)) return point->ppl;
    if (m_points.size() < 2 || !(removed > m_points.front().removed) ||
        !(removed < m_points.back().removed))
        return std::nan("");
    const std::size_t i = pieceAt(removed);
    const double width = m_points[i + 1].removed - m_points[i].removed,
                 t = (removed - m_points[i].removed) / width, back = 1 - t;
    // Hermite's four cubics.
    return std::exp((1 + 2 * t) * back * back * m_logs[i] + t * back * back * width * m_slopes[i] +
                    t * t * (3 - 2 * t) * m_logs[i + 1] - t * t * back * width * m_slopes[i + 1]);
}

const FrontPoint* FrontCurve::pointAt(double removed) const {
    const auto found = std::ranges::find_if(m_points, [&](const FrontPoint& point) {
        return std::abs(point.removed - removed) < kSameSize;
    });
    return found == m_points.end() ? nullptr : &*found;
}

std::pair<const FrontPoint*, const FrontPoint*> FrontCurve::neighboursOf(double removed) const {
    if (std::isnan(pplAt(removed)) || pointAt(removed) != nullptr) return {nullptr, nullptr};
    const std::size_t i = pieceAt(removed);
    return {&m_points[i], &m_points[i + 1]};
}

}  // namespace skd
