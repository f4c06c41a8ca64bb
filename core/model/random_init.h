#pragma once

#include <cstdint>

#include "model/decoder.h"

namespace skd {

/// Gives a decoder fresh weights as before any training: matrices and embedding normal with
/// standard deviation 0.02, norms 1, biases 0. Each tensor's values depend on seed and name alone;
/// forms stay. Meant for dense models.
void initialiseRandomly(Decoder& decoder, std::uint64_t seed);

}  // namespace skd
