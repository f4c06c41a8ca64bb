#include "ranks/path_position.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace skd {
namespace {

/// As it is is above every rank.
std::int64_t height(std::int64_t rank) {
    return rank == 0 ? std::numeric_limits<std::int64_t>::max() : rank;
}

std::int64_t placeOf(const std::vector<std::int64_t>& ladder, std::int64_t rank) {
    return std::ranges::lower_bound(ladder, height(rank), {}, height) - ladder.begin();
}

std::int64_t segmentsBetween(const NestedPath& path, const std::vector<std::int64_t>& a,
                             const std::vector<std::int64_t>& b) {
    std::int64_t segments = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i]) continue;
        const std::vector<std::int64_t> ladder = path.ranksOf(i);
        // Two ranks between the same steps are still not the same profile.
        segments +=
            std::max<std::int64_t>(1, std::abs(placeOf(ladder, a[i]) - placeOf(ladder, b[i])));
    }
    return segments;
}

}  // namespace

PathPosition positionOf(const NestedPath& path, const std::vector<std::int64_t>& ranks) {
    const std::int64_t cost = path.costOf(ranks);
    PathPosition position{path.removedAt(cost)};
    position.prefix = path.prefixAt(position.removed);
    // A fraction is rounded, a cost is not.
    while (position.prefix < path.steps() && path.cost(position.prefix + 1) <= cost)
        ++position.prefix;
    while (position.prefix > 0 && path.cost(position.prefix) > cost) --position.prefix;
    position.segments = segmentsBetween(path, ranks, path.ranksAt(position.prefix));
    return position;
}

}  // namespace skd
