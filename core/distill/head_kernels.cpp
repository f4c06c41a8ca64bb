#include "distill/head_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/simd.h"
#include "model/softmax_kernels.h"

namespace skd {
namespace {

/// exp(y) and exp(y / T) of y = x - maximum.
struct Exponentials {
    float one, tempered;
};

/// Powers of one exponential serve both temperatures wherever T allows it.
struct TemperatureOne {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y);
        return {e, e};
    }
};
struct TemperatureThreeHalves {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * (1.0f / 3.0f));
        return {e * e * e, e * e};
    }
};
struct TemperatureTwo {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * 0.5f);
        return {e * e, e};
    }
};
struct TemperatureThree {
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        const float e = expNonPositive(y * (1.0f / 3.0f));
        return {e * e * e, e};
    }
};
struct TemperatureAny {
    float inverse = 1;
    SKD_ALWAYS_INLINE Exponentials operator()(float y) const {
        return {expNonPositive(y), expNonPositive(y * inverse)};
    }
};

/// Sums over a row of exp(y), exp(y / T) and of their squares.
struct Sums {
    double one = 0, tempered = 0, oneSquares = 0, temperedSquares = 0;
};

template <class T, class Exp>
SKD_ALWAYS_INLINE Sums sumsOf(const T* x, std::size_t size, float maximum, Exp exponentials) {
    Sums total;
    for (std::size_t begin = 0; begin < size; begin += kSumBlock) {
        const std::size_t end = std::min(begin + kSumBlock, size);
        float one = 0, tempered = 0, oneSquares = 0, temperedSquares = 0;
#pragma omp simd reduction(+ : one, tempered, oneSquares, temperedSquares)
        for (std::size_t i = begin; i < end; ++i) {
            const Exponentials e = exponentials(toFloat(x[i]) - maximum);
            one += e.one;
            tempered += e.tempered;
            oneSquares += e.one * e.one;
            temperedSquares += e.tempered * e.tempered;
        }
        total.one += static_cast<double>(one);
        total.tempered += static_cast<double>(tempered);
        total.oneSquares += static_cast<double>(oneSquares);
        total.temperedSquares += static_cast<double>(temperedSquares);
    }
    return total;
}

/// Factors on exp(y) and exp(y / T) that make up the gradient outside the teacher's entries.
struct GradientFactors {
    float one, tempered;
};

template <class T, class Exp>
SKD_ALWAYS_INLINE void gradientOf(T* x, std::size_t size, float maximum, GradientFactors factors,
                                  Exp exponentials) {
#pragma omp simd
    for (std::size_t i = 0; i < size; ++i) {
        const Exponentials e = exponentials(toFloat(x[i]) - maximum);
        store(x[i], factors.one * e.one + factors.tempered * e.tempered);
    }
}

// Function multiversioning does not reach into templates: one named function per type and
// temperature.
#define SKD_HEAD_KERNELS(Type, Exp)                                                      \
    SKD_TARGET_CLONES Sums sums(const Type* x, std::size_t size, float maximum, Exp e) { \
        return sumsOf(x, size, maximum, e);                                              \
    }                                                                                    \
    SKD_TARGET_CLONES void gradient(Type* x, std::size_t size, float maximum,            \
                                    GradientFactors factors, Exp e) {                    \
        gradientOf(x, size, maximum, factors, e);                                        \
    }
SKD_HEAD_KERNELS(float, TemperatureOne)
SKD_HEAD_KERNELS(float, TemperatureThreeHalves)
SKD_HEAD_KERNELS(float, TemperatureTwo)
SKD_HEAD_KERNELS(float, TemperatureThree)
SKD_HEAD_KERNELS(float, TemperatureAny)
SKD_HEAD_KERNELS(std::uint16_t, TemperatureOne)
SKD_HEAD_KERNELS(std::uint16_t, TemperatureThreeHalves)
SKD_HEAD_KERNELS(std::uint16_t, TemperatureTwo)
SKD_HEAD_KERNELS(std::uint16_t, TemperatureThree)
SKD_HEAD_KERNELS(std::uint16_t, TemperatureAny)
#undef SKD_HEAD_KERNELS

/// Smallest mass a student's tail is taken for, so that its logarithm stays finite.
constexpr double kSmallestTail = 1e-30;

/// One row at one temperature: takes the teacher's entries out of the row, so that the tail's mass
/// is summed directly instead of as the difference 1 - sum, sums, and writes the gradient.
template <class T, class Exp>
class RowPass {
public:
    RowPass(std::span<T> row, const TeacherRow& teacher, const HeadRowWeights& weights,
            std::span<float> scratch, Exp e)
        : m_row(row),
          m_teacher(teacher),
          m_weights(weights),
          m_kept(scratch.first(teacher.ids.size())),
          m_exp(e) {}

    HeadRowLoss run(std::size_t label) {
        m_label = label;
        m_labelLogit = toFloat(m_row[label]);
        m_maximum = rowMaximum(std::span<const T>(m_row));
        takeOut();
        m_rest = sums(m_row.data(), m_row.size(), m_maximum, m_exp);
        addEntries();
        HeadRowLoss loss;
        loss.ce = std::log(m_sum.one) + static_cast<double>(m_maximum) -
                  static_cast<double>(m_labelLogit);
        if (!m_kept.empty()) loss.kl = divergence();
        writeGradient(loss);
        return loss;
    }

private:
    void takeOut() {
        for (std::size_t j = 0; j < m_kept.size(); ++j) {
            T& logit = m_row[static_cast<std::size_t>(m_teacher.ids[j])];
            m_kept[j] = toFloat(logit);
            store(logit, -std::numeric_limits<float>::infinity());
        }
    }

