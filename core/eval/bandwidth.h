#pragma once

#include <ATen/ATen.h>

namespace skd {

/// How fast all threads together read memory, bytes/s: passes over a buffer that no cache holds.
class BandwidthProbe {
public:
    BandwidthProbe();
    /// The fastest of a few passes, about 0.1 s.
    double measure();

private:
    at::Tensor m_buffer;
    float m_sum = 0;  ///< keeps the reading from being left out
};

}  // namespace skd
