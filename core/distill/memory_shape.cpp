#include "distill/memory_shape.h"

#include <algorithm>

#include "model/head_scoring.h"

namespace skd {
namespace {

std::int64_t layerActivations(const DecoderShape& shape, const DecoderShape::Layer& layer,
                              std::int64_t micro, std::int64_t length) {
    // A joint gate and up leaves its output behind besides the two halves.
    const std::int64_t perToken =
        8 * shape.hiddenSize + (layer.jointGateUp ? 6 : 4) * layer.intermediateSize;
    // Of attention a logarithm per row is kept, not its probabilities.
    return micro * length * (perToken + shape.heads);
}

/// Tokens of a forward pass on the CPU.
constexpr std::int64_t kPassTokens = 512;

}  // namespace

std::int64_t microBatchFor(const DistillSpec& spec, bool onCpu, std::int64_t sequenceLength) {
    if (spec.microBatch > 0) return std::min(spec.microBatch, spec.batch);
    return onCpu ? passSamples(spec.batch, sequenceLength - 1) : spec.batch;
}

std::int64_t passSamples(std::int64_t batch, std::int64_t length) {
    const std::int64_t tokens = std::max<std::int64_t>(1, length);
    return std::clamp<std::int64_t>((kPassTokens + tokens / 2) / tokens, 1, batch);
}

RefineMemory refineMemory(const DecoderShape& student, const RefineSpec& spec, std::int64_t samples,
                          std::int64_t length) {
    const auto layers = std::max<std::int64_t>(1, static_cast<std::int64_t>(student.layers.size()));
    const std::int64_t block =
        (student.elements - student.vocabularySize * student.hiddenSize) / layers;
    const std::int64_t micro = passSamples(spec.batch, length), state = length * student.hiddenSize;
    // lillama reads what the uncut block reads as well.
    const std::int64_t streams = spec.loss == RefineLoss::Lillama ? 4 : 3;
    RefineMemory memory;
    memory.streams = streams * samples * state * student.width;
    // Weights as they were, as they are trained, masters, moments, gradients and their sums.
    memory.optimiser = block * (3 * student.width + 16);
    for (const DecoderShape::Layer& layer : student.layers)
        memory.activations =
            std::max(memory.activations, layerActivations(student, layer, micro, length));
    // Of the loss: both sides in f32 and what lies between them.
    memory.activations = memory.activations * student.width + 4 * 4 * micro * state;
    return memory;
}

DistillMemory distillMemory(const DecoderShape& student, const DecoderShape* online,
                            const DistillSpec& spec, std::int64_t micro, std::int64_t length) {
    const std::int64_t width = student.width, elements = student.elements;
    DistillMemory memory;
    // Gradients of f32 add up in place.
    const bool summed = width != 4 && spec.batch > micro;
    const std::int64_t sums =
        summed ? elements * 4 : student.vocabularySize * student.hiddenSize * 4;
    memory.optimiser = elements * (width == 4 ? 8 : 12) + sums + elements * width;
    // A mean of the weights, or before that the weights that a ramp begins from.
    if (spec.average > 0 || spec.learningRate.isAutomatic()) memory.optimiser += elements * 4;
    memory.activations =
        student.maskedElements * width;  // their product is kept for the backward pass
    for (const DecoderShape::Layer& layer : student.layers)
        memory.activations += layerActivations(student, layer, micro, length) * width;
    const std::int64_t chunk = std::min(kHeadChunk, micro * (length - 1)) * student.vocabularySize;
    memory.logits = chunk * width;
    if (online == nullptr) return memory;
    memory.teacher = online->elements * online->width;
    memory.logits += chunk * online->width;
    std::int64_t largest = 0;  // without a backward pass one layer's are alive at a time
    for (const DecoderShape::Layer& layer : online->layers)
        largest = std::max(largest, layerActivations(*online, layer, micro, length));
    memory.activations += largest * online->width;
    return memory;
}

}  // namespace skd
