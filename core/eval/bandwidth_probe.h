#pragma once

#include <ATen/ATen.h>

namespace skd {

/// How fast all threads together read memory: passes over a buffer that no cache holds (256 MiB,
/// held while the probe lives).
class BandwidthProbe {
public:
    /// Bytes/s of the fastest of a few passes, about 0.1 s.
    double measure();

private:
    static constexpr std::int64_t kFloats = 64ll << 20;
    at::Tensor m_buffer = at::ones({kFloats}, at::kFloat);
    float m_sum = 0;  ///< keeps the reading from being left out
};

}  // namespace skd
