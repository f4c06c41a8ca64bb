#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace skd {

/// Next-token distributions of a model over a few tokens, kept to measure how far another model's
/// lie.
class OutputDistribution {
public:
    /// hidden [tokens, d], head [vocabulary, d]. Takes 4 bytes per token and vocabulary entry.
    OutputDistribution(const at::Tensor& hidden, const at::Tensor& head);
    /// Mean over tokens of KL(this || softmax(hidden head^T)), in nats, f64. Not finite where
    /// logits are not.
    [[nodiscard]] double meanKl(const at::Tensor& hidden, const at::Tensor& head) const;

private:
    at::Tensor m_probabilities;        ///< [tokens, vocabulary] f32
    std::vector<double> m_negEntropy;  ///< sum p log p per token
};

}  // namespace skd
