#pragma once

#include "base/fields.h"

namespace skd {

/// Parts of a decoder that time is attributed to. `Other` is operators outside of every part, `Gap`
/// time in neither.
enum class Module {
    Embedding,
    Norm,
    AttentionQuery,
    AttentionKey,
    AttentionValue,
    Rotary,
    Attention,
    AttentionOutput,
    MlpGate,
    MlpUp,
    MlpGateUp,
    MlpDown,
    Activation,
    Residual,
    Copy,
    Head,
    Other,
    Gap
};
template <>
inline constexpr auto kNames<Module> =
    names<Module>({"embedding", "norm", "attention_query", "attention_key", "attention_value",
                   "rotary", "attention", "attention_output", "mlp_gate", "mlp_up", "mlp_gate_up",
                   "mlp_down", "activation", "residual", "copy", "head", "other", "gap"});

/// Parts of a training step, around those of the decoder.
enum class StepPhase { Teacher, Forward, Head, Backward, Gradients, Optimiser };
template <>
inline constexpr auto kNames<StepPhase> = names<StepPhase>({"step.teacher_rows", "step.forward",
                                                            "step.head", "step.backward",
                                                            "step.gradients", "step.adamw"});

/// The matrices that MLP pruning shrinks.
constexpr bool isMlpMatrix(Module module) {
    return module >= Module::MlpGate && module <= Module::MlpDown;
}

constexpr bool isAttentionMatrix(Module module) {
    return (module >= Module::AttentionQuery && module <= Module::AttentionValue) ||
           module == Module::AttentionOutput;
}

/// False where no part of the decoder could be named.
constexpr bool isAttributed(Module module) {
    return module != Module::Other && module != Module::Gap;
}

/// The columns of the paper's Table VIII. Its "FFN/GEMM" is every product with a weight matrix, the
/// attention projections and the head included; the table leaves the rest out, here it has a name.
enum class PaperBucket { Attention, Gemm, Rest };
template <>
inline constexpr auto kNames<PaperBucket> = names<PaperBucket>({"attention", "ffn_gemm", "rest"});
constexpr PaperBucket paperBucket(Module module) {
    if (module == Module::Attention) return PaperBucket::Attention;
    return isMlpMatrix(module) || isAttentionMatrix(module) || module == Module::Head
               ? PaperBucket::Gemm
               : PaperBucket::Rest;
}

}  // namespace skd
