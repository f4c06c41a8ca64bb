#include "distill/fused_head.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "distill/device/device_head.h"
#include "distill/tensor_values.h"
#include "model/device_copy.h"
#include "model/device_scoring.h"
#include "model/gemm.h"

namespace skd {
namespace {

/// Rows of the head whose gradient is held in bf16 before it is added in f32: 16 MiB at d = 1,024.
constexpr std::int64_t kHeadGradientSlice = 8192;

HeadInput onHost(const HeadInput& input) {
    HeadInput host = input;
    host.labels = input.labels.contiguous();
    if (!input.teacher.empty())
        host.teacher = {input.teacher.ids.contiguous(), input.teacher.logProbabilities.contiguous(),
                        input.teacher.logZ.contiguous()};
    return host;
}

/// The pass over a chunk's logits, which become their gradient; one loss per row.
class ChunkPass {
public:
    ChunkPass(const HeadInput& input, const HeadRowWeights& weights)
        : m_input(input),
          m_weights(weights),
          m_entries(input.teacher.empty() ? 0
                                          : static_cast<std::size_t>(input.teacher.ids.size(1))) {}

    void run(const at::Tensor& logits, std::int64_t begin, std::vector<HeadRowLoss>& losses) {
        if (m_input.isOnline()) teacherLogits(begin, logits);
        at::parallel_for(0, logits.size(0), 1, [&](std::int64_t first, std::int64_t last) {
            std::vector<float> scratch(m_entries);
            onValues(logits, [&](auto* values) {
                for (std::int64_t row = first; row < last; ++row)
                    losses[static_cast<std::size_t>(begin + row)] =
                        lossOf(rowOf(values, row, logits.size(1)), row, begin + row, scratch);
            });
        });
    }

private:
    /// m_teacherLogits = the teacher's rows that belong to `logits`, in its type.
    void teacherLogits(std::int64_t begin, const at::Tensor& logits) {
        const std::int64_t rows = logits.size(0);
        if (!m_buffer.defined())
            m_buffer = at::empty(logits.sizes(), m_input.teacherHidden.options());
        at::Tensor out = m_buffer.narrow(0, 0, rows);
        gemmInto(out, m_input.teacherHidden.narrow(0, begin, rows), m_input.teacherHead.t());
        m_teacherLogits = out.to(logits.scalar_type());
    }

    [[nodiscard]] TeacherRow teacherRow(std::int64_t token) const {
        if (m_entries == 0) return {};
        const auto offset = static_cast<std::size_t>(token) * m_entries;
        const float* logP = m_input.teacher.logProbabilities.const_data_ptr<float>() + offset;
        std::size_t used = m_entries;
        while (used > 0 && std::isinf(logP[used - 1])) --used;  // fewer tokens than draws
        return {{m_input.teacher.ids.const_data_ptr<std::int32_t>() + offset, used},
                {logP, used},
                m_input.teacher.logZ.const_data_ptr<float>()[token]};
    }

    template <class T>
    [[nodiscard]] HeadRowLoss lossOf(std::span<T> row, std::int64_t index, std::int64_t token,
                                     std::vector<float>& scratch) const {
        const std::int64_t label = m_input.labels.const_data_ptr<std::int64_t>()[token];
        if (label == kIgnoredLabel) {
            std::fill(row.begin(), row.end(), T{0});
            return {};
        }
        if (!m_input.isOnline())
            return headRowLoss(row, label, teacherRow(token), m_weights, scratch);
        const T* teacher = valuesOf<T>(m_teacherLogits);
        return onlineRowLoss(row, rowOf(teacher, index, m_teacherLogits.size(1)), label, m_weights);
    }

