#include "model/linear_map.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "model/gemv_kernels.h"

namespace skd {
namespace {

constexpr std::int64_t kMostRows = 8;
/// Weights worth a second thread.
constexpr std::int64_t kGrain = 32768;

bool hasGradient(const at::Tensor& tensor) { return tensor.defined() && tensor.requires_grad(); }

bool hasFewRows(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    const at::ScalarType type = weight.scalar_type();
    if (!weight.is_cpu() || !input.is_cpu() || (type != at::kFloat && type != at::kBFloat16) || input.scalar_type() != type) return false;
    if (bias.defined() && bias.scalar_type() != type) return false;
    if (input.numel() == 0 || input.numel() > kMostRows * weight.size(1) || !weight.is_contiguous()) return false;
    return !c10::GradMode::is_enabled() || !(hasGradient(input) || hasGradient(weight) || hasGradient(bias));
}

template <class T>
at::Tensor product(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    const std::int64_t columns = weight.size(1), rows = weight.size(0);
    const at::Tensor wide = input.to(at::kFloat).contiguous();
    std::vector<std::int64_t> shape(input.sizes().begin(), input.sizes().end());
    shape.back() = rows;
    at::Tensor output = at::empty(shape, weight.options());
    const at::Tensor offsets = bias.defined() ? bias.contiguous() : bias;
    const kernels::RowProduct<T, T> p{static_cast<const T*>(weight.data_ptr()), columns, wide.const_data_ptr<float>(), wide.numel() / columns,
                                      bias.defined() ? static_cast<const T*>(offsets.data_ptr()) : nullptr, static_cast<T*>(output.data_ptr()), rows};
    at::parallel_for(0, rows, std::max<std::int64_t>(4, kGrain / columns), [&](std::int64_t begin, std::int64_t end) { kernels::rowProduct(p, begin, end); });
    return output;
}

}  // namespace

at::Tensor linearMap(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    if (!hasFewRows(input, weight, bias)) return at::linear(input, weight, bias);
    return weight.scalar_type() == at::kFloat ? product<float>(input, weight, bias) : product<std::uint16_t>(input, weight, bias);
}

}  // namespace skd
