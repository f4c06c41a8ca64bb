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

/// y = silu(gate) * up
template <class Element>
void siluMul(const Element* gate, const Element* up, Element* y, std::int64_t count);
template <class Element>
void siluMulBackward(const Element* gate, const Element* up, const Element* dy, Element* dGate,
                     Element* dUp, std::int64_t count);
/// y = gelu(gate) * up, gelu in its tanh form
template <class Element>
void geluMul(const Element* gate, const Element* up, Element* y, std::int64_t count);
template <class Element>
void geluMulBackward(const Element* gate, const Element* up, const Element* dy, Element* dGate,
                     Element* dUp, std::int64_t count);

/// Moves heads between [length, heads, dim] and [heads, length, dim] for one sequence and turns the
/// first 2 * half dimensions of each by the angle of their position (half-split pairs).
struct HeadLayout {
    std::int64_t length = 0, heads = 0, dim = 0, half = 0;
    const float* cos = nullptr;  ///< [length, half]
    const float* sin = nullptr;
};
template <class Element>
void splitHeads(const Element* tokenMajor, Element* headMajor, const HeadLayout& layout,
                std::int64_t begin, std::int64_t end);
/// The inverse (and the gradient) of splitHeads: turned back, over tokens [begin, end).
template <class Element>
void mergeHeads(const Element* headMajor, Element* tokenMajor, const HeadLayout& layout,
                std::int64_t begin, std::int64_t end);

/// Which keys a row of scores may see: row i of a block belongs to query `firstQuery + i %
/// queries`, column j to key `firstKey + j`; a query q sees keys in (q - window, q] (window 0: all
/// up to q).
struct CausalBlock {
    std::int64_t queries = 0, keys = 0, firstQuery = 0, firstKey = 0, window = 0;
};
/// In place: softmax(scale * score) over the visible keys, zero elsewhere.
template <class Element>
void causalSoftmax(Element* scores, const CausalBlock& block, float scale, std::int64_t beginRow,
                   std::int64_t endRow);
/// Sum of a * b in blocks of f32 added up in f64.
template <class Element>
double dot(const float* a, const Element* b, std::int64_t count);

}  // namespace skd::kernels
