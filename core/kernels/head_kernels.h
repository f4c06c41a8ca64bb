#pragma once

#include <cstdint>
#include <span>

#include "spec/distill_spec.h"

namespace skd {

/// What one teacher distribution says about a token: its k most probable entries, or the tokens
/// drawn from it.
struct TeacherRow {
    std::span<const std::int32_t> ids;        ///< distinct
    std::span<const float> logProbabilities;  ///< at temperature 1; drawn: log(count / draws)
    float logZ = 0;  ///< log sum over the vocabulary of p^(1/T); drawn: sum p log p at T
};

/// Factors on the two parts of a row's gradient, and the kind and temperature of the second.
struct HeadRowWeights {
    double ce = 1;           ///< (1 - alpha) / tokens
    double kl = 0;           ///< alpha T^2 / tokens
    double temperature = 1;  ///< T
    KdLoss loss = KdLoss::Bucket;
};

/// Losses of a row in nats, unweighted; squared norms of the weighted gradient of each part.
struct HeadRowLoss {
    double ce = 0, kl = 0;
    double ceGradientSquares = 0, klGradientSquares = 0;
};

/// Cross-entropy and KL of a row of logits, which are overwritten by the gradient. With the
/// teacher's shares p over its entries K, q = softmax(z / T), p' and q' the same scaled to sum 1
/// over K, the KL part and its gradient with respect to z / T are
/// - bucket: sum_K p log(p/q) + t log(t/t_q), t = 1 - p(K); q - p on K, q (1 - t/t_q) elsewhere;
/// - renormalised: sum_K p' log(p'/q); q - p' on K, q elsewhere;
/// - conditional: sum_K p' log(p'/q'); q' - p' on K, 0 elsewhere;
/// - sampled: sum p log p - sum_K w log q; q - w on K, q elsewhere; w the shares of draws.
/// (resources/help/method.md, The loss; sampled: arXiv 2503.16870.) `scratch` keeps k floats.
/// Without teacher entries only the cross-entropy counts. Not finite where a logit is not. T is
/// float or std::uint16_t: bfloat16 bits, whose gradient is computed in f32 and rounded once.
template <class T>
HeadRowLoss headRowLoss(std::span<T> logits, std::int64_t label, const TeacherRow& teacher,
                        const HeadRowWeights& weights, std::span<float> scratch);

/// The same against a whole row of the teacher's logits: KL(p || q) over the vocabulary, its
/// gradient q - p.
template <class T>
HeadRowLoss onlineRowLoss(std::span<T> logits, std::span<const T> teacher, std::int64_t label,
                          const HeadRowWeights& weights);

/// target += source over `size` bfloat16 values.
void accumulateBfloat16(float* target, const std::uint16_t* source, std::int64_t size);

}  // namespace skd
