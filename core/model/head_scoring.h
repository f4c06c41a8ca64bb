#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

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

/// Next-token distributions of a model over a few tokens, kept to measure how far another model's
/// lie.
class OutputDistribution {
public:
    /// hidden [tokens, d], head [vocabulary, d]. Takes 4 bytes per token and vocabulary entry.
    OutputDistribution(const at::Tensor& hidden, const at::Tensor& head);
    /// Mean over tokens of KL(this || softmax(hidden head^T)), in nats, f64. Not finite where
    /// logits are not.
    [[nodiscard]] double meanKl(const at::Tensor& hidden, const at::Tensor& head) const;
    /// The same token by token.
    [[nodiscard]] std::vector<double> tokenKl(const at::Tensor& hidden,
                                              const at::Tensor& head) const;

private:
    at::Tensor m_probabilities;        ///< [tokens, vocabulary] f32
    std::vector<double> m_negEntropy;  ///< sum p log p per token
};

}  // namespace skd
