#include "results/pareto.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace skd {

std::vector<std::size_t> unbeatenPoints(const std::vector<ParetoPoint>& points, bool lowX) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < points.size(); ++i)
        if (std::isfinite(points[i].x) && std::isfinite(points[i].y)) order.push_back(i);
    const auto cost = [&](std::size_t i) { return lowX ? points[i].x : -points[i].x; };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::pair(points[a].y, cost(a)) < std::pair(points[b].y, cost(b));
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : order)
        if (front.empty() || cost(i) < cost(front.back())) front.push_back(i);
    return front;
}

}  // namespace skd
