#include "formats/dequantize.h"

#include <cstdint>
#include <cstring>

#include "base/text.h"
#include "kernels/half.h"
#include "kernels/simd.h"

namespace skd {
namespace {

using Byte = std::uint8_t;

SKD_ALWAYS_INLINE float loadHalf(const Byte* bytes) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    return halfToFloat(bits);
}

SKD_ALWAYS_INLINE std::uint32_t loadU32(const Byte* bytes) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

// Every kernel decodes `count` blocks (values, where a block is one value).
using Kernel = void (*)(const Byte*, std::size_t, float*);

void copyF32(const Byte* in, std::size_t count, float* out) {
    if (count > 0) std::memcpy(out, in, count * sizeof(float));
}

SKD_ALWAYS_INLINE float loadBfloat16(const Byte* bytes) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes, sizeof bits);
    return bfloat16ToFloat(bits);
}

// At -O2 only loops of a known length become vector code; hence the runs of 32.
SKD_ALWAYS_INLINE void decodeF16(const Byte* __restrict in, std::size_t count,
                                 float* __restrict out) {
    for (; count >= 32; count -= 32, in += 64, out += 32)
        for (int j = 0; j < 32; ++j) out[j] = loadHalf(in + 2 * j);
    for (std::size_t i = 0; i < count; ++i) out[i] = loadHalf(in + 2 * i);
}

SKD_ALWAYS_INLINE void decodeBF16(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (; count >= 32; count -= 32, in += 64, out += 32)
        for (int j = 0; j < 32; ++j) out[j] = loadBfloat16(in + 2 * j);
    for (std::size_t i = 0; i < count; ++i) out[i] = loadBfloat16(in + 2 * i);
}

SKD_ALWAYS_INLINE void decodeQ4_0(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 18, out += 32) {
        const float d = loadHalf(in);
        const Byte* qs = in + 2;
        for (int j = 0; j < 16; ++j) out[j] = static_cast<float>((qs[j] & 15) - 8) * d;
        for (int j = 0; j < 16; ++j) out[j + 16] = static_cast<float>((qs[j] >> 4) - 8) * d;
    }
}

SKD_ALWAYS_INLINE void decodeQ4_1(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 20, out += 32) {
        const float d = loadHalf(in);
        const float m = loadHalf(in + 2);
        const Byte* qs = in + 4;
        for (int j = 0; j < 16; ++j) out[j] = static_cast<float>(qs[j] & 15) * d + m;
        for (int j = 0; j < 16; ++j) out[j + 16] = static_cast<float>(qs[j] >> 4) * d + m;
    }
}

/// Nibble with the fifth bit of element `j`, which is bit `j` of `qh`.
SKD_ALWAYS_INLINE int fiveBits(int nibble, std::uint32_t qh, int j) {
    return nibble | static_cast<int>(((qh >> j) & 1u) << 4);
}

SKD_ALWAYS_INLINE void decodeQ5_0(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 22, out += 32) {
        const float d = loadHalf(in);
        const std::uint32_t qh = loadU32(in + 2);
        const Byte* qs = in + 6;
        for (int j = 0; j < 16; ++j)
            out[j] = static_cast<float>(fiveBits(qs[j] & 15, qh, j) - 16) * d;
        for (int j = 0; j < 16; ++j)
            out[j + 16] = static_cast<float>(fiveBits(qs[j] >> 4, qh, j + 16) - 16) * d;
    }
}

SKD_ALWAYS_INLINE void decodeQ5_1(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 24, out += 32) {
        const float d = loadHalf(in);
        const float m = loadHalf(in + 2);
        const std::uint32_t qh = loadU32(in + 4);
        const Byte* qs = in + 8;
        for (int j = 0; j < 16; ++j)
            out[j] = static_cast<float>(fiveBits(qs[j] & 15, qh, j)) * d + m;
        for (int j = 0; j < 16; ++j)
            out[j + 16] = static_cast<float>(fiveBits(qs[j] >> 4, qh, j + 16)) * d + m;
    }
}

