#include "prune/structure/channels.h"

#include <c10/core/GradMode.h>

namespace skd {
namespace {

Linear selected(const Linear& matrix, std::int64_t dimension, const at::Tensor& channels) {
    const auto pick = [&](const at::Tensor& tensor) {
        return tensor.index_select(dimension, channels.to(tensor.device())).contiguous();
    };
    const auto* masked = std::get_if<MaskedWeight>(&matrix.form());
    const at::Tensor bias =
        dimension == 0 && matrix.bias().defined() ? pick(matrix.bias()) : matrix.bias();
    if (masked != nullptr)
        return {matrix.name(), MaskedWeight{pick(masked->weight), pick(masked->mask)}, bias};
    return {matrix.name(), DenseWeight{pick(matrix.weight())}, bias};
}

/// Lower Cholesky factor, f64.
Result<at::Tensor> choleskyOf(const at::Tensor& matrix) {
    const auto [factor, info] = at::linalg_cholesky_ex(matrix);
    if (info.item<std::int64_t>() != 0)
        return fail(ErrorCode::Numeric,
                    "the Gram matrix of an MLP's channels is not positive definite; raise "
                    "prune.channel_ridge");
    return factor;
}

}  // namespace

Result<ChannelCut> channelCut(const at::Tensor& gram, const at::Tensor& down, double ridge) {
    const c10::NoGradGuard noGradient;
    const double mean = gram.diagonal().mean().item<double>();
    at::Tensor damped = gram.clone();
    damped.diagonal().add_(ridge * (mean > 0 ? mean : 1));
    SKD_TRY(const at::Tensor whole, choleskyOf(damped));
    const at::Tensor inverse = at::cholesky_inverse(whole).diagonal();
    ChannelCut cut;
    cut.order = at::argsort(inverse, /*stable=*/true, 0, /*descending=*/false);
    SKD_TRY(const at::Tensor factor,
            choleskyOf(damped.index_select(0, cut.order).index_select(1, cut.order)));
    const at::Tensor weight = down.to(at::kCPU, at::kDouble).index_select(1, cut.order);
    // Below its diagonal a column of the factor reaches only channels that come later: what the
    // columns from k on carry is what the first k channels cannot give.
    const at::Tensor lost = at::matmul(weight, factor).square().sum(0).sqrt();
    cut.lost.assign(lost.const_data_ptr<double>(), lost.const_data_ptr<double>() + lost.numel());
    cut.factor = factor.to(at::kFloat).contiguous();
    return cut;
}

at::Tensor compensatedDown(const ChannelCut& cut, const at::Tensor& down, std::int64_t width) {
    const c10::NoGradGuard noGradient;
    const at::Tensor weight = down.to(at::kCPU, at::kDouble).index_select(1, cut.order);
    const at::Tensor columns = cut.factor.narrow(1, 0, width).to(at::kDouble);
    return at::linalg_solve_triangular(columns.narrow(0, 0, width), at::matmul(weight, columns),
                                       /*upper=*/false, /*left=*/false);
}

std::vector<Linear*> partsOf(Mlp& mlp) {
    if (mlp.gateUp.isDefined()) return {&mlp.gateUp, &mlp.down};
    return {&mlp.gate, &mlp.up, &mlp.down};
}

void keepChannels(DecoderLayer& layer, const at::Tensor& channels) {
    Mlp& mlp = layer.mlp;
    const std::int64_t before = mlp.down.columns();
    if (mlp.gateUp.isDefined())
        mlp.gateUp = selected(mlp.gateUp, 0, at::cat({channels, channels + before}));
    if (mlp.gate.isDefined()) mlp.gate = selected(mlp.gate, 0, channels);
    if (mlp.up.isDefined()) mlp.up = selected(mlp.up, 0, channels);
    mlp.down = selected(mlp.down, 1, channels);
    layer.config.intermediateSize = channels.size(0);
}

void narrowMlp(DecoderLayer& layer, const ChannelCut& cut, std::int64_t width) {
    const c10::NoGradGuard noGradient;
    const at::Tensor weight = layer.mlp.down.weight();
    const auto [channels, places] = cut.order.narrow(0, 0, width).sort();
    const at::Tensor down = compensatedDown(cut, weight, width).index_select(1, places);
    keepChannels(layer, channels);
    layer.mlp.down.replace(
        DenseWeight{down.to(weight.device(), weight.scalar_type()).contiguous()});
}

}  // namespace skd
