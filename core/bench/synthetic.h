#pragma once

#include "model/decoder.h"

namespace skd::bench {

/// A llama of random weights; SmolLM2-135M's shape unless said otherwise.
struct SyntheticShape {
    std::int64_t vocabulary = 49152, hidden = 576, intermediate = 1536, layers = 30, heads = 9,
                 keyValueHeads = 3;
    at::ScalarType type = at::kBFloat16;
};
/// Heads are hidden / heads wide; the head is tied.
Decoder syntheticDecoder(const SyntheticShape& shape);

}  // namespace skd::bench
