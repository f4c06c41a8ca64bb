#include "base/kept_memory.h"

#include <mutex>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace skd {
namespace {

std::mutex guard;
int living = 0;

#if defined(__GLIBC__)
/// Blocks above this many bytes are mapped one by one, glibc's largest value; beyond twice it the
/// free end of the heap goes back: where glibc's own adjustment ends up in a program that uses
/// large blocks.
constexpr int kLargestInHeap = 32 << 20;
constexpr int kMappings = 65536;  ///< glibc's default
#endif

}  // namespace

KeptMemory::KeptMemory() {
    const std::lock_guard lock(guard);
    if (living++ > 0) return;
#if defined(__GLIBC__)
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);  // never
#endif
}

KeptMemory::~KeptMemory() {
    const std::lock_guard lock(guard);
    if (--living > 0) return;
#if defined(__GLIBC__)
    mallopt(M_MMAP_MAX, kMappings);
    mallopt(M_MMAP_THRESHOLD, kLargestInHeap);
    mallopt(M_TRIM_THRESHOLD, 2 * kLargestInHeap);
    malloc_trim(0);
#endif
}

}  // namespace skd
