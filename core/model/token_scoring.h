#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace skd {

/// What a next-token distribution says about its label: log-softmax in f32, sums in f64, nats.
struct TokenScore {
    double nll = 0;         ///< of the label; the same bits as scoreTokens
    double confidence = 0;  ///< probability of the most probable token
    double entropy = 0;
    std::int64_t top = 0;  ///< the most probable token; of equals the lowest id
};

/// Scores of `labels` [rows] int64 (each in the vocabulary) under `logits` [rows, vocabulary], one
/// pass a row. Not finite where logits are not.
std::vector<TokenScore> scoreLogits(const at::Tensor& logits, const at::Tensor& labels);

/// KL(softmax(p) || softmax(q)) of each row of two [rows, vocabulary] logits, nats, sums in f64.
std::vector<double> rowDivergences(const at::Tensor& p, const at::Tensor& q);

}  // namespace skd
