#pragma once

namespace skd {

/// Shortens how long idle OpenMP threads spin, unless the person has set OMP_WAIT_POLICY or
/// GOMP_SPINCOUNT. The runtime reads this when it is loaded, so the program starts itself anew once,
/// with the same arguments. On an idle machine it changes nothing; on a busy one, threads that spin for
/// a partner that is not scheduled cost most of the time. Call it first in main.
void shortenThreadSpin(char** argv);

}  // namespace skd