SKD_ALWAYS_INLINE void decodeQ8_0(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 34, out += 32) {
        const float d = loadHalf(in);
        for (int j = 0; j < 32; ++j)
            out[j] = static_cast<float>(static_cast<std::int8_t>(in[2 + j])) * d;
    }
}

/// Scale and minimum of a sub-block of 32 values.
struct SubBlock {
    float scale;
    float minimum;
};

/// Sub-block `j` of 0..7 from the 12 packed bytes of Q4_K and Q5_K (6 bits each), times d and dmin.
SKD_ALWAYS_INLINE SubBlock subBlock(const Byte* s, int j, float d, float dmin) {
    const int scale = j < 4 ? s[j] & 63 : (s[j + 4] & 15) | ((s[j - 4] >> 6) << 4);
    const int minimum = j < 4 ? s[j + 4] & 63 : (s[j + 4] >> 4) | ((s[j] >> 6) << 4);
    return {d * static_cast<float>(scale), dmin * static_cast<float>(minimum)};
}

SKD_ALWAYS_INLINE void decodeQ4_K(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 144) {
        const float d = loadHalf(in);
        const float dmin = loadHalf(in + 2);
        for (int i = 0; i < 4; ++i, out += 64) {
            const Byte* qs = in + 16 + 32 * i;
            const SubBlock low = subBlock(in + 4, 2 * i, d, dmin);
            const SubBlock high = subBlock(in + 4, 2 * i + 1, d, dmin);
            for (int l = 0; l < 32; ++l)
                out[l] = low.scale * static_cast<float>(qs[l] & 15) - low.minimum;
            for (int l = 0; l < 32; ++l)
                out[l + 32] = high.scale * static_cast<float>(qs[l] >> 4) - high.minimum;
        }
    }
}

SKD_ALWAYS_INLINE void decodeQ5_K(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 176) {
        const float d = loadHalf(in);
        const float dmin = loadHalf(in + 2);
        const Byte* qh = in + 16;
        for (int i = 0; i < 4; ++i, out += 64) {
            const Byte* qs = in + 48 + 32 * i;
            const SubBlock low = subBlock(in + 4, 2 * i, d, dmin);
            const SubBlock high = subBlock(in + 4, 2 * i + 1, d, dmin);
            for (int l = 0; l < 32; ++l) {
                const int q = (qs[l] & 15) | (((qh[l] >> (2 * i)) & 1) << 4);
                out[l] = low.scale * static_cast<float>(q) - low.minimum;
            }
            for (int l = 0; l < 32; ++l) {
                const int q = (qs[l] >> 4) | (((qh[l] >> (2 * i + 1)) & 1) << 4);
                out[l + 32] = high.scale * static_cast<float>(q) - high.minimum;
            }
        }
    }
}

/// 32 values of a Q6_K half: low four bits from `ql`, two more from bits `shift` of `qh`, one
/// scale per 16 values.
SKD_ALWAYS_INLINE void decodeQ6Quarter(const Byte* ql, int nibbleShift, const Byte* qh, int shift,
                                       const Byte* scales, float d, float* out) {
    for (int s = 0; s < 2; ++s) {
        const float scale = d * static_cast<float>(static_cast<std::int8_t>(scales[s]));
        for (int l = 16 * s; l < 16 * s + 16; ++l) {
            const int q = ((ql[l] >> nibbleShift) & 15) | (((qh[l] >> shift) & 3) << 4);
            out[l] = scale * static_cast<float>(q - 32);
        }
    }
}

SKD_ALWAYS_INLINE void decodeQ6_K(const Byte* __restrict in, std::size_t count,
                                  float* __restrict out) {
    for (std::size_t b = 0; b < count; ++b, in += 210) {
        const float d = loadHalf(in + 208);
        for (int half = 0; half < 2; ++half, out += 128) {
            const Byte* ql = in + 64 * half;
            const Byte* qh = in + 128 + 32 * half;
            const Byte* scales = in + 192 + 8 * half;
            decodeQ6Quarter(ql, 0, qh, 0, scales, d, out);
            decodeQ6Quarter(ql + 32, 0, qh, 2, scales + 2, d, out + 32);
            decodeQ6Quarter(ql, 4, qh, 4, scales + 4, d, out + 64);
            decodeQ6Quarter(ql + 32, 4, qh, 6, scales + 6, d, out + 96);
        }
    }
}

