#include "model/gemv_kernels.h"

#include "model/simd.h"

// What the instruction sets' files define.
#define SKD_GEMV_DECLARE(set)                                                                                                  \
    namespace skd::kernels::set {                                                                                              \
    void rowProduct(const RowProduct<float, float>& product, std::int64_t begin, std::int64_t end);                            \
    void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& product, std::int64_t begin, std::int64_t end);            \
    void rowProduct(const RowProduct<std::uint16_t, float>& product, std::int64_t begin, std::int64_t end);                    \
    void weightedSum(const float* rows, const float* weights, std::int64_t count, std::int64_t columns, float* out);           \
    void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count, std::int64_t columns,                \
                     std::uint16_t* out);                                                                                      \
    float readAll(const float* values, std::int64_t count);                                                                    \
    }
SKD_GEMV_DECLARE(baseline)
#ifdef SKD_X86_KERNELS
SKD_GEMV_DECLARE(avx512)
SKD_GEMV_DECLARE(avx2)
#endif
#undef SKD_GEMV_DECLARE

namespace skd::kernels {
namespace {

enum class InstructionSet { Baseline, Avx2, Avx512 };

InstructionSet instructionSet() {
#ifdef SKD_X86_KERNELS
    static const InstructionSet best = [] {
        const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                            __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
        const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
        return avx512 ? InstructionSet::Avx512 : avx2 ? InstructionSet::Avx2 : InstructionSet::Baseline;
    }();
    return best;
#else
    return InstructionSet::Baseline;
#endif
}

}  // namespace

#ifdef SKD_X86_KERNELS
#define SKD_GEMV_CALL(call)                                        \
    switch (instructionSet()) {                                    \
        case InstructionSet::Avx512: return avx512::call;          \
        case InstructionSet::Avx2: return avx2::call;              \
        case InstructionSet::Baseline: break;                      \
    }                                                              \
    return baseline::call
#else
#define SKD_GEMV_CALL(call) return baseline::call
#endif

void rowProduct(const RowProduct<float, float>& p, std::int64_t begin, std::int64_t end) { SKD_GEMV_CALL(rowProduct(p, begin, end)); }
void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& p, std::int64_t begin, std::int64_t end) { SKD_GEMV_CALL(rowProduct(p, begin, end)); }
void rowProduct(const RowProduct<std::uint16_t, float>& p, std::int64_t begin, std::int64_t end) { SKD_GEMV_CALL(rowProduct(p, begin, end)); }
void weightedSum(const float* rows, const float* weights, std::int64_t count, std::int64_t columns, float* out) {
    SKD_GEMV_CALL(weightedSum(rows, weights, count, columns, out));
}
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count, std::int64_t columns, std::uint16_t* out) {
    SKD_GEMV_CALL(weightedSum(rows, weights, count, columns, out));
}
float readAll(const float* values, std::int64_t count) { SKD_GEMV_CALL(readAll(values, count)); }
#undef SKD_GEMV_CALL

const char* gemvInstructionSet() {
    switch (instructionSet()) {
        case InstructionSet::Avx512: return "avx512";
        case InstructionSet::Avx2: return "avx2";
        case InstructionSet::Baseline: break;
    }
    return "baseline";
}

namespace reference {
namespace {

template <class Element, class Output>
void plainProduct(const RowProduct<Element, Output>& p, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
        for (std::int64_t v = 0; v < p.vectors; ++v) {
            float sum = 0;
            for (std::int64_t i = 0; i < p.columns; ++i) sum += toFloat(p.weight[row * p.columns + i]) * p.x[v * p.columns + i];
            if (p.bias != nullptr) sum += toFloat(p.bias[row]);
            store(p.y[v * p.stride + row], sum);
        }
}

template <class Element>
void plainSum(const Element* rows, const float* weights, std::int64_t count, std::int64_t columns, Element* out) {
    for (std::int64_t i = 0; i < columns; ++i) {
        float sum = 0;
        for (std::int64_t j = 0; j < count; ++j) sum += toFloat(rows[j * columns + i]) * weights[j];
        store(out[i], sum);
    }
}

}  // namespace

void rowProduct(const RowProduct<float, float>& p, std::int64_t begin, std::int64_t end) { plainProduct(p, begin, end); }
void rowProduct(const RowProduct<std::uint16_t, std::uint16_t>& p, std::int64_t begin, std::int64_t end) { plainProduct(p, begin, end); }
void rowProduct(const RowProduct<std::uint16_t, float>& p, std::int64_t begin, std::int64_t end) { plainProduct(p, begin, end); }
void weightedSum(const float* rows, const float* weights, std::int64_t count, std::int64_t columns, float* out) {
    plainSum(rows, weights, count, columns, out);
}
void weightedSum(const std::uint16_t* rows, const float* weights, std::int64_t count, std::int64_t columns, std::uint16_t* out) {
    plainSum(rows, weights, count, columns, out);
}

}  // namespace reference
}  // namespace skd::kernels
