#pragma once

#include "prune/shared/gram.h"

namespace skd {

struct FisherOptions {
    MatrixSelection selection;
    LayerRange layers;  ///< others stay undefined
    double edge = 0;    ///< share of a sequence's positions left out at each end
    double clip = 0;  ///< largest factor between a token's |g| and the mean |g| of its sequence at
                      ///< that matrix, both ways; 0 = any
};

/// Per matrix, in the order of Decoder::matrices(selection): H = mean over tokens of g g^T [m, m],
/// f32 on the CPU, g the gradient of the log-likelihood at the matrix's output with labels drawn
/// from the model itself (true Fisher; resources/help/method.md, Truncation). One sequence at a
/// time goes forward and back. Labels follow from context.seed. Positions within the edge count for
/// nothing, also not in the mean norm. Empty when cancelled.
Result<std::vector<at::Tensor>> collectOutputFisher(const Decoder& model, const CalibrationSet& set,
                                                    const FisherOptions& options,
                                                    const RunContext& context);

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
