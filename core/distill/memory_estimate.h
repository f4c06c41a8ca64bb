#pragma once

#include "distill/teacher_signal.h"

namespace skd {

/// Bytes that distillation takes at its peak beyond the student's weights (an estimate).
struct DistillMemory {
    std::int64_t teacher = 0;      ///< weights of an online teacher, which are loaded before
    std::int64_t optimiser = 0;    ///< masters, moments, gradients and their sums
    std::int64_t activations = 0;  ///< of a micro-batch, kept for the backward pass
    std::int64_t logits = 0;       ///< a chunk of the student's and of an online teacher's
    [[nodiscard]] std::int64_t total() const { return teacher + optimiser + activations + logits; }
};
DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher = {});

/// Samples of one forward pass that a spec asks for. Of 0: one on the CPU, where it keeps
/// activations in cache; the whole batch elsewhere.
std::int64_t microBatchFor(const DistillSpec& spec, const at::Device& device);

}  // namespace skd
