#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/result.h"
#include "model/decoder.h"

namespace skd {

/// The channels of an MLP in the order in which they are kept, and what is needed to narrow it to
/// any width (Nystroem approximation; MoDeGPT, arXiv 2408.09632, type I; resources/help/method.md,
/// Narrower MLPs). n channels, h = what down reads, C = mean of h h^T, G = C + ridge mean(diag C)
/// I.
struct ChannelCut {
    /// [n] int64: ascending diagonal of G^-1, which is descending ridge leverage. Undefined where
    /// an MLP cannot be narrowed.
    at::Tensor order;
    at::Tensor factor;  ///< [n, n] f32, lower: G in that order = factor factor^T
    /// Sum of squares from k on: what the output loses, in the metric of the weights it was made
    /// with, where the first k channels are kept and down is fitted to them.
    std::vector<double> lost;
};

/// `gram` C [n, n] f64; `down` [m, n], down's weight, or any matrix that has the same W^T H W under
/// the output's metric H. Numeric where G has no factor.
Result<ChannelCut> channelCut(const at::Tensor& gram, const at::Tensor& down, double ridge);

/// down's weight [m, width] for the first `width` channels of the cut, in the cut's order: W G[:,
/// S] G[S, S]^-1, the ridge regression of the output on the channels kept, in f64.
at::Tensor compensatedDown(const ChannelCut& cut, const at::Tensor& down, std::int64_t width);

/// The matrices of an MLP that are there.
std::vector<Linear*> partsOf(Mlp& mlp);

/// Keeps these channels (ascending) of a layer's MLP whose matrices are dense or masked.
void keepChannels(DecoderLayer& layer, const at::Tensor& channels);

/// Narrows a layer's dense MLP to the first `width` channels of its cut, with down compensated;
/// channels stay in the order of the model.
void narrowMlp(DecoderLayer& layer, const ChannelCut& cut, std::int64_t width);

}  // namespace skd
