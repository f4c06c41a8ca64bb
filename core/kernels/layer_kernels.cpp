#include "kernels/layer_kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/simd.h"

namespace skd::kernels {
namespace {

template <class T>
SKD_ALWAYS_INLINE float sumOfSquares(const T* x, std::int64_t n) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        const float v = toFloat(x[i]);
        sum += v * v;
    }
    return sum;
}

template <class T>
SKD_ALWAYS_INLINE float roundedTo(float value) {
    T rounded;
    store(rounded, value);
    return toFloat(rounded);
}

template <class T>
SKD_ALWAYS_INLINE void rmsNormRows(const T* x, const T* weight, T* y, float* inverse,
                                   std::int64_t rows, std::int64_t n, float epsilon, float offset) {
    for (std::int64_t row = 0; row < rows; ++row, x += n, y += n) {
        const float scale = 1.0f / std::sqrt(sumOfSquares(x, n) / static_cast<float>(n) + epsilon);
        if (inverse != nullptr) inverse[row] = scale;
        // NOLINTNEXTLINE(bugprone-branch-clone): it does not read the loops that "omp simd" heads
        if (offset != 0) {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i)
                store(y[i], toFloat(x[i]) * scale * (offset + toFloat(weight[i])));
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i)
                store(y[i], roundedTo<T>(toFloat(x[i]) * scale) * toFloat(weight[i]));
        }
    }
}

template <class T>
SKD_ALWAYS_INLINE void rmsNormBackwardRows(const T* x, const T* weight, const T* dy,
                                           const float* inverse, T* dx, float* weightGradient,
                                           std::int64_t rows, std::int64_t n, float offset) {
    for (std::int64_t row = 0; row < rows; ++row, x += n, dy += n, dx += n) {
        const float scale = inverse[row];
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (std::int64_t i = 0; i < n; ++i)
            dot += toFloat(dy[i]) * (offset + toFloat(weight[i])) * toFloat(x[i]);
        const float correction = dot * scale * scale * scale / static_cast<float>(n);
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) {
            const float value = toFloat(x[i]), gradient = toFloat(dy[i]);
            weightGradient[i] += gradient * value * scale;
            store(dx[i], gradient * (offset + toFloat(weight[i])) * scale - value * correction);
        }
    }
}

SKD_ALWAYS_INLINE float sigmoid(float x) {
    const float e = expNonPositive(x < 0 ? x : -x);
    const float r = 1.0f / (1.0f + e);
    return x < 0 ? e * r : r;
}

/// Activations of the form g * sigmoid(argument(g)).
struct Silu {
    SKD_ALWAYS_INLINE static float argument(float g) { return g; }
    SKD_ALWAYS_INLINE static float slope(float) { return 1.0f; }
};

/// 0.5 g (1 + tanh(u)) = g sigmoid(2 u) with u = sqrt(2 / pi) (g + 0.044715 g^3). Beyond +-10 the
/// sigmoid is 0 or 1 in f32; the bound keeps the cube finite.
struct GeluTanh {
    SKD_ALWAYS_INLINE static float bounded(float g) {
        return g < -10.0f ? -10.0f : g > 10.0f ? 10.0f : g;
    }
    SKD_ALWAYS_INLINE static float argument(float g) {
        const float b = bounded(g);
        return 1.5957691216f * b * (1.0f + 0.044715f * b * b);
    }
    SKD_ALWAYS_INLINE static float slope(float g) {
        const float b = bounded(g);
        return 1.5957691216f * (1.0f + 0.134145f * b * b);
    }
};

template <class Activation, class T>
SKD_ALWAYS_INLINE void gatedRange(const T* gate, const T* up, T* y, std::int64_t count) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
        const float g = toFloat(gate[i]);
        store(y[i], roundedTo<T>(g * sigmoid(Activation::argument(g))) * toFloat(up[i]));
    }
}

template <class Activation, class T>
SKD_ALWAYS_INLINE void gatedBackwardRange(const T* gate, const T* up, const T* dy, T* dGate, T* dUp,
                                          std::int64_t count) {
#pragma omp simd
    for (std::int64_t i = 0; i < count; ++i) {
        const float g = toFloat(gate[i]), s = sigmoid(Activation::argument(g)), d = toFloat(dy[i]);
        store(dUp[i], d * g * s);
        store(dGate[i], d * toFloat(up[i]) * s * (1.0f + g * Activation::slope(g) * (1.0f - s)));
    }
}

