#pragma once

#include <cstdint>
#include <span>

namespace skd {

/// How the next token is chosen: logits / temperature, then the top_k largest, then the smallest
/// set of the largest whose probability reaches top_p, then a draw.
struct SamplingOptions {
    double temperature = 0;  ///< 0 takes the largest logit (of equals the lowest id)
    std::int64_t topK = 0;   ///< 0 keeps all
    double topP = 1;
};

/// Id of the next token; `uniform` in [0, 1) is the draw. -1 when the logits have no finite largest
/// one.
std::int64_t chooseToken(std::span<const float> logits, const SamplingOptions& options,
                         double uniform);

}  // namespace skd
