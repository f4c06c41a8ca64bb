#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "prune/shared/gram.h"

namespace skd {

struct FisherOptions {
    MatrixSelection selection;
    LayerRange layers;  ///< others stay undefined
    double edge = 0;    ///< share of a sequence's positions left out at each end
    double clip = 0;  ///< largest factor between a token's |g| and the mean |g| of its sequence at
                      ///< that matrix, both ways; 0 = any
};

/// Sums over the gradients g of the log-likelihood at the outputs of matrices, with labels drawn
/// from the model itself (true Fisher; resources/help/method.md, Truncation). One sequence at a
/// time goes forward, with its outputs watched, and back. Positions within the edge count for
/// nothing, also not in the mean norm. Stays where it is while a sequence is on its way.
class FisherSums {
public:
    /// Labels follow from `seed` and a token's number among all that went through.
    FisherSums(const Decoder& model, const FisherOptions& options, std::uint64_t seed,
               bool skipFirstPosition);
    FisherSums(const FisherSums&) = delete;
    FisherSums& operator=(const FisherSums&) = delete;
    ~FisherSums() = default;

    /// An output [1, length, m], with gradients enabled; others than those asked for are ignored.
    void watch(std::size_t layer, MatrixKind kind, const at::Tensor& output);
    /// Back from the sequence's final hidden states [1, length, d].
    void backPropagate(const at::Tensor& hidden, const at::Tensor& head);
    /// Per matrix, in the order of Decoder::matrices(selection): H = mean over tokens of g g^T [m,
    /// m], f32 on the CPU; undefined outside the layers asked for. Leaves the sums empty. Numeric,
    /// naming the matrix, where one is not finite.
    Result<std::vector<at::Tensor>> takeMeans();

private:
    void addOuterProduct(at::Tensor& sum, const at::Tensor& gradient) const;

    FisherOptions m_options;
    std::uint64_t m_seed;
    bool m_skipFirstPosition;
    std::vector<MatrixInfo> m_infos;
    std::vector<at::Tensor> m_sums;
    std::map<std::pair<std::size_t, MatrixKind>, std::size_t> m_places;  ///< in m_sums
    std::uint64_t m_drawn = 0;
    std::int64_t m_tokens = 0;
};

/// One label per row drawn from softmax(hidden head^T), and the gradient [tokens, d] of the summed
/// negative log-likelihood of these labels at `hidden`; `first` numbers the rows for the draw.
struct SampledGradient {
    at::Tensor labels;  ///< [tokens] int64
    at::Tensor hidden;  ///< [tokens, d] in hidden's type
};
SampledGradient sampledGradient(const at::Tensor& hidden, const at::Tensor& head,
                                std::uint64_t seed, std::uint64_t first);

/// The factors [rows, 1] that bring `norms` [rows, 1] to within `factor` of their mean, without a
/// copy to the host.
at::Tensor clippedFactors(const at::Tensor& norms, double factor);

}  // namespace skd
