#include "simulated_device/device_attention.h"

#include <ATen/ATen.h>
#include <ATen/native/transformers/attention.h>
#include <torch/library.h>

#include <tuple>

#include "simulated_device/device_ledger.h"
#include "simulated_device/device_tensors.h"

namespace skd::simulated {
namespace {

/// Numbers of at::SDPBackend.
constexpr std::int64_t kMath = 0, kOverrideable = 4;
constexpr std::int64_t kFlashHeadDim = 256;

bool isHalf(const at::Tensor& tensor) {
    return tensor.scalar_type() == at::kBFloat16 || tensor.scalar_type() == at::kHalf;
}

bool isFlash(const at::Tensor& query, const at::Tensor& key, bool hasMask, bool causal) {
    return isHalf(query) && !hasMask && query.size(-1) <= kFlashHeadDim &&
           !(causal && query.size(-2) != key.size(-2));
}

std::int64_t choose(const at::Tensor& query, const at::Tensor& key, const at::Tensor&,
                    const std::optional<at::Tensor>& mask, double, bool causal,
                    std::optional<double>, bool grouped) {
    const bool hasMask = mask && mask->defined(), sameHeads = query.size(1) == key.size(1);
    if (query.dim() != 4 || !(sameHeads || grouped) || query.size(-2) == 0 || key.size(-2) == 0)
        return kMath;
    if (isFlash(query, key, hasMask, causal)) return kOverrideable;
    const bool dense = query.stride(-1) == 1 && key.stride(-1) == 1;
    return dense && sameHeads ? kOverrideable : kMath;
}

/// One key head for every query head, on the host's side.
at::Tensor repeated(const at::Tensor& heads, const at::Tensor& query) {
    return heads.repeat_interleave(query.size(1) / heads.size(1), 1);
}

/// The sum over the query heads of each key head.
at::Tensor groupSums(const at::Tensor& gradient, const at::Tensor& heads) {
    return gradient.view({heads.size(0), heads.size(1), -1, heads.size(2), heads.size(3)}).sum(2);
}

const char* kernelName(const at::Tensor& query, const at::Tensor& key, bool hasMask, bool causal) {
    return isFlash(query, key, hasMask, causal) ? "aten::_scaled_dot_product_flash_attention"
                                                : "aten::_scaled_dot_product_efficient_attention";
}

using Forward = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor, c10::SymInt, c10::SymInt,
                           at::Tensor, at::Tensor, at::Tensor>;

Forward forward(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                const std::optional<at::Tensor>& mask, double dropout, bool causal, bool,
                std::optional<double> scale) {
    const char* kernel = kernelName(query, key, mask && mask->defined(), causal);
    checkOnDevice(kernel, {query, key, value, mask.value_or(at::Tensor())});
    countLaunch(kernel);
    OpenedTensors tensors;
    const at::Tensor q = tensors.open(query), k = repeated(tensors.open(key), query),
                     v = repeated(tensors.open(value), query);
    const auto [output, logSums] = at::_scaled_dot_product_flash_attention_for_cpu(
        q, k, v, dropout, causal,
        mask && mask->defined() ? std::optional(tensors.open(*mask)) : std::nullopt, scale);
    return {tensors.close(output), tensors.close(logSums), at::Tensor(),
            at::Tensor(),          query.size(2),          key.size(2),
            at::Tensor(),          at::Tensor(),           at::Tensor()};
}

using Backward = std::tuple<at::Tensor, at::Tensor, at::Tensor, at::Tensor>;

Backward backward(const at::Tensor& gradient, const at::Tensor& query, const at::Tensor& key,
                  const at::Tensor& value, const at::Tensor& mask, std::array<bool, 4>,
                  const at::Tensor& output, const at::Tensor& logSums, const at::Tensor&,
                  const at::Tensor&, c10::SymInt, c10::SymInt, double dropout, bool causal,
                  const at::Tensor&, const at::Tensor&, std::optional<double> scale) {
    countLaunch(std::string(kernelName(query, key, mask.defined(), causal)) + "_backward");
    OpenedTensors tensors;
    const at::Tensor q = tensors.open(query), k = tensors.open(key), v = tensors.open(value);
    const auto [dQuery, dKey, dValue] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        tensors.open(gradient), q, repeated(k, q), repeated(v, q), tensors.open(output),
        tensors.open(logSums), dropout, causal,
        mask.defined() ? std::optional(tensors.open(mask)) : std::nullopt, scale);
    return {tensors.close(dQuery), tensors.close(groupSums(dKey, k)),
            tensors.close(groupSums(dValue, v)), at::Tensor()};
}

}  // namespace
}  // namespace skd::simulated

namespace at::native {
REGISTER_PRIVATEUSE1_DISPATCH(_fused_sdp_choice_stub, &skd::simulated::choose)
}  // namespace at::native

namespace skd::simulated {

void registerAttention(torch::Library& library) {
    library.impl("_fused_sdp_choice", TORCH_FN(choose));
    library.impl("_scaled_dot_product_fused_attention_overrideable", TORCH_FN(forward));
    library.impl("_scaled_dot_product_fused_attention_overrideable_backward", TORCH_FN(backward));
}

}  // namespace skd::simulated
