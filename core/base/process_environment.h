#pragma once

namespace skd {

/// Sets what libraries read from the environment when they are loaded or first used; the program
/// starts itself again, once, where something has to change. Call it first in main.
///
/// - Idle OpenMP threads spin for a short time only, unless the user has set OMP_WAIT_POLICY or
///   GOMP_SPINCOUNT. On an idle machine it changes nothing; on a busy one, threads that spin for a
///   partner that is not scheduled cost most of the time.
/// - SKD_ISA also limits LibTorch, oneDNN and MKL (base/instruction_set.h). A value that does not
/// hold
///   ends the program with a sentence and exit code 2.
void prepareProcess(char** argv);

}  // namespace skd
