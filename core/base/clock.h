#pragma once

#include <chrono>
#include <cstdint>

namespace skd {

/// Unix time in milliseconds.
inline std::int64_t nowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace skd
