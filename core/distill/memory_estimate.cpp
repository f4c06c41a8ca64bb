#include "distill/memory_estimate.h"

#include <algorithm>

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

std::int64_t microBatchFor(const DistillSpec& spec, const at::Device& device) {
    if (spec.microBatch > 0) return std::min(spec.microBatch, spec.batch);
    return device.is_cpu() ? 1 : spec.batch;
}

DecoderShape shapeOf(const Decoder& decoder) {
    DecoderShape shape;
    shape.elements = elementsOf(decoder);
    shape.maskedElements = maskedElements(decoder);
    shape.vocabularySize = decoder.head.size(0);
    shape.hiddenSize = decoder.config.hiddenSize;
    shape.heads = decoder.config.heads;
    shape.width = static_cast<std::int64_t>(decoder.embedding.element_size());
    for (const DecoderLayer& layer : decoder.layers)
        shape.layers.push_back({layer.config.intermediateSize, layer.mlp.gateUp.isDefined()});
    return shape;
}

DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher) {
    const std::int64_t micro = microBatchFor(spec, student.device());
    const DecoderShape shape = shapeOf(student);
    if (teacher.decoder() == nullptr) return distillMemory(shape, nullptr, spec, micro, corpus.sequenceLength());
    const DecoderShape online = shapeOf(*teacher.decoder());
    return distillMemory(shape, &online, spec, micro, corpus.sequenceLength());
}

}  // namespace skd
