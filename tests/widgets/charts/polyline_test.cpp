#include "charts/plot/plot_series.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace skd {
namespace {

/// Height of a line at x, the nearest of several where it is vertical there.
double missBy(const QList<QPointF>& line, const QPointF& point) {
    double best = INFINITY;
    for (qsizetype i = 0; i + 1 < line.size(); ++i) {
        const QPointF a = line[i], b = line[i + 1];
        if (point.x() < a.x() || point.x() > b.x()) continue;
        if (a.x() == b.x()) {
            const double low = std::min(a.y(), b.y()), high = std::max(a.y(), b.y());
            best = std::min(best, std::max({0.0, low - point.y(), point.y() - high}));
        } else {
            best = std::min(
                best, std::abs(a.y() + (b.y() - a.y()) * (point.x() - a.x()) / (b.x() - a.x()) -
                               point.y()));
        }
    }
    return best;
}

RC_GTEST_PROP(Straighten, NoPointIsMissedByMoreThanTheTolerance, ()) {
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 4), rc::gen::inRange(-8, 9)));
    QList<QPointF> line;
    double x = 0;
    for (const auto& [step, y] : steps) line.append({x += step, y * 0.25});
    const double tolerance = *rc::gen::element(0.3, 1.0, 2.5);
    const QList<QPointF> kept = straighten(line, tolerance);
    RC_ASSERT(kept.size() <= line.size());
    if (line.size() < 2) RC_DISCARD("no line");
    RC_ASSERT(kept.front() == line.front() && kept.back() == line.back());
    for (const QPointF& point : kept) RC_ASSERT(line.contains(point));
    for (const QPointF& point : line) RC_ASSERT(missBy(kept, point) <= tolerance + 1e-9);
}

TEST(Straighten, SmoothLinesLoseMostOfTheirPointsAndSpikesNone) {
    QList<QPointF> smooth, spikes;
    for (int i = 0; i < 2000; ++i) {
        smooth.append({i * 0.5, 200 * std::exp(-i / 600.0)});
        spikes.append({i * 0.5, i % 2 == 0 ? 0.0 : 10.0});
    }
    EXPECT_LT(straighten(smooth, 0.33).size(), 60);
    EXPECT_EQ(straighten(spikes, 0.33).size(), spikes.size());
}

}  // namespace
}  // namespace skd
