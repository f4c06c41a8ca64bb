#pragma once

#include "distill/block_refinement.h"
#include "run/teacher_source.h"

namespace skd {

/// Refines the blocks of work.student, in the place of its weights, towards the model that the run
/// began with: that of an online teacher where it is the same, else read again. Blocks that an
/// earlier attempt has refined are taken from the run's folder. Nothing when cancelled. Corrupt
/// where the model that the run began with has changed since.
Result<std::optional<RefineReport>> refineStudent(RunWork& work, const TeacherSource& teacher,
                                                  std::size_t round);

}  // namespace skd
