#include "distill/memory_estimate.h"

#include <algorithm>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "model/elastic.h"

namespace skd {

DecoderShape shapeOf(const Decoder& decoder) {
    DecoderShape shape;
    Decoder walk = decoder;
    walk.visitParameters(
        [&](const std::string&, at::Tensor& tensor) { shape.elements += tensor.numel(); });
    // Masked matrices enter the graph as a product that is kept for the backward pass.
    for (const Linear* linear : walk.matrices({.mlp = true, .attention = true}))
        if (std::holds_alternative<MaskedWeight>(linear->form()))
            shape.maskedElements += linear->rows() * linear->columns();
    shape.vocabularySize = decoder.head.size(0);
    shape.hiddenSize = decoder.config.hiddenSize;
    shape.heads = decoder.config.heads;
    shape.width = static_cast<std::int64_t>(c10::elementSize(decoder.activationDtype()));
    shape.elastic = isElastic(decoder);
    shape.onDevice = !decoder.device().is_cpu();
    for (const DecoderLayer& layer : decoder.layers)
        shape.layers.push_back({layer.config.intermediateSize, layer.mlp.gateUp.isDefined()});
    return shape;
}

DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher) {
    const std::int64_t micro =
        microBatchFor(spec, student.device().is_cpu(), corpus.sequenceLength());
    const DecoderShape shape = shapeOf(student);
    const std::optional<DecoderShape> online =
        teacher.decoder() == nullptr ? std::nullopt : std::optional(shapeOf(*teacher.decoder()));
    DistillMemory memory =
        distillMemory(shape, online ? &*online : nullptr, spec, micro, corpus.sequenceLength());
    if (student.dtype() != student.activationDtype()) memory.weights = shape.elements * shape.width;
    if (online)
        memory.teacher = online->elements *
                         static_cast<std::int64_t>(teacher.decoder()->embedding.element_size());
    return memory;
}

Status checkMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                   const TeacherSignal& teacher) {
    if (!student.device().is_cpu()) return {};
    const DistillMemory memory = distillMemory(student, corpus, spec, teacher);
    // An online teacher is loaded: its weights are no longer among what is free.
    const auto needed = static_cast<std::uint64_t>(memory.total() - memory.teacher),
               free = availableMemoryBytes();
    if (free == 0 || needed <= free) return {};
    return fail(ErrorCode::OutOfMemory,
                strCat("distillation needs about ", formatBytes(static_cast<double>(needed)), ", ",
                       formatBytes(static_cast<double>(free)),
                       " are free; use a smaller micro_batch or sequence_length, "
                       "checkpoint_activations, or a smaller model"));
}

void tellCheckpointing(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                       const RunContext& context) {
    if (!spec.checkpointActivations) return;
    DistillSpec plain = spec;
    plain.checkpointActivations = false;
    const auto activations = [&](const DistillSpec& one) {
        return formatBytes(static_cast<double>(distillMemory(student, corpus, one).activations));
    };
    context.log(log::Level::Info,
                strCat("layers are computed again in the backward pass: about ", activations(spec),
                       " of activations instead of ", activations(plain)));
}

}  // namespace skd
