#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace skd {

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
