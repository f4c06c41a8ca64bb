#pragma once

#include "ranks/nested_path.h"

namespace skd {

/// Where a rank profile lies beside a path.
struct PathPosition {
    double removed = 0;      ///< fraction that the profile removes, by the path's prices
    std::size_t prefix = 0;  ///< of the path's profile of the same size, or the next smaller one
    /// Steps of the path that lie between both profiles, over all matrices: 0 is on the path. A
    /// rank between two of the path's own counts as the upper one.
    std::int64_t segments = 0;
};

/// `ranks` by matrix of the path, 0 = as it is.
PathPosition positionOf(const NestedPath& path, const std::vector<std::int64_t>& ranks);

}  // namespace skd
