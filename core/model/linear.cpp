#include "model/linear.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <vector>

#include "kernels/gemv_kernels.h"
#include "model/elastic_map.h"
#include "model/elements.h"
#include "model/gemm.h"
#include "model/identity_block.h"

namespace skd {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// f32 or bf16 on the CPU, the weights in the input's type or in bf16 under an f32 input.
bool hasKernels(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    if (!hasElements(input) || !weight.is_cpu()) return false;
    const at::ScalarType type = weight.scalar_type(), compute = input.scalar_type();
    if (type != compute && !(compute == at::kFloat && type == at::kBFloat16)) return false;
    return !bias.defined() || (bias.dim() == 1 && bias.scalar_type() == type);
}

bool hasFewRows(const at::Tensor& input, const at::Tensor& weight) {
    return input.numel() > 0 && input.numel() <= kernels::kGemvInputs * weight.size(1) &&
           weight.is_contiguous();
}

/// A few rows; W is how weights are held, T the type of input and output.
template <class W, class T>
at::Tensor rowProducts(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    const std::int64_t columns = weight.size(1), rows = weight.size(0);
    const at::Tensor wide = input.to(at::kFloat).contiguous();
    at::Tensor output = at::empty(shapeWith(input, weight.size(0)), input.options());
    const at::Tensor offsets = bias.defined() ? bias.contiguous() : bias;
    const kernels::RowProduct<W, T> p{elements<W>(weight),
                                      columns,
                                      elements<float>(wide),
                                      wide.numel() / columns,
                                      elements<W>(offsets),
                                      elements<T>(output),
                                      rows};
    at::parallel_for(
        0, rows, std::max<std::int64_t>(4, kernels::kGemvGrain / columns),
        [&](std::int64_t begin, std::int64_t end) { kernels::rowProduct(p, begin, end); });
    return output;
}

at::Tensor fewRows(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    if (input.scalar_type() == at::kBFloat16)
        return rowProducts<std::uint16_t, std::uint16_t>(input, weight, bias);
    if (weight.scalar_type() == at::kFloat) return rowProducts<float, float>(input, weight, bias);
    return rowProducts<std::uint16_t, float>(input, weight, bias);
}

/// Many rows of f32.
at::Tensor manyRows(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    at::Tensor output = at::empty(shapeWith(input, weight.size(0)), input.options());
    at::Tensor rows = asRows(output);
    if (bias.defined()) rows.copy_(bias.expand_as(rows));
    gemmInto(rows, asRows(input), weight.t(), bias.defined());
    return output;
}

/// Adds gradient^T [out, rows] input [rows, in] to the weight's gradient where it has one; else it
/// becomes one.
at::Tensor weightGradient(const at::Tensor& weight, const at::Tensor& gradient,
                          const at::Tensor& input) {
    // What is no leaf, as a masked weight, has no gradient of its own; asking for it warns.
    const at::Tensor present = weight.is_leaf() ? weight.grad() : at::Tensor();
    if (!present.defined() || present.scalar_type() != at::kFloat)
        return at::mm(gradient.t(), input).to(weight.scalar_type());
    present.addmm_(gradient.t(), input);
    return {};
}

struct LinearFunction : torch::autograd::Function<LinearFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
        context->save_for_backward({input, weight});
        context->saved_data["bias"] = bias && bias->requires_grad();
        return manyRows(input, weight, bias.value_or(at::Tensor()));
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const c10::NoGradGuard noGradient;
        const variable_list saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &weight = saved[1],
                         gradient = asRows(gradients[0]).contiguous();
        variable_list out(3);
        if (context->needs_input_grad(0)) out[0] = gemm(gradient, weight).view(input.sizes());
        if (context->needs_input_grad(1)) out[1] = weightGradient(weight, gradient, asRows(input));
        if (context->saved_data["bias"].toBool()) out[2] = gradient.sum(0);
        return out;
    }
};

/// z = B x, then z and C z in the order of the rows.
at::Tensor throughBlock(const IdentityBlockWeight& block, const at::Tensor& input,
                        const at::Tensor& bias) {
    const at::Tensor kept = linearMap(input, block.b, {});
    const at::Tensor output =
        block.c.size(0) > 0 ? mergeRows(kept, linearMap(kept, block.c, {}), block.order) : kept;
    return bias.defined() ? output + bias : output;
}

/// The whole matrix, where it is held as such.
const at::Tensor* wholeWeight(const Linear::Form& form) {
    if (const auto* dense = std::get_if<DenseWeight>(&form)) return &dense->weight;
    if (const auto* masked = std::get_if<MaskedWeight>(&form)) return &masked->weight;
    return nullptr;
}

}  // namespace

Linear::Linear(std::string name, Form form, at::Tensor bias)
    : m_name(std::move(name)), m_form(std::move(form)), m_bias(std::move(bias)) {}

std::int64_t Linear::rows() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form)) return factors->a.size(0);
    if (const auto* block = std::get_if<IdentityBlockWeight>(&m_form)) return block->order.size(0);
    if (const ElasticWeight* own = elastic()) return own->a.size(1);
    return wholeWeight(m_form)->size(0);
}

