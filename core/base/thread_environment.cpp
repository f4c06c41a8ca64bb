#include "base/thread_environment.h"

#include <unistd.h>

#include <cstdlib>

namespace skd {

void shortenThreadSpin(char** argv) {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr) return;
    // Set before execv, so that the new process returns at the line above. If execv fails, go on as it is.
    setenv("GOMP_SPINCOUNT", "3000", 1);
    execv("/proc/self/exe", argv);
}

}  // namespace skd
