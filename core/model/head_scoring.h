#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace skd {

/// Label of a position that is not scored.
constexpr std::int64_t kIgnoredLabel = -100;

/// Rows of logits that are held at a time: 256 x 151,936 in bf16 take 74 MiB.
constexpr std::int64_t kHeadChunk = 256;

/// Calls `visit(begin, logits)` with logits [rows, vocabulary] in hidden's type of `hidden`
/// [tokens, d] and `head` [vocabulary, d] (which may be bf16 where hidden is f32), at most `chunk`
/// rows at a time, in one buffer that the next call overwrites.
void visitLogits(const at::Tensor& hidden, const at::Tensor& head, std::int64_t chunk,
                 const std::function<void(std::int64_t begin, const at::Tensor& logits)>& visit);

/// Negative log-likelihood of `labels` [tokens] int64 (kIgnoredLabel gives 0) under the logits of
/// `hidden` [tokens, d] and `head` [vocabulary, d]: [tokens] f64 on the CPU, log-softmax in f32,
/// sums in f64. Logits never exist for more than `chunk` tokens; no gradient. Not finite where
/// logits are not.
at::Tensor scoreTokens(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                       std::int64_t chunk = kHeadChunk);

/// scoreTokens in plain ATen operators, whole: what other devices run and the tests compare with.
at::Tensor scoreTokensReference(const at::Tensor& hidden, const at::Tensor& head,
                                const at::Tensor& labels);

}  // namespace skd
