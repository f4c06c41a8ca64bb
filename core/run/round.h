#pragma once

#include "run/teacher_source.h"

namespace skd {

/// Cuts work.student to a round's target through the gate, measures, refines its blocks where the
/// spec asks for it, distils, measures after each, and keeps the models in the run's folder. What
/// an earlier attempt has finished is taken from there. Nothing when the user stopped it.
Result<std::optional<RoundSummary>> runRound(RunWork& work, std::size_t round,
                                             const RoundSpec& spec, TeacherSource& teacher);

}  // namespace skd