    const HeadInput& m_input;
    HeadRowWeights m_weights;
    std::size_t m_entries;
    at::Tensor m_buffer, m_teacherLogits;
};

/// target [V, d] f32 += gradient^T [V, rows] hidden [rows, d], by slices of V where the product is
/// bf16.
void addHeadGradient(const at::Tensor& gradient, const at::Tensor& hidden, at::Tensor& target,
                     at::Tensor& scratch) {
    if (gradient.scalar_type() == target.scalar_type()) {
        target.addmm_(gradient.t(), hidden);
        return;
    }
    const std::int64_t vocabulary = gradient.size(1);
    for (std::int64_t begin = 0; begin < vocabulary; begin += kHeadGradientSlice) {
        const std::int64_t count = std::min(kHeadGradientSlice, vocabulary - begin);
        at::Tensor product = scratch.narrow(0, 0, count);
        at::mm_out(product, gradient.narrow(1, begin, count).t(), hidden);
        const auto* source = valuesOf<std::uint16_t>(product);
        float* sum = valuesOf<float>(target) + begin * target.size(1);
        at::parallel_for(0, product.numel(), 1 << 16, [&](std::int64_t first, std::int64_t last) {
            accumulateBfloat16(sum + first, source + first, last - first);
        });
    }
}

bool hasKernels(const HeadInput& input) {
    const at::ScalarType type = input.hidden.scalar_type();
    return input.hidden.device().is_cpu() && type == input.head.scalar_type() &&
           (type == at::kFloat || type == at::kBFloat16);
}

HeadLoss chunkedReference(const HeadInput& input, const HeadLossOptions& options,
                          at::Tensor& headGradient) {
    HeadLoss total;
    std::vector<at::Tensor> gradients;
    const std::int64_t tokens = input.hidden.size(0);
    for (std::int64_t begin = 0; begin < tokens; begin += options.chunk) {
        const std::int64_t count = std::min(options.chunk, tokens - begin);
        const HeadLoss loss = headLossReference(input.narrow(begin, count), options, headGradient);
        gradients.push_back(loss.hiddenGradient);
        total += loss;
    }
    total.hiddenGradient = at::cat(gradients);
    return total;
}

/// What the host has of it, on the device of `hidden`.
HeadInput onDevice(const HeadInput& input) {
    if (!input.labels.is_cpu()) return input;
    checkHeadIds(input);
    HeadInput moved = input;
    const std::vector<at::Tensor> parts = uploadTogether(
        {input.labels, input.teacher.ids, input.teacher.logProbabilities, input.teacher.logZ},
        input.hidden.device());
    moved.labels = parts[0];
    moved.teacher = {parts[1], parts[2], parts[3]};
    return moved;
}

HeadLoss readBack(const HeadInput& input, HeadLossOptions options, at::Tensor& headGradient) {
    options.chunk = std::max(options.chunk, device::headRows(input.head.size(0)));
    HeadLoss loss = device::headLoss(input, options, headGradient);
    const at::Tensor scored = input.labels.ne(kIgnoredLabel).sum(at::kDouble),
                     host = at::cat({loss.sums, scored.view({1})}).to(at::kCPU);
    const auto* values = host.const_data_ptr<double>();
    loss += {{values[0], values[1], values[2], values[3]}};
    loss.scored = static_cast<std::int64_t>(values[4]);
    return loss;
}

HeadLoss sumInOrder(const std::vector<HeadRowLoss>& rows, const at::Tensor& labels) {
    HeadLoss total;
    for (const HeadRowLoss& row : rows) total += {row};
    const auto* label = labels.const_data_ptr<std::int64_t>();
    total.scored = std::count_if(label, label + labels.numel(),
                                 [](std::int64_t id) { return id != kIgnoredLabel; });
    return total;
}

}  // namespace

TeacherRows TeacherRows::narrow(std::int64_t begin, std::int64_t count) const {
    return {ids.narrow(0, begin, count), logProbabilities.narrow(0, begin, count),
            logZ.narrow(0, begin, count)};
}

HeadInput HeadInput::narrow(std::int64_t begin, std::int64_t count) const {
    HeadInput part = *this;
    part.hidden = hidden.narrow(0, begin, count);
    part.labels = labels.narrow(0, begin, count);
    if (!teacher.empty()) part.teacher = teacher.narrow(begin, count);
    if (isOnline()) part.teacherHidden = teacherHidden.narrow(0, begin, count);
    return part;
}

HeadLoss& HeadLoss::operator+=(const HeadLoss& other) {
    ce += other.ce;
    kl += other.kl;
    scored += other.scored;
    ceGradientSquares += other.ceGradientSquares;
    klGradientSquares += other.klGradientSquares;
    if (other.sums.defined()) sums = sums.defined() ? sums + other.sums : other.sums;
    return *this;
}

void checkHeadIds(const HeadInput& input) {
    const std::int64_t vocabulary = input.head.size(0);
    const auto* labels = input.labels.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < input.labels.numel(); ++i)
        TORCH_CHECK(labels[i] == kIgnoredLabel || (labels[i] >= 0 && labels[i] < vocabulary),
                    "label ", labels[i], " of token ", i, " lies outside the vocabulary of ",
                    vocabulary);
    TORCH_CHECK(!input.isOnline() || input.teacherHead.size(0) == vocabulary,
                "the teacher's vocabulary of ", input.isOnline() ? input.teacherHead.size(0) : 0,
                " is not the student's of ", vocabulary);
    if (input.teacher.empty()) return;
    const auto* ids = input.teacher.ids.const_data_ptr<std::int32_t>();
    for (std::int64_t i = 0; i < input.teacher.ids.numel(); ++i)
        TORCH_CHECK(ids[i] >= 0 && ids[i] < vocabulary, "teacher id ", ids[i],
                    " lies outside the vocabulary of ", vocabulary);
}

HeadLoss headLoss(const HeadInput& input, const HeadLossOptions& options,
                  at::Tensor& headGradient) {
    const c10::AutoGradMode noGradient(false);
    if (!input.hidden.is_cpu()) return readBack(onDevice(input), options, headGradient);
    if (!hasKernels(input)) return chunkedReference(input, options, headGradient);
    const HeadInput host = onHost(input);
    checkHeadIds(host);
    const HeadRowWeights weights{
        host.hasTeacher() ? (1.0 - options.alpha) / options.tokens : 1.0 / options.tokens,
        options.alpha * options.temperature * options.temperature / options.tokens,
        options.temperature, options.loss};
    ChunkPass pass(host, weights);
    std::vector<HeadRowLoss> losses(static_cast<std::size_t>(host.hidden.size(0)));
    at::Tensor hiddenGradient = at::empty(host.hidden.sizes(), host.hidden.options());
    at::Tensor scratch =
        headGradient.scalar_type() == host.hidden.scalar_type()
            ? at::Tensor()
            : at::empty({std::min(kHeadGradientSlice, host.head.size(0)), host.head.size(1)},
                        host.hidden.options());
    const auto visit = [&](std::int64_t begin, const at::Tensor& logits) {
        pass.run(logits, begin, losses);
        at::Tensor target = hiddenGradient.narrow(0, begin, logits.size(0));
        at::mm_out(target, logits, host.head);
        addHeadGradient(logits, host.hidden.narrow(0, begin, logits.size(0)), headGradient,
                        scratch);
    };
    visitLogits(host.hidden, host.head, options.chunk, visit);
    HeadLoss total = sumInOrder(losses, host.labels);
    total.hiddenGradient = std::move(hiddenGradient);
    return total;
}

}  // namespace skd
