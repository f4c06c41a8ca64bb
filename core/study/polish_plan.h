#pragma once

#include "spec/run_spec.h"
#include "store/records.h"

namespace skd {

/// A size of an elastic run that is to be trained on by itself.
struct PolishRequest {
    RunId run;
    double removed = 0;       ///< the size, as fraction removed
    std::int64_t tokens = 0;  ///< 0: kPolishShare of those that the run has trained on
};

/// Share of an elastic run's tokens that polishing takes by default, and of its learning rate's
/// peak.
inline constexpr double kPolishShare = 0.075, kPolishRate = 1.0 / 3;

/// The same of a run that continues with all sizes. Half of the peak: the others must not be lost
/// again; neither figure has been tuned.
inline constexpr double kMoreShare = 0.25, kMoreRate = 0.5;

/// An ordinary run of one size that starts from the slice of `run` at the size, in the form of the
/// run's slices, with nothing cut and nothing shared any more: the run's corpus, loss, optimiser
/// and measures; its dense model as the teacher where it was the run's own; a third of its peak
/// learning rate (of kDefaultLearningRate where none is on record). InvalidInput for a run that is
/// not elastic, and for a size outside of its own.
Result<RunSpec> polishSpec(const RunDetails& run, const PolishRequest& request);

/// A run that continues the trained factors of `run` with all of its sizes, half of its draws
/// around the one of the request (elastic.focus): the rest as polishSpec, but for kMoreShare of the
/// tokens and kMoreRate of the peak. Refuses the same.
Result<RunSpec> moreTokensSpec(const RunDetails& run, const PolishRequest& request);

}  // namespace skd
