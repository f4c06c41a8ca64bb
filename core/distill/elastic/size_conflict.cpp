#include "distill/elastic/size_conflict.h"

#include <c10/core/GradMode.h>

#include <cmath>

namespace skd {
namespace {

/// Gradients of the matrices of the middle layer's attention, as they are now.
std::vector<at::Tensor> sharedGradients(Decoder& student) {
    std::vector<at::Tensor> gradients;
    for (const LayerMatrix& place : matricesOf(student.layers[student.layers.size() / 2])) {
        if (!isAttention(place.kind) || !place.linear->isDefined()) continue;
        place.linear->visitParameters([&](const std::string&, at::Tensor& weight) {
            if (weight.dim() == 2) gradients.push_back(weight.grad());
        });
    }
    return gradients;
}

at::Tensor productOf(const std::vector<at::Tensor>& left, const std::vector<at::Tensor>& right) {
    at::Tensor sum;
    for (std::size_t i = 0; i < left.size(); ++i) {
        const at::Tensor part =
            (left[i].to(at::kDouble) * right[i].to(at::kDouble)).sum().reshape({1});
        sum = sum.defined() ? sum + part : part;
    }
    return sum;
}

}  // namespace

void SizeConflict::beforePass(Decoder& student) {
    m_before.clear();
    for (const at::Tensor& gradient : sharedGradients(student))
        m_before.push_back(gradient.defined() ? gradient.clone() : gradient);
}

void SizeConflict::afterPass(Decoder& student, std::size_t slot) {
    const c10::NoGradGuard noGradient;
    m_own[slot].clear();
    const std::vector<at::Tensor> now = sharedGradients(student);
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (!now[i].defined()) continue;
        m_own[slot].push_back(m_before[i].defined() ? now[i] - m_before[i] : now[i].clone());
    }
}

at::Tensor SizeConflict::products() const {
    const c10::NoGradGuard noGradient;
    const auto& [largest, smallest] = m_own;
    if (largest.empty() || largest.size() != smallest.size()) return {};
    return at::cat(
        {productOf(largest, smallest), productOf(largest, largest), productOf(smallest, smallest)});
}

double SizeConflict::cosine(const double* products) {
    return products[0] / std::sqrt(products[1] * products[2]);
}

}  // namespace skd
