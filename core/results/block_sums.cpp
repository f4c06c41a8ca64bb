#include "results/block_sums.h"

#include <numeric>

namespace skd {

bool BlockSums::pairsWith(const BlockSums& other) const {
    return !empty() && values.size() == other.values.size() && weights == other.weights &&
           pages == other.pages && text == other.text;
}

double BlockSums::mean() const {
    return std::accumulate(values.begin(), values.end(), 0.0) /
           std::accumulate(weights.begin(), weights.end(), 0.0);
}

RatioError BlockSums::error() const {
    if (values.size() != weights.size()) return {};
    std::vector<Cluster> clusters;
    for (std::size_t i = 0; i < values.size(); ++i)
        clusters.push_back({values[i], weights[i], !pages && i > 0});
    return ratioError(clusters);
}

}  // namespace skd