template <class Value>
void decodeValues(const Byte* in, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        Value value{};
        std::memcpy(&value, in + i * sizeof(Value), sizeof(Value));
        out[i] = static_cast<float>(value);
    }
}

void decodeBool(const Byte* in, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = in[i] != 0 ? 1.0f : 0.0f;
}

/// A decoder as code of this process's instruction set.
template <Kernel kDecode>
void dispatched(const Byte* in, std::size_t count, float* out) {
    SKD_DISPATCH(kDecode(in, count, out));
}

/// Null for a type that is not decoded.
Kernel kernelOf(GgmlType type) {
    switch (type) {
        case GgmlType::F32:
            return copyF32;
        case GgmlType::F16:
            return dispatched<decodeF16>;
        case GgmlType::BF16:
            return dispatched<decodeBF16>;
        case GgmlType::Q4_0:
            return dispatched<decodeQ4_0>;
        case GgmlType::Q4_1:
            return dispatched<decodeQ4_1>;
        case GgmlType::Q5_0:
            return dispatched<decodeQ5_0>;
        case GgmlType::Q5_1:
            return dispatched<decodeQ5_1>;
        case GgmlType::Q8_0:
            return dispatched<decodeQ8_0>;
        case GgmlType::Q4_K:
            return dispatched<decodeQ4_K>;
        case GgmlType::Q5_K:
            return dispatched<decodeQ5_K>;
        case GgmlType::Q6_K:
            return dispatched<decodeQ6_K>;
        default:
            return nullptr;
    }
}

Kernel kernelOf(DType type) {
    switch (type) {
        case DType::F64:
            return decodeValues<double>;
        case DType::F32:
            return copyF32;
        case DType::F16:
            return dispatched<decodeF16>;
        case DType::BF16:
            return dispatched<decodeBF16>;
        case DType::I64:
            return decodeValues<std::int64_t>;
        case DType::I32:
            return decodeValues<std::int32_t>;
        case DType::I16:
            return decodeValues<std::int16_t>;
        case DType::I8:
            return decodeValues<std::int8_t>;
        case DType::U64:
            return decodeValues<std::uint64_t>;
        case DType::U32:
            return decodeValues<std::uint32_t>;
        case DType::U16:
            return decodeValues<std::uint16_t>;
        case DType::U8:
            return decodeValues<std::uint8_t>;
        case DType::Bool:
            return decodeBool;
        default:
            return nullptr;
    }
}

GgmlBlock blockOf(StorageType type) {
    if (const DType* dtype = std::get_if<DType>(&type)) return {1, bitsPerValue(*dtype) / 8};
    return ggmlBlock(std::get<GgmlType>(type));
}

}  // namespace

bool canDequantize(GgmlType type) {
    return kernelOf(type) != nullptr;
}

Status dequantize(GgmlType type, std::span<const std::byte> blocks, std::span<float> out) {
    return decodeFloats(type, blocks, out);
}

Status decodeFloats(StorageType type, std::span<const std::byte> bytes, std::span<float> out) {
    const Kernel kernel = std::visit([](auto each) { return kernelOf(each); }, type);
    if (kernel == nullptr)
        return fail(ErrorCode::Unsupported,
                    strCat("weights stored as ", storageTypeName(type),
                           " cannot be read; use a file in F32, F16, BF16, Q8_0 or Q4_K"));
    const GgmlBlock block = blockOf(type);
    const std::size_t count = bytes.size() / static_cast<std::size_t>(block.bytes);
    if (bytes.size() % static_cast<std::size_t>(block.bytes) != 0 ||
        out.size() != count * static_cast<std::size_t>(block.values))
        return fail(ErrorCode::Internal,
                    strCat(bytes.size(), " bytes of ", storageTypeName(type),
                           " do not decode to exactly ", out.size(), " values"));
    kernel(reinterpret_cast<const Byte*>(bytes.data()), count, out.data());
    return {};
}

}  // namespace skd
