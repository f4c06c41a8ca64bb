#pragma once

#include <cstdint>
#include <vector>

#include "spec/distill_spec.h"
#include "spec/refine_spec.h"

namespace skd {

/// Bytes that distillation takes at its peak beyond the student's weights (an estimate).
struct DistillMemory {
    std::int64_t weights =
        0;  ///< a copy in the type of the arithmetic, where they are held in another
    std::int64_t teacher = 0;      ///< weights of an online teacher, which are loaded before
    std::int64_t masters = 0;      ///< f32; none where weights of f32 are their own
    std::int64_t moments = 0;      ///< of AdamW
    std::int64_t gradients = 0;    ///< and their sums
    std::int64_t averages = 0;     ///< of the weights
    std::int64_t activations = 0;  ///< of a micro-batch, kept for the backward pass
    std::int64_t logits = 0;       ///< a chunk of the student's and of an online teacher's
    [[nodiscard]] std::int64_t optimiser() const {
        return masters + moments + gradients + averages;
    }
    [[nodiscard]] std::int64_t total() const {
        return weights + teacher + optimiser() + activations + logits;
    }
};

/// What the memory of training depends on: a decoder's sizes, known before it is loaded.
struct DecoderShape {
    struct Layer {
        std::int64_t intermediateSize = 0;
        bool jointGateUp = false;  ///< gate and up are one matrix
    };
    /// Of all parameters, those that a mask holds at zero and all components of elastic matrices
    /// included
    std::int64_t elements = 0;
    std::int64_t maskedElements = 0;  ///< of matrices under a mask
    std::int64_t vocabularySize = 0, hiddenSize = 0, heads = 0;
    std::int64_t width = 2;  ///< bytes of an element in the type of the arithmetic
    bool elastic = false;    ///< of several sizes: a step's samples take passes of their own
    bool onDevice = false;   ///< an accelerator's, whose head takes other scratch (device_head.h)
    std::vector<Layer> layers;
};

/// Samples of one forward pass that a spec asks for. Of 0: on the CPU as many as make up about 512
/// tokens: fewer leave the products short, more leave the cache; the whole batch
/// elsewhere.
std::int64_t microBatchFor(const DistillSpec& spec, bool onCpu, std::int64_t sequenceLength);

/// Samples of `length` tokens that make up a forward pass on the CPU, of at most `batch`.
std::int64_t passSamples(std::int64_t batch, std::int64_t length);

/// Bytes that block refinement takes at its peak beyond the student's weights (an estimate).
struct RefineMemory {
    std::int64_t reference = 0;    ///< weights of the uncut model, which are loaded before
    std::int64_t streams = 0;      ///< residual streams of both models, and of a block's outputs
    std::int64_t optimiser = 0;    ///< of one block: copies, masters, moments, gradients
    std::int64_t activations = 0;  ///< of one block and a pass, kept for the backward pass
    [[nodiscard]] std::int64_t total() const {
        return reference + streams + optimiser + activations;
    }
};
/// Refinement of a student's blocks on `samples` samples of `length` tokens.
RefineMemory refineMemory(const DecoderShape& student, const RefineSpec& spec, std::int64_t samples,
                          std::int64_t length);

/// One training step of `micro` samples of `length` tokens at a time; `online`: a teacher that runs
/// beside the student, or null.
DistillMemory distillMemory(const DecoderShape& student, const DecoderShape* online,
                            const DistillSpec& spec, std::int64_t micro, std::int64_t length);

}  // namespace skd