std::int64_t Linear::columns() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form)) return factors->b.size(1);
    if (const auto* block = std::get_if<IdentityBlockWeight>(&m_form)) return block->b.size(1);
    if (const ElasticWeight* own = elastic()) return own->b.size(1);
    return wholeWeight(m_form)->size(1);
}

std::int64_t Linear::rank() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form)) return factors->a.size(1);
    if (const ElasticWeight* own = elastic()) return own->rank;
    const auto* block = std::get_if<IdentityBlockWeight>(&m_form);
    return block != nullptr ? block->b.size(0) : 0;
}

std::int64_t Linear::multiplyAdds() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return factors->a.numel() + factors->b.numel();
    if (const auto* block = std::get_if<IdentityBlockWeight>(&m_form))
        return block->c.numel() + block->b.numel();
    if (const ElasticWeight* own = elastic()) return own->rank * (own->a.size(1) + own->b.size(1));
    return wholeWeight(m_form)->numel();
}

std::int64_t Linear::orderBytes() const {
    const auto* block = std::get_if<IdentityBlockWeight>(&m_form);
    return block != nullptr ? static_cast<std::int64_t>(block->order.nbytes()) : 0;
}

std::int64_t Linear::parameterCount() const {
    return (m_bias.defined() ? m_bias.numel() : 0) + multiplyAdds() - maskedZeros();
}

std::int64_t Linear::maskedZeros() const {
    const auto* masked = std::get_if<MaskedWeight>(&m_form);
    return masked == nullptr ? 0 : masked->mask.numel() - masked->mask.sum().item<std::int64_t>();
}

std::int64_t Linear::idleParameters() const {
    const ElasticWeight* own = elastic();
    return own == nullptr ? 0 : (own->cap() - own->rank) * (own->a.size(1) + own->b.size(1));
}

void Linear::setElasticRank(std::int64_t rank) {
    auto* own = std::get_if<ElasticWeight>(&m_form);
    assert(own != nullptr && rank >= 1 && rank <= own->cap());
    own->rank = rank;
}

at::Tensor Linear::weight() const {
    if (const ElasticWeight* own = elastic()) return elasticProduct(*own, own->a.scalar_type());
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return gemm(factors->a.to(at::kFloat), factors->b).to(factors->a.scalar_type());
    if (const auto* block = std::get_if<IdentityBlockWeight>(&m_form)) {
        if (block->c.size(0) == 0) return block->b;
        const at::Tensor rest = gemm(block->c.to(at::kFloat), block->b).to(block->b.scalar_type());
        return at::cat({block->b, rest}).index_select(0, block->order);
    }
    return *wholeWeight(m_form);
}

at::Tensor Linear::forward(const at::Tensor& input) const {
    if (const auto* dense = std::get_if<DenseWeight>(&m_form))
        return linearMap(input, dense->weight, m_bias);
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return linearMap(linearMap(input, factors->b, {}), factors->a, m_bias);
    if (const auto* block = std::get_if<IdentityBlockWeight>(&m_form))
        return throughBlock(*block, input, m_bias);
    if (const ElasticWeight* own = elastic()) return elasticMap(input, *own, m_bias);
    const auto& masked = std::get<MaskedWeight>(m_form);
    // The product keeps gradients of masked entries at zero; without training the weight is already
    // masked.
    const at::Tensor weight =
        masked.weight.requires_grad() ? masked.weight * masked.mask : masked.weight;
    return linearMap(input, weight, m_bias);
}

void Linear::visitParameters(const Visitor& visitor) {
    if (auto* dense = std::get_if<DenseWeight>(&m_form)) visitor(m_name + ".weight", dense->weight);
    if (auto* masked = std::get_if<MaskedWeight>(&m_form))
        visitor(m_name + ".weight", masked->weight);
    if (auto* factors = std::get_if<LowRankWeight>(&m_form)) {
        visitor(m_name + ".a", factors->a);
        visitor(m_name + ".b", factors->b);
    }
    if (auto* block = std::get_if<IdentityBlockWeight>(&m_form)) {
        if (block->c.size(0) > 0) visitor(m_name + ".c", block->c);
        visitor(m_name + ".b", block->b);
    }
    if (auto* own = std::get_if<ElasticWeight>(&m_form)) {
        visitor(m_name + ".elastic_a", own->a);
        visitor(m_name + ".elastic_b", own->b);
    }
    if (m_bias.defined()) visitor(m_name + ".bias", m_bias);
}

at::Tensor linearMap(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias) {
    if (!hasKernels(input, weight, bias)) return at::linear(input, weight, bias);
    const bool training = needsGradient(input, weight, bias);
    if (!training && hasFewRows(input, weight)) return fewRows(input, weight, bias);
    if (input.scalar_type() != at::kFloat) return at::linear(input, weight, bias);
    if (!training) return manyRows(input, weight, bias);
    return LinearFunction::apply(input, weight,
                                 bias.defined() ? std::optional(bias) : std::nullopt);
}

}  // namespace skd
