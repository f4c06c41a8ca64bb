#pragma once

#include <set>

#include "spec/study_plan.h"

namespace skd {

/// Expected seconds of runs, from rates measured on SmolLM2-135M with two CPU cores: an order of
/// magnitude for other machines, until finished runs of the study correct it.
class StudyCost {
public:
    /// Seconds of one run; a corpus whose teacher cache an earlier call has paid for is free.
    double seconds(const RunSpec& spec);

private:
    std::set<std::string> m_cached;
};

/// Seconds of each run of a plan, in its order.
std::vector<double> expectedSeconds(const StudyPlan& plan);

}  // namespace skd
