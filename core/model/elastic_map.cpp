#include "model/elastic_map.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/gemv_kernels.h"
#include "model/elements.h"
#include "model/gemm.h"

namespace skd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRowsForProduct = 2048;

/// sum over i of z[v, i] a[i] for each of a few vectors v; W is how a is held, T the type of both
/// ends.
template <class W, class T>
at::Tensor componentSums(const at::Tensor& z, const at::Tensor& a) {
    const std::int64_t rank = a.size(0), width = a.size(1), unit = kernels::kSumColumnUnit;
    const at::Tensor weights = z.to(at::kFloat).contiguous();
    at::Tensor output = at::empty(shapeWith(z, width), z.options());
    const std::int64_t vectors = weights.numel() / rank, units = (width + unit - 1) / unit;
    at::parallel_for(
        0, vectors * units, std::max<std::int64_t>(1, kernels::kGemvGrain / (rank * unit)),
        [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t part = first; part < last; ++part) {
                const std::int64_t vector = part / units, begin = part % units * unit;
                kernels::weightedSum(
                    kernels::WeightedSum<W, T>{elements<W>(a), width,
                                               elements<float>(weights) + vector * rank, rank,
                                               elements<T>(output) + vector * width},
                    begin, std::min(width, begin + unit));
            }
        });
    return output;
}

/// Whether componentSums takes them.
bool hasFewInputs(const at::Tensor& z, const at::Tensor& a) {
    const bool types = z.scalar_type() == a.scalar_type() ||
                       (z.scalar_type() == at::kFloat && a.scalar_type() == at::kBFloat16);
    return types && hasElements(z) && hasElements(a) && a.is_contiguous() && z.numel() > 0 &&
           z.numel() <= kernels::kGemvInputs * a.size(0);
}

at::Tensor fewInputs(const at::Tensor& z, const at::Tensor& a) {
    if (z.scalar_type() == at::kBFloat16) return componentSums<std::uint16_t, std::uint16_t>(z, a);
    if (a.scalar_type() == at::kFloat) return componentSums<float, float>(z, a);
    return componentSums<std::uint16_t, float>(z, a);
}

/// z [.., r] through the components a [r, out], without gradient.
at::Tensor outward(const at::Tensor& z, const at::Tensor& a, const at::Tensor& bias) {
    if (!hasFewInputs(z, a)) return linearMap(z, a.t(), bias);
    at::Tensor output = fewInputs(z, a);
    return bias.defined() ? output.add_(bias) : output;
}

/// Adds left [r, k] right [k, n] to the first r rows of the gradient of `weight` [cap, n] where it
/// has one; else it becomes one, zero from row r on.
at::Tensor prefixGradient(const at::Tensor& weight, const at::Tensor& left,
                          const at::Tensor& right) {
    const std::int64_t rank = left.size(0), idle = weight.size(0) - rank;
    const at::Tensor factor = left.to(right.scalar_type()),
                     present = weight.is_leaf() ? weight.grad() : at::Tensor();
    if (present.defined()) {
        at::Tensor used = present.narrow(0, 0, rank);
        if (used.scalar_type() == right.scalar_type())
            used.addmm_(factor, right);
        else
            used.add_(at::mm(factor, right));
        return {};
    }
    at::Tensor whole = at::empty(weight.sizes(), weight.options()), used = whole.narrow(0, 0, rank);
    if (used.scalar_type() == right.scalar_type())
        at::mm_out(used, factor, right);
    else
        used.copy_(at::mm(factor, right));
    if (idle > 0) whole.narrow(0, rank, idle).zero_();
    return whole;
}

