#pragma once

#include <map>
#include <string>
#include <vector>

#include "results/profile_report.h"

namespace skd {

/// One forward pass of one model as it was recorded.
struct ProfileRound {
    double seconds = 0;  ///< of the outermost scope, which the self times of all records add up to
    std::vector<ProfileRecord> records;
    [[nodiscard]] std::map<Module, double> moduleSeconds() const;
};
/// `records` of one forward pass inside one scope of Module::Gap, times moved to that scope's
/// begin.
ProfileRound roundOf(std::vector<ProfileRecord> records);

/// Figures and timeline of a model over rounds (at least one). Names and sizes are left to the
/// caller.
ModelProfile summariseRounds(std::vector<ProfileRound> rounds,
                             const std::map<Module, double>& flops);

/// A model against the first; both with the same rounds, taken one after the other in each.
ProfileComparison compareRounds(const std::vector<ProfileRound>& first,
                                const std::vector<ProfileRound>& other,
                                const std::map<Module, double>& firstFlops,
                                const std::map<Module, double>& otherFlops);

}  // namespace skd
