#include <algorithm>
#include <cmath>

#include "kernels/head_kernels.h"
#include "kernels/softmax_kernels.h"
#include "kernels/tempered_exp.h"

namespace skd {
namespace {

/// Sums over a row, with a = x - max x of the student and b of the teacher.
struct PairSums {
    double one = 0, oneSquares = 0;   ///< exp(a) and its square
    double student = 0, teacher = 0;  ///< exp(a / T), exp(b / T)
    double cross = 0;                 ///< exp(b / T) (b - a)
};

struct PairMaxima {
    float student, teacher;
};

/// Factors on exp(a), exp(a / T) and exp(b / T) in the gradient.
struct PairFactors {
    float one, student, teacher;
};

template <class T, class Exp>
SKD_ALWAYS_INLINE PairSums pairSums(const T* x, const T* t, std::size_t size, PairMaxima maxima,
                                    Exp exponentials) {
    PairSums total;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float one = 0, oneSquares = 0, student = 0, teacher = 0, cross = 0;
#pragma omp simd reduction(+ : one, oneSquares, student, teacher, cross)
        for (std::size_t i = begin; i < end; ++i) {
            const float a = toFloat(x[i]) - maxima.student, b = toFloat(t[i]) - maxima.teacher;
            const Exponentials e = exponentials(a);
            const float f = exponentials(b).tempered;
            one += e.one;
            oneSquares += e.one * e.one;
            student += e.tempered;
            teacher += f;
            cross += f * (b - a);
        }
        total.one += static_cast<double>(one);
        total.oneSquares += static_cast<double>(oneSquares);
        total.student += static_cast<double>(student);
        total.teacher += static_cast<double>(teacher);
        total.cross += static_cast<double>(cross);
    }
    return total;
}

/// Writes the gradient over x; returns the sum of squares of its KL part.
template <class T, class Exp>
SKD_ALWAYS_INLINE double pairGradient(T* x, const T* t, std::size_t size, PairMaxima maxima,
                                      PairFactors factors, Exp exponentials) {
    double total = 0;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float squares = 0;
#pragma omp simd reduction(+ : squares)
        for (std::size_t i = begin; i < end; ++i) {
            const Exponentials e = exponentials(toFloat(x[i]) - maxima.student);
            const float f = exponentials(toFloat(t[i]) - maxima.teacher).tempered;
            const float kl = factors.student * e.tempered - factors.teacher * f;
            store(x[i], factors.one * e.one + kl);
            squares += kl * kl;
        }
        total += static_cast<double>(squares);
    }
    return total;
}

template <class T, class Exp>
HeadRowLoss rowLoss(std::span<T> row, std::span<const T> teacher, std::size_t label,
                    const HeadRowWeights& weights, Exp exponentials) {
    float labelLogit = toFloat(row[label]);
    const float labelTeacher = toFloat(teacher[label]);
    const PairMaxima maxima{rowMaximum(std::span<const T>(row)), rowMaximum(teacher)};
    const PairSums sums =
        SKD_DISPATCH(pairSums(row.data(), teacher.data(), row.size(), maxima, exponentials));
    HeadRowLoss loss;
    loss.ce =
        std::log(sums.one) + static_cast<double>(maxima.student) - static_cast<double>(labelLogit);
    loss.kl = sums.cross / (weights.temperature * sums.teacher) + std::log(sums.student) -
              std::log(sums.teacher);
    const double kl = weights.kl / weights.temperature;
    const PairFactors factors{static_cast<float>(weights.ce / sums.one),
                              static_cast<float>(kl / sums.student),
                              static_cast<float>(kl / sums.teacher)};
    loss.klGradientSquares = SKD_DISPATCH(
        pairGradient(row.data(), teacher.data(), row.size(), maxima, factors, exponentials));
    loss.ceGradientSquares = weights.ce * weights.ce *
                             (sums.oneSquares / (sums.one * sums.one) - 2 * std::exp(-loss.ce) + 1);
    // By the same kernel, so that the label's gradient rounds as every other one and once.
    SKD_DISPATCH(pairGradient(&labelLogit, &labelTeacher, 1, maxima, factors, exponentials));
    store(row[label], labelLogit - static_cast<float>(weights.ce));
    return loss;
}

}  // namespace

template <class T>
HeadRowLoss onlineRowLoss(std::span<T> row, std::span<const T> teacher, std::int64_t label,
                          const HeadRowWeights& weights) {
    return withTemperature(weights.temperature, [&](auto exponentials) {
        return rowLoss<T>(row, teacher, static_cast<std::size_t>(label), weights, exponentials);
    });
}

template HeadRowLoss onlineRowLoss(std::span<float>, std::span<const float>, std::int64_t,
                                   const HeadRowWeights&);
template HeadRowLoss onlineRowLoss(std::span<std::uint16_t>, std::span<const std::uint16_t>,
                                   std::int64_t, const HeadRowWeights&);

}  // namespace skd
