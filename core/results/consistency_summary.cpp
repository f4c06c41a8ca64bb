#include "results/consistency_summary.h"

#include "base/statistics.h"

namespace skd {

PromptMean meanOverPrompts(const std::vector<double>& values) {
    std::vector<Cluster> clusters;
    for (const double value : values) clusters.push_back({value, 1, false});
    return {summarise(values).mean, ratioError(clusters).halfWidth()};
}

PromptMean differenceOverPrompts(const std::vector<double>& before,
                                 const std::vector<double>& after) {
    if (before.size() != after.size()) return {std::nan(""), std::nan("")};
    std::vector<double> differences;
    for (std::size_t i = 0; i < before.size(); ++i) differences.push_back(after[i] - before[i]);
    return meanOverPrompts(differences);
}

}  // namespace skd
