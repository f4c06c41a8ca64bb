#pragma once

#include "spec/run_spec.h"

namespace skd {

/// What a run is in a comparison of recoveries: the tuned dense model (no cut, trained on the same
/// corpus at the same budget) by loss, or a cut model by what trains it again.
enum class Arm {
    Other,
    TunedDenseCe,
    TunedDenseKd,
    TunedDenseKl,
    PrunedKd,
    PrunedCe,
    PrunedKl,
    PrunedCorrected,
    PrunedSampled
};
template <>
inline constexpr auto kNames<Arm> = names<Arm>({"other", "tuned-dense-ce", "tuned-dense-kd",
                                                "tuned-dense-kl", "pruned-kd", "pruned-ce",
                                                "pruned-kl", "pruned-corrected", "pruned-sampled"});

/// By the spec alone, whatever the run is called and whether a control or single fields made it so.
/// Cross-entropy alone has no teacher, so its arm does not ask whose it would be. A cut model with
/// both terms or with KL alone is PrunedCorrected where its teacher is another model than its own,
/// and PrunedSampled where its cache holds drawn tokens. Other: no training, another corpus, random
/// ranks, a fresh student, or a dense model with a foreign teacher.
Arm armOf(const RunSpec& spec);

/// Whether an arm is a tuned dense model.
constexpr bool isTunedDense(Arm arm) {
    return arm == Arm::TunedDenseCe || arm == Arm::TunedDenseKd || arm == Arm::TunedDenseKl;
}

}  // namespace skd
