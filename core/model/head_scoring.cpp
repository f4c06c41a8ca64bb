#include "model/head_scoring.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "kernels/simd.h"
#include "kernels/softmax_kernels.h"
#include "model/device_scoring.h"
#include "model/elements.h"
#include "model/gemm.h"
#include "model/module_scope.h"

namespace skd {
namespace {

template <class T>
double negativeLogLikelihood(std::span<const T> row, std::int64_t label) {
    return rowLogSumExp(row) - static_cast<double>(toFloat(row[static_cast<std::size_t>(label)]));
}

struct Constant {
    float value;
    SKD_ALWAYS_INLINE float operator[](std::size_t) const { return value; }
};

/// Sum of exp(x - maximum) * (x - other): what entropy and divergence need besides the sum of exp.
/// `other` is a row or a Constant of floats, or a row of bfloat16 bits.
template <class T, class Other>
SKD_ALWAYS_INLINE double weightedDifference(const T* x, Other other, std::size_t size,
                                            float maximum) {
    double total = 0;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = begin; i < end; ++i) {
            const float value = toFloat(x[i]);
            sum += expNonPositive(value - maximum) * (value - toFloat(other[i]));
        }
        total += static_cast<double>(sum);
    }
    return total;
}

/// Sum of a * b in blocks of f32 added up in f64.
template <class T>
SKD_ALWAYS_INLINE double dot(const float* a, const T* b, std::size_t size) {
    double total = 0;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = begin; i < end; ++i) sum += a[i] * toFloat(b[i]);
        total += static_cast<double>(sum);
    }
    return total;
}

template <class T>
TokenScore scoreRow(std::span<const T> row, std::int64_t label) {
    const float maximum = rowMaximum(row);
    const double sum = rowSumExp(row, maximum), logSum = std::log(sum);
    TokenScore score;
    score.nll = logSum + static_cast<double>(maximum) -
                static_cast<double>(toFloat(row[static_cast<std::size_t>(label)]));
    score.confidence = 1 / sum;
    score.entropy =
        logSum -
        SKD_DISPATCH(weightedDifference(row.data(), Constant{maximum}, row.size(), maximum)) / sum;
    score.top = std::find_if(row.begin(), row.end(), [&](T x) { return toFloat(x) == maximum; }) -
                row.begin();
    return score;
}

template <class T>
double divergence(std::span<const T> p, std::span<const T> q) {
    const float maximum = rowMaximum(p);
    const double difference =
        SKD_DISPATCH(weightedDifference(p.data(), q.data(), p.size(), maximum));
    return difference / rowSumExp(p, maximum) - rowLogSumExp(p) + rowLogSumExp(q);
}

/// On the CPU, f32 or bf16, rows without gaps: what the kernels read.
at::Tensor readable(const at::Tensor& logits) {
    const at::Tensor host = logits.to(at::kCPU).contiguous();
    return host.scalar_type() == at::kBFloat16 ? host : host.to(at::kFloat);
}

template <class Work>
void forRows(const at::Tensor& logits, Work&& work) {
    at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            forElement(logits, [&](auto* element) { work(row, element); });
    });
}

}  // namespace

void visitLogits(const at::Tensor& hidden, const at::Tensor& head, std::int64_t chunk,
                 const std::function<void(std::int64_t begin, const at::Tensor& logits)>& visit) {
    const c10::AutoGradMode noGradient(false);
    const std::int64_t tokens = hidden.size(0);
    const std::int64_t rows = std::min(std::max<std::int64_t>(chunk, 1), tokens);
    if (tokens == 0) return;
    const at::Tensor transposed = head.t();
    at::Tensor buffer = at::empty({rows, head.size(0)}, hidden.options());
    for (std::int64_t begin = 0; begin < tokens; begin += rows) {
        const std::int64_t count = std::min(rows, tokens - begin);
        at::Tensor logits = buffer.narrow(0, 0, count);
        {
            const ModuleScope scope(Module::Head);
            gemmInto(logits, hidden.narrow(0, begin, count), transposed);
        }
        visit(begin, logits);
    }
}

at::Tensor scoreTokens(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& labels,
                       std::int64_t chunk) {
    if (!hidden.is_cpu())
        return device::tokenLosses(hidden, head, labels.to(hidden.device()),
                                   std::max(chunk, device::headRows(head.size(0))))
            .to(at::kCPU);
    const at::Tensor host = labels.to(at::kCPU).contiguous();
    at::Tensor losses = at::zeros({hidden.size(0)}, at::kDouble);
    double* out = losses.mutable_data_ptr<double>();
    const auto* label = host.const_data_ptr<std::int64_t>();
    visitLogits(hidden, head, chunk, [&](std::int64_t begin, const at::Tensor& logits) {
        if (!hasElements(logits)) {
            losses.narrow(0, begin, logits.size(0))
                .copy_(at::cross_entropy_loss(logits.to(at::kFloat),
                                              host.narrow(0, begin, logits.size(0)), {},
                                              at::Reduction::None, kIgnoredLabel));
            return;
        }
        forRows(logits, [&]<class T>(std::int64_t row, T*) {
            const std::int64_t own = label[begin + row];
            if (own != kIgnoredLabel)
                out[begin + row] = negativeLogLikelihood(rowOf<T>(logits, row), own);
        });
    });
    return losses;
}

