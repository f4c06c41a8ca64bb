#pragma once

#include <functional>

#include "base/units.h"

#include "spec/study_spec.h"

namespace skd {

/// One run of a study: a variant at a point of the grid, with one seed.
struct PlannedRun {
    std::string variant;  ///< "whitened (prune.target=0.35)"; the variant's name without a grid
    std::size_t variantIndex = 0;  ///< in StudySpec::variants
    std::int64_t seed = 0;
    std::map<std::string, Json> cell;  ///< its point of the grid
    RunSpec spec;                      ///< scaled; references still read "variant:NAME"
    std::vector<std::size_t> needs;    ///< runs of the plan whose results it starts from
};

/// Runs in an order in which each comes after what it needs; all variants of one seed together.
struct StudyPlan {
    std::vector<PlannedRun> runs;
};

/// Expands variants, grid and seeds; refuses references to nothing and cycles.
Result<StudyPlan> planStudy(const StudySpec& study);

/// The run of the plan that says which model this one begins with: itself, or of those that it
/// starts from the first. About as large, where its own path only names a variant.
const PlannedRun& modelRun(const StudyPlan& plan, std::size_t index);

/// The run's spec with each "variant:NAME" as "run:N", and what follows the name ("@40" a step,
/// "@42%" a slice of an elastic variant) behind it; `runOf` gives the workspace's run of an
/// entry of the plan.
RunSpec resolved(const StudyPlan& plan, std::size_t index,
                 const std::function<RunId(std::size_t)>& runOf);

}  // namespace skd
