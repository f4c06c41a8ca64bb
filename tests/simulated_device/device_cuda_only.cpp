#include "simulated_device/device_cuda_only.h"

#include <ATen/ATen.h>
#include <torch/library.h>

#include "simulated_device/device_ledger.h"
#include "simulated_device/device_tensors.h"

namespace skd::simulated {
namespace {

/// out = beta start + alpha left right; without `start` the product alone.
void wideInto(const char* operation, const at::Tensor& start, std::pair<at::Scalar, at::Scalar> by,
              const std::pair<at::Tensor, at::Tensor>& factors, const at::Tensor& out) {
    const auto& [left, right] = factors;
    checkOnDevice(operation, {start, left, right, out});
    TORCH_CHECK(out.scalar_type() == at::kFloat && left.element_size() == 2, operation,
                " sums 16-bit products in f32");
    countLaunch(operation);
    const c10::impl::ExcludeDispatchKeyGuard noAutograd(
        c10::autograd_dispatch_keyset_with_ADInplaceOrView);
    OpenedTensors tensors;
    const at::Tensor product =
        at::mm(tensors.open(left).to(at::kFloat), tensors.open(right).to(at::kFloat));
    tensors.open(out).copy_(start.defined() ? tensors.open(start).to(at::kFloat) * by.first +
                                                  product * by.second
                                            : product);
}

at::Tensor outputOf(const at::Tensor& left, const at::Tensor& right, at::ScalarType type) {
    return at::empty({left.size(0), right.size(1)}, left.options().dtype(type));
}

at::Tensor wideProduct(const at::Tensor& left, const at::Tensor& right, at::ScalarType type) {
    const at::Tensor out = outputOf(left, right, type);
    wideInto("aten::mm.dtype", {}, {0, 1}, {left, right}, out);
    return out;
}

at::Tensor& wideProductOut(const at::Tensor& left, const at::Tensor& right, at::ScalarType,
                           at::Tensor& out) {
    wideInto("aten::mm.dtype_out", {}, {0, 1}, {left, right}, out);
    return out;
}

at::Tensor wideSum(const at::Tensor& self, const at::Tensor& left, const at::Tensor& right,
                   at::ScalarType type, const at::Scalar& beta, const at::Scalar& alpha) {
    const at::Tensor out = outputOf(left, right, type);
    wideInto("aten::addmm.dtype", self, {beta, alpha}, {left, right}, out);
    return out;
}

at::Tensor& wideSumOut(const at::Tensor& self, const at::Tensor& left, const at::Tensor& right,
                       at::ScalarType, const at::Scalar& beta, const at::Scalar& alpha,
                       at::Tensor& out) {
    wideInto("aten::addmm.dtype_out", self, {beta, alpha}, {left, right}, out);
    return out;
}

/// y = w x r, r = 1 / rms of each row: dx = r (w dy - x r mean(w dy x r)), dw = sum of dy x r.
std::tuple<at::Tensor, at::Tensor> normBackward(const at::Tensor& gradient, const at::Tensor& input,
                                                at::IntArrayRef shape, const at::Tensor& inverse,
                                                const std::optional<at::Tensor>& weight,
                                                std::array<bool, 2>) {
    const char* operation = "aten::_fused_rms_norm_backward";
    const at::Tensor scale = weight.value_or(at::Tensor());
    checkOnDevice(operation, {gradient, input, inverse, scale});
    TORCH_CHECK(shape.size() == 1, operation, ": rows of more than one dimension");
    countLaunch(operation);
    const c10::impl::ExcludeDispatchKeyGuard noAutograd(
        c10::autograd_dispatch_keyset_with_ADInplaceOrView);
    OpenedTensors tensors;
    const std::int64_t n = shape[0];
    const at::Tensor dy = tensors.open(gradient).to(at::kFloat).reshape({-1, n}),
                     r = tensors.open(inverse).to(at::kFloat).reshape({-1, 1}),
                     normed = tensors.open(input).to(at::kFloat).reshape({-1, n}) * r;
    const at::Tensor scaled = scale.defined() ? dy * tensors.open(scale).to(at::kFloat) : dy;
    const at::Tensor dx = r * (scaled - normed * (scaled * normed).mean(1, true));
    return {tensors.close(dx.view(input.sizes()).to(input.scalar_type())),
            scale.defined() ? tensors.close((dy * normed).sum(0).to(scale.scalar_type()))
                            : at::Tensor()};
}

}  // namespace

void registerCudaOnly(torch::Library& library) {
    library.impl("mm.dtype", TORCH_FN(wideProduct));
    library.impl("mm.dtype_out", TORCH_FN(wideProductOut));
    library.impl("addmm.dtype", TORCH_FN(wideSum));
    library.impl("addmm.dtype_out", TORCH_FN(wideSumOut));
    library.impl("_fused_rms_norm_backward", TORCH_FN(normBackward));
}

}  // namespace skd::simulated