/// Factor by factor.
struct ComponentsFunction : torch::autograd::Function<ComponentsFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& a, const at::Tensor& b,
                              const std::optional<at::Tensor>& bias, std::int64_t rank) {
        const at::Tensor z = linearMap(input, b.narrow(0, 0, rank), {});
        context->save_for_backward({input, a, b, z});
        context->saved_data["bias"] = bias && bias->requires_grad();
        return outward(z, a.narrow(0, 0, rank), bias.value_or(at::Tensor()));
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const c10::NoGradGuard noGradient;
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &a = saved[1], &b = saved[2], z = asRows(saved[3]),
                         dy = asRows(gradients[0]).contiguous();
        const std::int64_t rank = z.size(1);
        const bool further = context->needs_input_grad(0) || context->needs_input_grad(2);
        const at::Tensor dz = further ? gemm(dy, a.narrow(0, 0, rank).t()) : at::Tensor();
        variable_list out(5);
        if (context->needs_input_grad(0))
            out[0] = gemm(dz, b.narrow(0, 0, rank)).view(input.sizes());
        if (context->needs_input_grad(1)) out[1] = prefixGradient(a, z.t(), dy);
        if (context->needs_input_grad(2)) out[2] = prefixGradient(b, dz.t(), asRows(input));
        if (context->saved_data["bias"].toBool()) out[3] = dy.sum(0);
        return out;
    }
};

/// Through W = A B, formed once: with G = dy^T x, da = B G^T and db = A^T G.
struct ProductFunction : torch::autograd::Function<ProductFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& a, const at::Tensor& b,
                              const std::optional<at::Tensor>& bias, std::int64_t rank) {
        const at::Tensor weight = elasticProduct({a, b, rank}, input.scalar_type());
        context->save_for_backward({input, a, b, weight});
        context->saved_data["bias"] = bias && bias->requires_grad();
        context->saved_data["rank"] = rank;
        return linearMap(input, weight, bias ? bias->to(input.scalar_type()) : at::Tensor());
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const c10::NoGradGuard noGradient;
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &a = saved[1], &b = saved[2],
                         dy = asRows(gradients[0]).contiguous();
        const std::int64_t rank = context->saved_data["rank"].toInt();
        const bool factors = context->needs_input_grad(1) || context->needs_input_grad(2);
        const at::Tensor g = factors ? at::mm(dy.t(), asRows(input)) : at::Tensor();
        variable_list out(5);
        if (context->needs_input_grad(0)) out[0] = gemm(dy, saved[3]).view(input.sizes());
        if (context->needs_input_grad(1)) out[1] = prefixGradient(a, b.narrow(0, 0, rank), g.t());
        if (context->needs_input_grad(2)) out[2] = prefixGradient(b, a.narrow(0, 0, rank), g);
        if (context->saved_data["bias"].toBool()) out[3] = dy.sum(0);
        return out;
    }
};

}  // namespace

at::Tensor elasticProduct(const ElasticWeight& weight, at::ScalarType type) {
    const c10::NoGradGuard noGradient;
    const at::ScalarType wide = type == at::kBFloat16 ? at::kFloat : type;
    return gemm(weight.usedA().t().to(wide), weight.usedB()).to(type);
}

bool productPays(const ElasticWeight& weight, std::int64_t rows) {
    const std::int64_t m = weight.a.size(1), n = weight.b.size(1), r = weight.rank;
    return rows >= kRowsForProduct && r * (m + n) * rows > m * n * (rows + r);
}

at::Tensor elasticMap(const at::Tensor& input, const ElasticWeight& weight,
                      const at::Tensor& bias) {
    const auto& [a, b, rank] = weight;
    const bool pays = productPays(weight, input.numel() / std::max<std::int64_t>(1, b.size(1)));
    if (needsGradient(input, a, b, bias)) {
        const std::optional<at::Tensor> offset =
            bias.defined() ? std::optional(bias) : std::nullopt;
        return pays ? ProductFunction::apply(input, a, b, offset, rank)
                    : ComponentsFunction::apply(input, a, b, offset, rank);
    }
    if (!pays) return outward(linearMap(input, weight.usedB(), {}), weight.usedA(), bias);
    return linearMap(input, elasticProduct(weight, input.scalar_type()),
                     bias.defined() ? bias.to(input.scalar_type()) : bias);
}

}  // namespace skd
