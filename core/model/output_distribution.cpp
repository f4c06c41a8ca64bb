#include "model/output_distribution.h"

#include <c10/core/GradMode.h>

#include <ATen/Parallel.h>

#include <cmath>

#include "kernels/layer_kernels.h"
#include "kernels/softmax_kernels.h"
#include "model/head_scoring.h"

namespace skd {
namespace {

template <class T>
double rowKl(const float* p, double negEntropy, const T* z, std::int64_t size) {
    const std::span<const T> row(z, static_cast<std::size_t>(size));
    const float maximum = rowMaximum(row);
    const double logSum = static_cast<double>(maximum) + std::log(rowSumExp(row, maximum));
    return negEntropy - kernels::dot(p, z, size) + logSum;
}

}  // namespace

OutputDistribution::OutputDistribution(const at::Tensor& hidden, const at::Tensor& head)
    : m_probabilities(
          at::empty({hidden.size(0), head.size(0)}, hidden.options().dtype(at::kFloat))) {
    const c10::NoGradGuard noGradient;
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& logits) {
        const at::Tensor logp = at::log_softmax(logits.to(at::kFloat), -1);
        const at::Tensor p = logp.exp();
        m_probabilities.narrow(0, begin, logits.size(0)).copy_(p);
        const at::Tensor negEntropy = (p.to(at::kDouble) * logp).sum(-1).to(at::kCPU);
        for (std::int64_t i = 0; i < negEntropy.size(0); ++i)
            m_negEntropy.push_back(negEntropy[i].item<double>());
    });
}

double OutputDistribution::meanKl(const at::Tensor& hidden, const at::Tensor& head) const {
    const c10::NoGradGuard noGradient;
    const std::int64_t tokens = hidden.size(0), vocabulary = head.size(0);
    std::vector<double> kl(static_cast<std::size_t>(tokens));
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& given) {
        const at::Tensor logits = given.to(at::kCPU).contiguous(),
                         probabilities =
                             m_probabilities.narrow(0, begin, given.size(0)).to(at::kCPU);
        const auto* p = probabilities.data_ptr<float>();
        at::parallel_for(0, logits.size(0), 1, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t i = first; i < last; ++i) {
                const auto token = static_cast<std::size_t>(begin + i);
                kl[token] = logits.scalar_type() == at::kFloat
                                ? rowKl(p + i * vocabulary, m_negEntropy[token],
                                        logits.data_ptr<float>() + i * vocabulary, vocabulary)
                                : rowKl(p + i * vocabulary, m_negEntropy[token],
                                        static_cast<const std::uint16_t*>(logits.data_ptr()) +
                                            i * vocabulary,
                                        vocabulary);
            }
        });
    });
    double sum = 0;
    for (const double value : kl) sum += value;
    return sum / static_cast<double>(tokens);
}

}  // namespace skd
