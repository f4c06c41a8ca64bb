#pragma once

#include "distill/memory_shape.h"
#include "distill/teacher_signal.h"

namespace skd {

/// Sizes of a decoder in memory, in whatever form pruning gave it.
DecoderShape shapeOf(const Decoder& decoder);
DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher = {});
/// OutOfMemory, with the numbers, when on the CPU that does not fit into what is free.
Status checkMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                   const TeacherSignal& teacher);

/// Says what distill.checkpoint_activations saves, where it is on.
void tellCheckpointing(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                       const RunContext& context);

}  // namespace skd
