#include "model/linear.h"

#include "model/gemm.h"
#include "model/linear_map.h"

namespace skd {
namespace {

const at::Tensor& leading(const Linear::Form& form) {
    if (const auto* dense = std::get_if<DenseWeight>(&form)) return dense->weight;
    if (const auto* masked = std::get_if<MaskedWeight>(&form)) return masked->weight;
    return std::get<LowRankWeight>(form).a;
}

}  // namespace

Linear::Linear(std::string name, Form form, at::Tensor bias)
    : m_name(std::move(name)), m_form(std::move(form)), m_bias(std::move(bias)) {}

std::int64_t Linear::rows() const {
    return leading(m_form).size(0);
}

std::int64_t Linear::columns() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form)) return factors->b.size(1);
    return leading(m_form).size(1);
}

std::int64_t Linear::rank() const {
    const auto* factors = std::get_if<LowRankWeight>(&m_form);
    return factors != nullptr ? factors->a.size(1) : 0;
}

std::int64_t Linear::parameterCount() const {
    std::int64_t count = m_bias.defined() ? m_bias.numel() : 0;
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return count + factors->a.numel() + factors->b.numel();
    return count + leading(m_form).numel() - maskedZeros();
}

std::int64_t Linear::maskedZeros() const {
    const auto* masked = std::get_if<MaskedWeight>(&m_form);
    return masked == nullptr ? 0 : masked->mask.numel() - masked->mask.sum().item<std::int64_t>();
}

at::Tensor Linear::weight() const {
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return gemm(factors->a.to(at::kFloat), factors->b).to(factors->a.scalar_type());
    return leading(m_form);
}

at::Tensor Linear::forward(const at::Tensor& input) const {
    if (const auto* dense = std::get_if<DenseWeight>(&m_form))
        return linearMap(input, dense->weight, m_bias);
    if (const auto* factors = std::get_if<LowRankWeight>(&m_form))
        return linearMap(linearMap(input, factors->b, {}), factors->a, m_bias);
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
    if (m_bias.defined()) visitor(m_name + ".bias", m_bias);
}

}  // namespace skd
