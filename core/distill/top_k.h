#pragma once

#include <ATen/ATen.h>

#include "kernels/top_k_kernels.h"

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

}  // namespace skd
