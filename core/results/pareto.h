#pragma once

#include <cstddef>
#include <vector>

namespace skd {

struct ParetoPoint {
    double x = 0, y = 0;
};

/// The points that no other beats, i.e. none is at least as good in both and better in one; y is
/// better when lower, x when `lowX` says so, else when higher. Indices from the best y on; of equal
/// points the first. Points that are not finite take no part.
std::vector<std::size_t> unbeatenPoints(const std::vector<ParetoPoint>& points, bool lowX);

}  // namespace skd