    void addEntries() {
        m_sum = m_rest;
        for (const float logit : m_kept) {
            const Exponentials e = m_exp(logit - m_maximum);
            m_sum.one += static_cast<double>(e.one);
            m_sum.tempered += static_cast<double>(e.tempered);
            m_sum.oneSquares += static_cast<double>(e.one) * static_cast<double>(e.one);
        }
    }

    [[nodiscard]] double teacherProbability(std::size_t j) const {
        return std::exp(teacherLogProbability(j));
    }
    [[nodiscard]] double teacherLogProbability(std::size_t j) const {
        return static_cast<double>(m_teacher.logProbabilities[j]) / m_weights.temperature -
               static_cast<double>(m_teacher.logZ);
    }

    double divergence() {
        const double logSum = std::log(m_sum.tempered);
        double kl = 0, mass = 0;
        for (std::size_t j = 0; j < m_kept.size(); ++j) {
            const double logP = teacherLogProbability(j);
            const double p = std::exp(logP);
            const double logQ =
                static_cast<double>(m_kept[j] - m_maximum) / m_weights.temperature - logSum;
            mass += p;
            kl += p * (logP - logQ);
        }
        m_teacherTail = std::max(1.0 - mass, 0.0);
        m_studentTail = std::max(m_rest.tempered / m_sum.tempered, kSmallestTail);
        if (m_teacherTail > 0)
            kl += m_teacherTail * (std::log(m_teacherTail) - std::log(m_studentTail));
        return kl;
    }

    void writeGradient(HeadRowLoss& loss) {
        const double ce = m_weights.ce / m_sum.one;
        const double klWeight = m_kept.empty() ? 0.0 : m_weights.kl / m_weights.temperature;
        const double tail = klWeight * (1.0 - m_teacherTail / m_studentTail) / m_sum.tempered;
        const GradientFactors factors{static_cast<float>(ce),
                                      static_cast<float>(m_kept.empty() ? 0.0 : tail)};
        gradient(m_row.data(), m_row.size(), m_maximum, factors, m_exp);
        fixLabel(factors);
        double entrySquares = 0;
        for (std::size_t j = 0; j < m_kept.size(); ++j) {
            const Exponentials e = m_exp(m_kept[j] - m_maximum);
            const double kl = klWeight * (static_cast<double>(e.tempered) / m_sum.tempered -
                                          teacherProbability(j));
            const auto id = static_cast<std::size_t>(m_teacher.ids[j]);
            const double target = id == m_label ? m_weights.ce : 0.0;
            store(m_row[id], static_cast<float>(ce * static_cast<double>(e.one) + kl - target));
            entrySquares += kl * kl;
        }
        const double labelShare = std::exp(-loss.ce);
        loss.ceGradientSquares = m_weights.ce * m_weights.ce *
                                 (m_sum.oneSquares / (m_sum.one * m_sum.one) - 2 * labelShare + 1);
        loss.klGradientSquares =
            m_kept.empty() ? 0.0 : entrySquares + tail * tail * m_rest.temperedSquares;
    }

    void fixLabel(GradientFactors factors) {
        const Exponentials e = m_exp(m_labelLogit - m_maximum);
        store(m_row[m_label], factors.one * e.one + factors.tempered * e.tempered -
                                  static_cast<float>(m_weights.ce));
    }

    std::span<T> m_row;
    const TeacherRow& m_teacher;
    const HeadRowWeights& m_weights;
    std::span<float> m_kept;
    Exp m_exp;
    std::size_t m_label = 0;
    float m_labelLogit = 0, m_maximum = 0;
    Sums m_rest, m_sum;
    double m_teacherTail = 0, m_studentTail = 1;
};

template <class T>
HeadRowLoss rowLoss(std::span<T> row, std::int64_t label, const TeacherRow& teacher,
                    const HeadRowWeights& weights, std::span<float> scratch) {
    const auto pass = [&](auto exponentials) {
        return RowPass<T, decltype(exponentials)>(row, teacher, weights, scratch, exponentials)
            .run(static_cast<std::size_t>(label));
    };
    const double temperature = teacher.ids.empty() ? 1.0 : weights.temperature;
    if (temperature == 1.0) return pass(TemperatureOne{});
    if (temperature == 1.5) return pass(TemperatureThreeHalves{});
    if (temperature == 2.0) return pass(TemperatureTwo{});
    if (temperature == 3.0) return pass(TemperatureThree{});
    return pass(TemperatureAny{static_cast<float>(1.0 / temperature)});
}

}  // namespace

HeadRowLoss headRowLoss(std::span<float> logits, std::int64_t label, const TeacherRow& teacher,
                        const HeadRowWeights& weights, std::span<float> scratch) {
    return rowLoss(logits, label, teacher, weights, scratch);
}

HeadRowLoss headRowLoss(std::span<std::uint16_t> logits, std::int64_t label,
                        const TeacherRow& teacher, const HeadRowWeights& weights,
                        std::span<float> scratch) {
    return rowLoss(logits, label, teacher, weights, scratch);
}

SKD_TARGET_CLONES void accumulateBfloat16(float* target, const std::uint16_t* source,
                                          std::int64_t size) {
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) target[i] += bfloat16ToFloat(source[i]);
}

}  // namespace skd
