#include "kernels/head_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/softmax_kernels.h"
#include "kernels/tempered_exp.h"

namespace skd {
namespace {

/// Sums over a row of exp(y), exp(y / T) and of their squares.
struct Sums {
    double one = 0, tempered = 0, oneSquares = 0, temperedSquares = 0;
};

template <class T, class Exp>
SKD_ALWAYS_INLINE Sums sums(const T* x, std::size_t size, float maximum, Exp exponentials) {
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
SKD_ALWAYS_INLINE void gradient(T* x, std::size_t size, float maximum, GradientFactors factors,
                                Exp exponentials) {
#pragma omp simd
    for (std::size_t i = 0; i < size; ++i) {
        const Exponentials e = exponentials(toFloat(x[i]) - maximum);
        store(x[i], factors.one * e.one + factors.tempered * e.tempered);
    }
}

SKD_ALWAYS_INLINE void accumulate(float* target, const std::uint16_t* source, std::int64_t size) {
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) target[i] += bfloat16ToFloat(source[i]);
}

/// Smallest mass a student's tail is taken for, so that its logarithm stays finite.
constexpr double kSmallestTail = 1e-30;

/// One row against the teacher's entries at one temperature: takes the teacher's entries out of the
/// row, so that the tail's mass is summed directly instead of as the difference 1 - sum, sums, and
/// writes the gradient.
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
        m_rest = SKD_DISPATCH(sums(m_row.data(), m_row.size(), m_maximum, m_exp));
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

    /// log of entry j's share, as the loss takes it.
    [[nodiscard]] double targetLog(std::size_t j) const {
        return static_cast<double>(m_teacher.logProbabilities[j]) / m_divisor - m_shift;
    }
    /// Logit of entry j at T, before its normaliser.
    [[nodiscard]] double studentLog(std::size_t j) const {
        return static_cast<double>(m_kept[j] - m_maximum) / m_weights.temperature;
    }

    void normaliseTarget() {
        const bool sampled = m_weights.loss == KdLoss::Sampled;
        m_divisor = sampled ? 1.0 : m_weights.temperature;
        m_shift = 0;
        if (m_weights.loss == KdLoss::Bucket) m_shift = static_cast<double>(m_teacher.logZ);
        if (m_weights.loss == KdLoss::Renormalised || m_weights.loss == KdLoss::Conditional)
            m_shift = logSumExp([this](std::size_t j) { return targetLog(j); });
        m_studentShift = m_weights.loss == KdLoss::Conditional
                             ? logSumExp([this](std::size_t j) { return studentLog(j); })
                             : std::log(m_sum.tempered);
    }

    template <class Log>
    [[nodiscard]] double logSumExp(Log log) const {
        double maximum = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::size_t j = 0; j < m_kept.size(); ++j) maximum = std::max(maximum, log(j));
        for (std::size_t j = 0; j < m_kept.size(); ++j) sum += std::exp(log(j) - maximum);
        return maximum + std::log(sum);
    }

    double divergence() {
        normaliseTarget();
        const bool sampled = m_weights.loss == KdLoss::Sampled;
        // The draws' shares estimate the cross term alone; the teacher's entropy is known.
        double kl = sampled ? static_cast<double>(m_teacher.logZ) : 0, mass = 0;
        for (std::size_t j = 0; j < m_kept.size(); ++j) {
            const double logP = targetLog(j), p = std::exp(logP);
            mass += p;
            kl += p * ((sampled ? 0 : logP) - (studentLog(j) - m_studentShift));
        }
        return m_weights.loss == KdLoss::Bucket ? kl + tailDivergence(mass) : kl;
    }

    double tailDivergence(double mass) {
        m_teacherTail = std::max(1.0 - mass, 0.0);
        m_studentTail = std::max(m_rest.tempered / m_sum.tempered, kSmallestTail);
        return m_teacherTail > 0
                   ? m_teacherTail * (std::log(m_teacherTail) - std::log(m_studentTail))
                   : 0.0;
    }

    /// Factor on the student's probabilities outside the entries.
    [[nodiscard]] double outside() const {
        if (m_weights.loss == KdLoss::Conditional) return 0;
        return m_weights.loss == KdLoss::Bucket ? 1.0 - m_teacherTail / m_studentTail : 1.0;
    }
    /// The student's share of entry j.
    [[nodiscard]] double share(std::size_t j, Exponentials e) const {
        return m_weights.loss == KdLoss::Conditional
                   ? std::exp(studentLog(j) - m_studentShift)
                   : static_cast<double>(e.tempered) / m_sum.tempered;
    }

    void writeGradient(HeadRowLoss& loss) {
        const double ce = m_weights.ce / m_sum.one;
        const double klWeight = m_kept.empty() ? 0.0 : m_weights.kl / m_weights.temperature;
        const double rest = m_kept.empty() ? 0.0 : klWeight * outside() / m_sum.tempered;
        const GradientFactors factors{static_cast<float>(ce), static_cast<float>(rest)};
        SKD_DISPATCH(gradient(m_row.data(), m_row.size(), m_maximum, factors, m_exp));
        fixLabel(factors);
        double entrySquares = 0;
        for (std::size_t j = 0; j < m_kept.size(); ++j) {
            const Exponentials e = m_exp(m_kept[j] - m_maximum);
            const double kl = klWeight * (share(j, e) - std::exp(targetLog(j)));
            const auto id = static_cast<std::size_t>(m_teacher.ids[j]);
            const double target = id == m_label ? m_weights.ce : 0.0;
            store(m_row[id], static_cast<float>(ce * static_cast<double>(e.one) + kl - target));
            entrySquares += kl * kl;
        }
        loss.ceGradientSquares = ceSquares(std::exp(-loss.ce));
        loss.klGradientSquares =
            m_kept.empty() ? 0.0 : entrySquares + rest * rest * m_rest.temperedSquares;
    }

    [[nodiscard]] double ceSquares(double labelShare) const {
        return m_weights.ce * m_weights.ce *
               (m_sum.oneSquares / (m_sum.one * m_sum.one) - 2 * labelShare + 1);
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
    double m_divisor = 1, m_shift = 0, m_studentShift = 0, m_teacherTail = 0, m_studentTail = 1;
};

}  // namespace

template <class T>
HeadRowLoss headRowLoss(std::span<T> row, std::int64_t label, const TeacherRow& teacher,
                        const HeadRowWeights& weights, std::span<float> scratch) {
    const auto pass = [&](auto exponentials) {
        return RowPass<T, decltype(exponentials)>(row, teacher, weights, scratch, exponentials)
            .run(static_cast<std::size_t>(label));
    };
    const double temperature = teacher.ids.empty() ? 1.0 : weights.temperature;
    return withTemperature(temperature, pass);
}

template HeadRowLoss headRowLoss(std::span<float>, std::int64_t, const TeacherRow&,
                                 const HeadRowWeights&, std::span<float>);
template HeadRowLoss headRowLoss(std::span<std::uint16_t>, std::int64_t, const TeacherRow&,
                                 const HeadRowWeights&, std::span<float>);

void accumulateBfloat16(float* target, const std::uint16_t* source, std::int64_t size) {
    SKD_DISPATCH(accumulate(target, source, size));
}

}  // namespace skd
