#pragma once

#include "distill/memory_shape.h"
#include "distill/teacher_signal.h"

namespace skd {

/// Sizes of a decoder in memory, in whatever form pruning gave it.
DecoderShape shapeOf(const Decoder& decoder);
DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher = {});

/// Samples of one forward pass that a spec asks for. Of 0: one on the CPU, where it keeps
/// activations in cache; the whole batch elsewhere.
std::int64_t microBatchFor(const DistillSpec& spec, const at::Device& device);

}  // namespace skd
