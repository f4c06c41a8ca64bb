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

std::int64_t layerActivations(const Decoder& decoder, const DecoderLayer& layer, std::int64_t micro,
                              std::int64_t length) {
    const std::int64_t inner = layer.config.intermediateSize;
    // A joint gate and up leaves its output behind besides the two halves.
    const std::int64_t perToken =
        8 * decoder.config.hiddenSize + (layer.mlp.gateUp.isDefined() ? 6 : 4) * inner;
    return micro * length * (perToken + decoder.config.heads * length);
}

}  // namespace

std::int64_t microBatchFor(const DistillSpec& spec, const at::Device& device) {
    if (spec.microBatch > 0) return std::min(spec.microBatch, spec.batch);
    return device.is_cpu() ? 1 : spec.batch;
}

DistillMemory distillMemory(const Decoder& student, const Corpus& corpus, const DistillSpec& spec,
                            const TeacherSignal& teacher) {
    const auto width = static_cast<std::int64_t>(student.embedding.element_size());
    const std::int64_t elements = elementsOf(student), length = corpus.sequenceLength();
    const std::int64_t micro = microBatchFor(spec, student.device());
    DistillMemory memory;
    const std::int64_t sums = spec.batch > micro ? elements * 4 : student.head.numel() * 4;
    memory.optimiser = elements * (width == 4 ? 8 : 12) + sums + elements * width;
    memory.activations = maskedElements(student) * width;
    for (const DecoderLayer& layer : student.layers)
        memory.activations += layerActivations(student, layer, micro, length) * width;
    const std::int64_t chunk = std::min(kHeadChunk, micro * (length - 1)) * student.head.size(0);
    memory.logits = chunk * width;
    if (const Decoder* decoder = teacher.decoder()) {
        const auto teacherWidth = static_cast<std::int64_t>(decoder->embedding.element_size());
        memory.teacher = elementsOf(*decoder) * teacherWidth;
        memory.logits += chunk * teacherWidth;
        std::int64_t largest = 0;  // without a backward pass one layer's are alive at a time
        for (const DecoderLayer& layer : decoder->layers)
            largest = std::max(largest, layerActivations(*decoder, layer, micro, length));
        memory.activations += largest * teacherWidth;
    }
    return memory;
}

}  // namespace skd
