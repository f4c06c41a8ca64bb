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

}  // namespace skd
