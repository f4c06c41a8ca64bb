#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "kernels/top_k_kernels.h"

/// What is kept of a teacher's logits: the largest entries, or tokens drawn from them.
namespace skd {

/// The largest entries and the normalisers of N rows of logits.
struct TopKRows {
    at::Tensor ids;               ///< [N, k] int32, by descending value, equal ones by ascending id
    at::Tensor logProbabilities;  ///< [N, k] f32, at temperature 1
    at::Tensor logZ;  ///< [N, 4] f32, log sum of p^(1/T) per temperature of kTemperatureGrid
};

/// `logits` [N, V], bf16 or f32; k at most V and kMaxTopK. Throws c10::Error where a logit is not
/// finite.
TopKRows topKRows(const at::Tensor& logits, std::int64_t k);
/// The same in ATen operators: other devices, and what tests and the benchmark compare with.
TopKRows topKRowsReference(const at::Tensor& logits, std::int64_t k);

/// The same by operators that stay on the device of the logits, where its tensors are left; of
/// equal logits at the end any may be kept. Finite values are up to checkKept.
TopKRows topKTogether(const at::Tensor& logits, std::int64_t k);
/// Throws c10::Error where rows on the host come of logits that are not finite.
void checkKept(const TopKRows& rows);

/// How tokens are drawn from a teacher (arXiv 2503.16870, with the tempered distribution itself as
/// proposal): `rounds` independent draws per position, so that count / rounds has the tempered
/// probability as its expectation and sums to 1.
struct TeacherSampling {
    std::int64_t rounds = 50;
    double temperature = 2;
    std::uint64_t seed = 42;

    bool operator==(const TeacherSampling&) const = default;
};

/// Tokens drawn at N positions.
struct TokenDraws {
    at::Tensor ids;              ///< [N, rounds] int32, distinct, most frequent first, then zeros
    at::Tensor counts;           ///< [N, rounds] int32; they add up to `rounds`
    at::Tensor negativeEntropy;  ///< [N] f32, sum p log p at the temperature
    at::Tensor mass;             ///< [N] f32, probability of the drawn tokens together
};

/// Draws from `logits` [N, V] (bf16 or f32) of positions `first` .. of a sample; the same (seed,
/// sample, position) draw the same. Throws c10::Error where a logit is not finite.
TokenDraws drawTokens(const at::Tensor& logits, const TeacherSampling& sampling,
                      std::int64_t sample, std::int64_t first);

/// Where draws hit rows of logits: [N, rounds] each, in the order of their uniforms, and [N].
struct DrawHits {
    at::Tensor ids;              ///< int32
    at::Tensor probabilities;    ///< f32, at the temperature
    at::Tensor negativeEntropy;  ///< [N] f32
};
/// Ascending uniforms of the draws at positions `first` .. of a sample, [count, rounds] f64.
at::Tensor drawUniforms(const TeacherSampling& sampling, std::int64_t sample, std::int64_t first,
                        std::int64_t count);
/// `uniforms` where the logits are; the hits are left there.
DrawHits drawTogether(const at::Tensor& logits, double temperature, const at::Tensor& uniforms);
/// What drawTokens gives, of hits on the host.
TokenDraws countDraws(const DrawHits& hits);

}  // namespace skd
