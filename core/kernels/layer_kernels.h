#pragma once

#include <cstdint>

/// Row passes of a decoder layer on the CPU. Element is float or std::uint16_t (bfloat16 bits);
/// sums in f32. Each works on a range, so that callers share it out over threads. References:
/// model/layer_ops.
namespace skd::kernels {

/// y = round(x / sqrt(mean(x^2) + epsilon)) * weight per row of n; 1 / sqrt(..) goes to `inverse`.
/// With an offset: y = x / sqrt(..) * (offset + weight), rounded only once.
template <class Element>
void rmsNorm(const Element* x, const Element* weight, Element* y, float* inverse, std::int64_t rows,
             std::int64_t n, float epsilon, float offset);
/// dx per row; weight gradients are added to `weightGradient` (n floats).
template <class Element>
void rmsNormBackward(const Element* x, const Element* weight, const Element* dy,
                     const float* inverse, Element* dx, float* weightGradient, std::int64_t rows,
                     std::int64_t n, float offset);

/// What gates an MLP; gelu in its tanh form.
enum class GateActivation { Silu, GeluTanh };
/// y = activation(gate) * up
template <class Element>
void gateMul(const Element* gate, const Element* up, Element* y, std::int64_t count,
             GateActivation activation);
template <class Element>
void gateMulBackward(const Element* gate, const Element* up, const Element* dy, Element* dGate,
                     Element* dUp, std::int64_t count, GateActivation activation);

/// Moves heads between [length, heads, dim] and [heads, length, dim] for one sequence and turns the
/// first 2 * half dimensions of each by the angle of their position (half-split pairs).
struct HeadLayout {
    std::int64_t length = 0, heads = 0, dim = 0, half = 0;
    const float* cos = nullptr;  ///< [length, half]
    const float* sin = nullptr;
};
/// Split from token-major to head-major order; Merge is the inverse (and the gradient): back, and
/// turned back.
enum class HeadMove { Split, Merge };
/// Tokens [begin, end) of `source` to their places in `target`.
template <class Element>
void moveHeads(const Element* source, Element* target, const HeadLayout& layout, HeadMove move,
               std::int64_t begin, std::int64_t end);

/// In place: softmax(scale * score) of each row of n.
void softmaxRows(float* scores, std::int64_t rows, std::int64_t n, float scale);

}  // namespace skd::kernels
