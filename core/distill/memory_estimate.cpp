#include "distill/memory_estimate.h"

#include <algorithm>
#include <optional>

namespace skd {
namespace {

/// Elements of all parameters, those that a mask holds at zero included.
std::int64_t elementsOf(const Decoder& decoder) {
    Decoder walk = decoder;
    std::int64_t count = 0;
    walk.visitParameters([&](const std::string&, at::Tensor& tensor) { count += tensor.numel(); });
    return count;
}

/// Masked matrices enter the graph as a product that is kept for the backward pass.
std::int64_t maskedElements(const Decoder& decoder) {
    Decoder walk = decoder;
    std::int64_t count = 0;
    for (const Linear* linear : walk.matrices({.mlp = true, .attention = true}))
        if (std::holds_alternative<MaskedWeight>(linear->form()))
            count += linear->rows() * linear->columns();
    return count;
}

}  // namespace

DecoderShape shapeOf(const Decoder& decoder) {
    DecoderShape shape;
    shape.elements = elementsOf(decoder);
    shape.maskedElements = maskedElements(decoder);
    shape.vocabularySize = decoder.head.size(0);
    shape.hiddenSize = decoder.config.hiddenSize;
    shape.heads = decoder.config.heads;
    shape.width = static_cast<std::int64_t>(c10::elementSize(decoder.activationDtype()));
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

}  // namespace skd
