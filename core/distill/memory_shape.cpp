#include "distill/memory_shape.h"

#include <algorithm>

#include "model/device_scoring.h"

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

/// What the backward pass finds of all layers: all of each, or its input and then one of them.
std::int64_t keptActivations(const DecoderShape& shape, const DistillSpec& spec, std::int64_t micro,
                             std::int64_t length) {
    std::int64_t all = 0, largest = 0;
    for (const DecoderShape::Layer& layer : shape.layers) {
        const std::int64_t own = layerActivations(shape, layer, micro, length);
        all += own;
        largest = std::max(largest, own);
    }
    // The product of a masked matrix is kept as well.
    const auto layers = static_cast<std::int64_t>(shape.layers.size());
    if (!spec.checkpointActivations) return (shape.maskedElements + all) * shape.width;
    const std::int64_t states = (layers + 1) * micro * length * shape.hiddenSize;
    return (shape.maskedElements / std::max<std::int64_t>(1, layers) + states + largest) *
           shape.width;
}

/// Of two moments; those of 8 bits have a scale of f32 for each 256.
std::int64_t momentBytes(MomentType type, std::int64_t elements) {
    if (type == MomentType::F32) return 8 * elements;
    return type == MomentType::Bf16 ? 4 * elements : 2 * elements + 2 * 4 * (elements / 256);
}

/// Rows of logits that exist at a time.
std::int64_t headRowsOf(const DecoderShape& shape) {
    return shape.onDevice ? device::headRows(shape.vocabularySize) : kHeadChunk;
}

/// Gradients of bf16 that an accelerator widens at a time (device_adamw.cpp).
constexpr std::int64_t kWidenedBytes = std::int64_t{1} << 28;

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

/// Gradients are widened when activations and logits are gone: what the former need beyond the
/// latter's counts.
DistillMemory withWidened(DistillMemory memory, const DecoderShape& student) {
    if (!student.onDevice || student.width == 4) return memory;
    const std::int64_t widened = std::min(student.elements * 4, kWidenedBytes);
    memory.gradients += std::max<std::int64_t>(0, widened - memory.activations - memory.logits);
    return memory;
}

DistillMemory distillMemory(const DecoderShape& student, const DecoderShape* online,
                            const DistillSpec& spec, std::int64_t micro, std::int64_t length) {
    const std::int64_t width = student.width, elements = student.elements;
    DistillMemory memory;
    // Gradients of f32 add up in place.
    const bool summed = width != 4 && (spec.batch > micro || student.elastic);
    const std::int64_t sums =
        summed ? elements * 4 : student.vocabularySize * student.hiddenSize * 4;
    memory.masters = width == 4 ? 0 : elements * 4;
    memory.moments = momentBytes(spec.moments, elements);
    memory.gradients = sums + elements * width;
    // A mean of the weights, or before that the weights that a ramp begins from.
    if (spec.average > 0 || spec.learningRate.isAutomatic()) memory.averages = elements * 4;
    memory.activations = keptActivations(student, spec, micro, length);
    const std::int64_t chunk =
        std::min(headRowsOf(student), micro * (length - 1)) * student.vocabularySize;
    memory.logits = chunk * width;
    // The logits in f32, their softmax and its squares, and a product of the head's; the gradient
    // is rounded when they are gone.
    if (student.onDevice)
        memory.logits += chunk * 3 * 4 + student.vocabularySize * student.hiddenSize * width;
    if (online == nullptr) return withWidened(memory, student);
    memory.teacher = online->elements * online->width;
    memory.logits += chunk * (student.onDevice ? online->width + 4 : online->width);
    std::int64_t largest = 0;  // without a backward pass one layer's are alive at a time
    for (const DecoderShape::Layer& layer : online->layers)
        largest = std::max(largest, layerActivations(*online, layer, micro, length));
    memory.activations += largest * online->width;
    return withWidened(memory, student);
}

}  // namespace skd