/// target = source turned by `direction` times the angle.
template <class T>
SKD_ALWAYS_INLINE void rotate(const T* source, T* target, std::int64_t dim, std::int64_t half,
                              const float* cos, const float* sin, float direction) {
#pragma omp simd
    for (std::int64_t i = 0; i < half; ++i) {
        const float a = toFloat(source[i]), b = toFloat(source[i + half]), s = direction * sin[i];
        store(target[i], a * cos[i] - b * s);
        store(target[i + half], b * cos[i] + a * s);
    }
    for (std::int64_t i = 2 * half; i < dim; ++i) target[i] = source[i];
}

/// Tokens [begin, end) from token-major to head-major order and turned, or back.
template <bool kSplit, class T>
SKD_ALWAYS_INLINE void moveRange(const T* source, T* target, const HeadLayout& layout,
                                 std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t)
        for (std::int64_t h = 0; h < layout.heads; ++h) {
            const std::int64_t byToken = (t * layout.heads + h) * layout.dim,
                               byHead = (h * layout.length + t) * layout.dim;
            rotate(source + (kSplit ? byToken : byHead), target + (kSplit ? byHead : byToken),
                   layout.dim, layout.half, layout.cos + t * layout.half,
                   layout.sin + t * layout.half, kSplit ? 1.0f : -1.0f);
        }
}

SKD_ALWAYS_INLINE void softmaxOfRows(float* row, std::int64_t rows, std::int64_t n, float scale) {
    for (const float* end = row + rows * n; row != end; row += n) {
        float maximum = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : maximum)
        for (std::int64_t j = 0; j < n; ++j) maximum = row[j] > maximum ? row[j] : maximum;
        float sum = 0;
#pragma omp simd reduction(+ : sum)
        for (std::int64_t j = 0; j < n; ++j) sum += expNonPositive((row[j] - maximum) * scale);
        const float factor = 1.0f / sum;
#pragma omp simd
        for (std::int64_t j = 0; j < n; ++j)
            row[j] = expNonPositive((row[j] - maximum) * scale) * factor;
    }
}

}  // namespace

template <class T>
void rmsNorm(const T* x, const T* weight, T* y, float* inverse, std::int64_t rows, std::int64_t n,
             float epsilon, float offset) {
    SKD_DISPATCH(rmsNormRows(x, weight, y, inverse, rows, n, epsilon, offset));
}
template <class T>
void rmsNormBackward(const T* x, const T* weight, const T* dy, const float* inverse, T* dx,
                     float* weightGradient, std::int64_t rows, std::int64_t n, float offset) {
    SKD_DISPATCH(rmsNormBackwardRows(x, weight, dy, inverse, dx, weightGradient, rows, n, offset));
}
template <class T>
void gateMul(const T* gate, const T* up, T* y, std::int64_t count, GateActivation activation) {
    if (activation == GateActivation::Silu)
        SKD_DISPATCH(gatedRange<Silu>(gate, up, y, count));
    else
        SKD_DISPATCH(gatedRange<GeluTanh>(gate, up, y, count));
}
template <class T>
void gateMulBackward(const T* gate, const T* up, const T* dy, T* dGate, T* dUp, std::int64_t count,
                     GateActivation activation) {
    if (activation == GateActivation::Silu)
        SKD_DISPATCH(gatedBackwardRange<Silu>(gate, up, dy, dGate, dUp, count));
    else
        SKD_DISPATCH(gatedBackwardRange<GeluTanh>(gate, up, dy, dGate, dUp, count));
}
template <class T>
void moveHeads(const T* source, T* target, const HeadLayout& layout, HeadMove move,
               std::int64_t begin, std::int64_t end) {
    if (move == HeadMove::Split)
        SKD_DISPATCH(moveRange<true>(source, target, layout, begin, end));
    else
        SKD_DISPATCH(moveRange<false>(source, target, layout, begin, end));
}
void softmaxRows(float* scores, std::int64_t rows, std::int64_t n, float scale) {
    SKD_DISPATCH(softmaxOfRows(scores, rows, n, scale));
}

#define SKD_LAYER_KERNELS(T)                                                                    \
    template void rmsNorm<T>(const T*, const T*, T*, float*, std::int64_t, std::int64_t, float, \
                             float);                                                            \
    template void rmsNormBackward<T>(const T*, const T*, const T*, const float*, T*, float*,    \
                                     std::int64_t, std::int64_t, float);                        \
    template void gateMul<T>(const T*, const T*, T*, std::int64_t, GateActivation);             \
    template void gateMulBackward<T>(const T*, const T*, const T*, T*, T*, std::int64_t,        \
                                     GateActivation);                                           \
    template void moveHeads<T>(const T*, T*, const HeadLayout&, HeadMove, std::int64_t,         \
                               std::int64_t);
SKD_LAYER_KERNELS(float)
SKD_LAYER_KERNELS(std::uint16_t)
#undef SKD_LAYER_KERNELS

}  // namespace skd::kernels
