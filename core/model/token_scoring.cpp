#include "model/token_scoring.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "kernels/simd.h"
#include "kernels/softmax_kernels.h"

namespace skd {
namespace {

/// Sum of exp(x - maximum) * (x - other): what entropy and divergence need besides the sum of exp.
template <class T>
SKD_ALWAYS_INLINE double weightedDifference(const T* x, const T* other, std::size_t size,
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

template <class T>
SKD_ALWAYS_INLINE double weightedDepth(const T* x, std::size_t size, float maximum) {
    double total = 0;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = begin; i < end; ++i) {
            const float depth = toFloat(x[i]) - maximum;
            sum += expNonPositive(depth) * depth;
        }
        total += static_cast<double>(sum);
    }
    return total;
}

template <class T>
double logSumExp(std::span<const T> row, float maximum) {
    return std::log(rowSumExp(row, maximum)) + static_cast<double>(maximum);
}

template <class T>
TokenScore scoreRow(std::span<const T> row, std::int64_t label) {
    const float maximum = rowMaximum(row);
    const double sum = rowSumExp(row, maximum), logSum = std::log(sum);
    TokenScore score;
    score.nll = logSum + static_cast<double>(maximum) -
                static_cast<double>(toFloat(row[static_cast<std::size_t>(label)]));
    score.confidence = 1 / sum;
    score.entropy = logSum - SKD_DISPATCH(weightedDepth(row.data(), row.size(), maximum)) / sum;
    score.top = std::find_if(row.begin(), row.end(), [&](T x) { return toFloat(x) == maximum; }) -
                row.begin();
    return score;
}

template <class T>
double divergence(std::span<const T> p, std::span<const T> q) {
    const float maximum = rowMaximum(p);
    const double difference =
        SKD_DISPATCH(weightedDifference(p.data(), q.data(), p.size(), maximum));
    return difference / rowSumExp(p, maximum) - logSumExp(p, maximum) + logSumExp(q, rowMaximum(q));
}

/// On the CPU, f32 or bf16, rows without gaps: what the kernels read.
at::Tensor readable(const at::Tensor& logits) {
    const at::Tensor host = logits.to(at::kCPU).contiguous();
    return host.scalar_type() == at::kBFloat16 ? host : host.to(at::kFloat);
}

template <class T>
std::span<const T> rowOf(const at::Tensor& logits, std::int64_t row) {
    return {static_cast<const T*>(logits.const_data_ptr()) + row * logits.size(1),
            static_cast<std::size_t>(logits.size(1))};
}

template <class Work>
void forRows(const at::Tensor& logits, Work&& work) {
    at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
            if (logits.scalar_type() == at::kFloat)
                work(row, static_cast<float*>(nullptr));
            else
                work(row, static_cast<std::uint16_t*>(nullptr));
    });
}

}  // namespace

std::vector<TokenScore> scoreLogits(const at::Tensor& logits, const at::Tensor& labels) {
    const at::Tensor rows = readable(logits), ids = labels.to(at::kCPU).contiguous();
    const auto* label = ids.const_data_ptr<std::int64_t>();
    std::vector<TokenScore> scores(static_cast<std::size_t>(rows.size(0)));
    forRows(rows, [&]<class T>(std::int64_t row, T*) {
        scores[static_cast<std::size_t>(row)] = scoreRow(rowOf<T>(rows, row), label[row]);
    });
    return scores;
}

std::vector<double> rowDivergences(const at::Tensor& p, const at::Tensor& q) {
    const at::Tensor left = readable(p), right = readable(q).to(left.scalar_type());
    std::vector<double> kl(static_cast<std::size_t>(left.size(0)));
    forRows(left, [&]<class T>(std::int64_t row, T*) {
        kl[static_cast<std::size_t>(row)] = divergence(rowOf<T>(left, row), rowOf<T>(right, row));
    });
    return kl;
}

}  // namespace skd
