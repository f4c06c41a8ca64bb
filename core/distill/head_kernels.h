#pragma once

#include <cstdint>
#include <span>

namespace skd {

/// What one teacher distribution says about a token: its k most probable entries.
struct TeacherRow {
    std::span<const std::int32_t> ids;
    std::span<const float> logProbabilities;  ///< at temperature 1
    float logZ = 0;                           ///< log sum over the vocabulary of p^(1/T)
};

/// Factors on the two parts of a row's gradient and the temperature of the second.
struct HeadRowWeights {
    double ce = 1;           ///< (1 - alpha) / tokens
    double kl = 0;           ///< alpha T^2 / tokens
    double temperature = 1;  ///< T
};

/// Losses of a row in nats, unweighted; squared norms of the weighted gradient of each part.
struct HeadRowLoss {
    double ce = 0, kl = 0;
    double ceGradientSquares = 0, klGradientSquares = 0;
};

/// Loss of a row of logits, which are overwritten by its gradient (METHOD.md section 4:
/// cross-entropy and KL with the tail bucket). `scratch` keeps k floats. Without teacher entries
/// only the cross-entropy counts. Not finite where a logit is not.
HeadRowLoss headRowLoss(std::span<float> logits, std::int64_t label, const TeacherRow& teacher,
                        const HeadRowWeights& weights, std::span<float> scratch);
/// The same on bfloat16 bits; the gradient is computed in f32 and rounded once.
HeadRowLoss headRowLoss(std::span<std::uint16_t> logits, std::int64_t label,
                        const TeacherRow& teacher, const HeadRowWeights& weights,
                        std::span<float> scratch);

/// target += source over `size` bfloat16 values.
void accumulateBfloat16(float* target, const std::uint16_t* source, std::int64_t size);

}  // namespace skd