std::vector<TokenScore> scoreLogits(const at::Tensor& logits, const at::Tensor& labels) {
    if (!logits.is_cpu()) {
        const at::Tensor fields =
            device::rowScores(logits, labels.to(logits.device())).to(at::kCPU).contiguous();
        std::vector<TokenScore> scores;
        for (std::int64_t row = 0; row < fields.size(0); ++row)
            scores.push_back(device::tokenScore(fields.const_data_ptr<double>() + row * 4));
        return scores;
    }
    const at::Tensor rows = readable(logits), ids = labels.to(at::kCPU).contiguous();
    const auto* label = ids.const_data_ptr<std::int64_t>();
    std::vector<TokenScore> scores(static_cast<std::size_t>(rows.size(0)));
    forRows(rows, [&]<class T>(std::int64_t row, T*) {
        scores[static_cast<std::size_t>(row)] = scoreRow(rowOf<T>(rows, row), label[row]);
    });
    return scores;
}

std::vector<double> rowDivergences(const at::Tensor& p, const at::Tensor& q) {
    if (!p.is_cpu() && p.device() == q.device()) {
        const at::Tensor logP = at::log_softmax(p.to(at::kFloat), -1),
                         logQ = at::log_softmax(q.to(at::kFloat), -1);
        const at::Tensor host =
            (logP.exp() * (logP - logQ)).sum(-1, false, at::kDouble).to(at::kCPU);
        return {host.const_data_ptr<double>(), host.const_data_ptr<double>() + host.numel()};
    }
    const at::Tensor left = readable(p), right = readable(q).to(left.scalar_type());
    std::vector<double> kl(static_cast<std::size_t>(left.size(0)));
    forRows(left, [&]<class T>(std::int64_t row, T*) {
        kl[static_cast<std::size_t>(row)] = divergence(rowOf<T>(left, row), rowOf<T>(right, row));
    });
    return kl;
}

OutputDistribution::OutputDistribution(const at::Tensor& hidden, const at::Tensor& head)
    : m_probabilities(
          at::empty({hidden.size(0), head.size(0)}, hidden.options().dtype(at::kFloat))) {
    const c10::NoGradGuard noGradient;
    at::Tensor all = at::empty({hidden.size(0)}, hidden.options().dtype(at::kDouble));
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& logits) {
        const at::Tensor logp = at::log_softmax(logits.to(at::kFloat), -1);
        const at::Tensor p = logp.exp();
        m_probabilities.narrow(0, begin, logits.size(0)).copy_(p);
        all.narrow(0, begin, logits.size(0)).copy_((p.to(at::kDouble) * logp).sum(-1));
    });
    all = all.to(at::kCPU);
    m_negEntropy.assign(all.const_data_ptr<double>(), all.const_data_ptr<double>() + all.numel());
}

double OutputDistribution::meanKl(const at::Tensor& hidden, const at::Tensor& head) const {
    const std::vector<double> kl = tokenKl(hidden, head);
    double sum = 0;
    for (const double value : kl) sum += value;
    return sum / static_cast<double>(kl.size());
}

std::vector<double> OutputDistribution::tokenKl(const at::Tensor& hidden,
                                                const at::Tensor& head) const {
    const c10::NoGradGuard noGradient;
    std::vector<double> kl(static_cast<std::size_t>(hidden.size(0)));
    if (!hidden.is_cpu()) {
        const at::Tensor cross = device::crossEntropies(m_probabilities, hidden, head).to(at::kCPU);
        for (std::size_t token = 0; token < kl.size(); ++token)
            kl[token] = m_negEntropy[token] + cross.const_data_ptr<double>()[token];
        return kl;
    }
    visitLogits(hidden, head, kHeadChunk, [&](std::int64_t begin, const at::Tensor& given) {
        const at::Tensor logits = given.to(at::kCPU).contiguous(),
                         probabilities =
                             m_probabilities.narrow(0, begin, given.size(0)).to(at::kCPU);
        forRows(logits, [&]<class T>(std::int64_t row, T*) {
            const auto token = static_cast<std::size_t>(begin + row);
            const std::span<const float> p = rowOf<float>(probabilities, row);
            const std::span<const T> z = rowOf<T>(logits, row);
            kl[token] = m_negEntropy[token] - SKD_DISPATCH(dot(p.data(), z.data(), p.size())) +
                        rowLogSumExp(z);
        });
    });
    return kl;
}

}  // namespace skd
