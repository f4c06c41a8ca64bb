#pragma once

namespace skd {

/// While one lives, memory that is freed stays with the process to be used again: work that
/// allocates the same large blocks over and over does not have them taken away and cleared by the
/// operating system each time. Once the last is gone, what is free goes back. Nothing where the C
/// library is not glibc. Thread-safe.
class KeptMemory {
public:
    KeptMemory();
    ~KeptMemory();
    KeptMemory(const KeptMemory&) = delete;
    KeptMemory& operator=(const KeptMemory&) = delete;
};

}  // namespace skd
