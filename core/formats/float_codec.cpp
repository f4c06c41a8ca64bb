#include "formats/float_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/text.h"
#include "formats/block_encoders.h"
#include "formats/refusals.h"
#include "kernels/half.h"
#include "kernels/simd.h"

namespace skd {
namespace {

using Byte = std::uint8_t;

template <class Value>
SKD_ALWAYS_INLINE Value load(const Byte* bytes) {
    Value value{};
    std::memcpy(&value, bytes, sizeof value);
    return value;
}
SKD_ALWAYS_INLINE float loadHalf(const Byte* bytes) {
    return halfToFloat(load<std::uint16_t>(bytes));
}
SKD_ALWAYS_INLINE float loadBfloat16(const Byte* bytes) {
    return bfloat16ToFloat(load<std::uint16_t>(bytes));
}

// Every decoder reads `count` blocks (values, where a block is one value).
using Decoder = void (*)(const Byte*, std::size_t, float*);

void copyF32(const Byte* in, std::size_t count, float* out) {
    if (count > 0) std::memcpy(out, in, count * sizeof(float));
}

// At -O2 only loops of a known length become vector code; hence the runs of 32.
template <float (*kLoad)(const Byte*)>
SKD_ALWAYS_INLINE void decode16(const Byte* __restrict in, std::size_t count,
                                float* __restrict out) {
    for (; count >= 32; count -= 32, in += 64, out += 32)
        for (int j = 0; j < 32; ++j) out[j] = kLoad(in + 2 * j);
    for (std::size_t i = 0; i < count; ++i) out[i] = kLoad(in + 2 * i);
}

/// A number of kBits: a nibble, of five bits with bit `j` of `fifth` above it.
template <int kBits>
SKD_ALWAYS_INLINE int widened(int nibble, std::uint32_t fifth, int j) {
    if constexpr (kBits == 4) return nibble;
    return nibble | static_cast<int>(((fifth >> j) & 1u) << 4);
}

/// q d + m, or q d with q counted from the middle of its range.
template <int kBits, bool kMinimum>
SKD_ALWAYS_INLINE float scaled(int q, float d, float m) {
    if constexpr (kMinimum) return static_cast<float>(q) * d + m;
    return static_cast<float>(q - (1 << (kBits - 1))) * d;
}

/// Q4_0, Q4_1, Q5_0 and Q5_1: d, m where there is one, the fifth bits where there are, and nibbles.
template <int kBits, bool kMinimum>
SKD_ALWAYS_INLINE void decodeNibbles(const Byte* __restrict in, std::size_t count,
                                     float* __restrict out) {
    constexpr int kScales = kMinimum ? 4 : 2, kNibbles = kScales + (kBits == 5 ? 4 : 0);
    for (std::size_t b = 0; b < count; ++b, in += kNibbles + 16, out += 32) {
        const float d = loadHalf(in), m = kMinimum ? loadHalf(in + 2) : 0.0f;
        const auto fifth = kBits == 5 ? load<std::uint32_t>(in + kScales) : 0u;
        const Byte* qs = in + kNibbles;
        for (int j = 0; j < 16; ++j)
            out[j] = scaled<kBits, kMinimum>(widened<kBits>(qs[j] & 15, fifth, j), d, m);
        for (int j = 0; j < 16; ++j)
            out[j + 16] = scaled<kBits, kMinimum>(widened<kBits>(qs[j] >> 4, fifth, j + 16), d, m);
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

/// 32 values of Q4_K or Q5_K: nibbles at kShift of `qs`, of five bits with bit `bit` of `qh`.
template <int kBits, int kShift>
SKD_ALWAYS_INLINE void decodeSubBlock(const Byte* __restrict qs, const Byte* __restrict qh, int bit,
                                      SubBlock sub, float* __restrict out) {
    for (int l = 0; l < 32; ++l) {
        int q = (qs[l] >> kShift) & 15;
        if constexpr (kBits == 5) q |= ((qh[l] >> bit) & 1) << 4;
        out[l] = sub.scale * static_cast<float>(q) - sub.minimum;
    }
}

/// Q4_K and Q5_K: d, dmin, twelve bytes of scales, the fifth bits where there are, and nibbles.
template <int kBits>
SKD_ALWAYS_INLINE void decodeSuperBlocks(const Byte* __restrict in, std::size_t count,
                                         float* __restrict out) {
    constexpr int kNibbles = kBits == 5 ? 48 : 16;
    for (std::size_t b = 0; b < count; ++b, in += kNibbles + 128) {
        const float d = loadHalf(in), dmin = loadHalf(in + 2);
        for (int j = 0; j < 8; j += 2, out += 64) {
            const Byte* qs = in + kNibbles + 16 * j;
            decodeSubBlock<kBits, 0>(qs, in + 16, j, subBlock(in + 4, j, d, dmin), out);
            decodeSubBlock<kBits, 4>(qs, in + 16, j + 1, subBlock(in + 4, j + 1, d, dmin),
                                     out + 32);
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
    for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<float>(load<Value>(in + i * sizeof(Value)));
}

void decodeBool(const Byte* in, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = in[i] != 0 ? 1.0f : 0.0f;
}

/// A decoder as code of this process's instruction set.
template <Decoder kDecode>
void dispatched(const Byte* in, std::size_t count, float* out) {
    SKD_DISPATCH(kDecode(in, count, out));
}

constexpr std::size_t kQ8Values = 32;
constexpr std::size_t kQ8Bytes = 34;

void encodeF32(std::span<const float> values, std::byte* out) {
    if (!values.empty()) std::memcpy(out, values.data(), values.size_bytes());
}

template <std::uint16_t (*convert)(float)>
void encode16(std::span<const float> values, std::byte* out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint16_t bits = convert(values[i]);
        std::memcpy(out + 2 * i, &bits, sizeof bits);
    }
}

void encodeQ8Block(const float* values, std::byte* out) {
    float largest = 0.0f;
    for (std::size_t j = 0; j < kQ8Values; ++j) largest = std::max(largest, std::fabs(values[j]));
    const float d = largest / 127.0f;
    const float reciprocal = d != 0.0f ? 1.0f / d : 0.0f;
    const float inverse = std::isfinite(reciprocal) ? reciprocal : 0.0f;
    const std::uint16_t bits = floatToHalf(d);
    std::memcpy(out, &bits, sizeof bits);
    for (std::size_t j = 0; j < kQ8Values; ++j) {
        const float scaled = std::clamp(std::round(values[j] * inverse), -127.0f, 127.0f);
        out[2 + j] = static_cast<std::byte>(static_cast<std::int8_t>(scaled));
    }
}

void encodeQ8_0(std::span<const float> values, std::byte* out) {
    for (std::size_t i = 0; i < values.size(); i += kQ8Values, out += kQ8Bytes)
        encodeQ8Block(values.data() + i, out);
}

using Encoder = void (*)(std::span<const float>, std::byte*);

/// Magnitudes above which scales of blocks are no halves.
constexpr float kAnyValue = 0, kQ8Limit = 127.0f * 65504.0f, kBlockLimit = 65504.0f;

/// How a type is read and written; null where it is not.
struct Codec {
    StorageType type;
    Decoder decode = nullptr;
    Encoder encode = nullptr;
    float limit = kAnyValue;  ///< largest magnitude that it encodes; 0 = every value
};

constexpr std::array kCodecs{
    Codec{GgmlType::F32, copyF32, encodeF32},
    Codec{GgmlType::F16, dispatched<decode16<loadHalf>>, encode16<floatToHalf>},
    Codec{GgmlType::BF16, dispatched<decode16<loadBfloat16>>, encode16<floatToBfloat16>},
    Codec{GgmlType::Q4_0, dispatched<decodeNibbles<4, false>>, encodeQ4_0, kBlockLimit},
    Codec{GgmlType::Q4_1, dispatched<decodeNibbles<4, true>>, encodeQ4_1, kBlockLimit},
    Codec{GgmlType::Q5_0, dispatched<decodeNibbles<5, false>>, encodeQ5_0, kBlockLimit},
    Codec{GgmlType::Q5_1, dispatched<decodeNibbles<5, true>>, encodeQ5_1, kBlockLimit},
    Codec{GgmlType::Q8_0, dispatched<decodeQ8_0>, encodeQ8_0, kQ8Limit},
    Codec{GgmlType::Q4_K, dispatched<decodeSuperBlocks<4>>, encodeQ4_K, kBlockLimit},
    Codec{GgmlType::Q5_K, dispatched<decodeSuperBlocks<5>>, encodeQ5_K, kBlockLimit},
    Codec{GgmlType::Q6_K, dispatched<decodeQ6_K>, encodeQ6_K, kBlockLimit},
    Codec{DType::F64, decodeValues<double>},
    Codec{DType::F32, copyF32, encodeF32},
    Codec{DType::F16, dispatched<decode16<loadHalf>>, encode16<floatToHalf>},
    Codec{DType::BF16, dispatched<decode16<loadBfloat16>>, encode16<floatToBfloat16>},
    Codec{DType::I64, decodeValues<std::int64_t>},
    Codec{DType::I32, decodeValues<std::int32_t>},
    Codec{DType::I16, decodeValues<std::int16_t>},
    Codec{DType::I8, decodeValues<std::int8_t>},
    Codec{DType::U64, decodeValues<std::uint64_t>},
    Codec{DType::U32, decodeValues<std::uint32_t>},
    Codec{DType::U16, decodeValues<std::uint16_t>},
    Codec{DType::U8, decodeValues<std::uint8_t>},
    Codec{DType::Bool, decodeBool},
};

Codec codecOf(StorageType type) {
    const auto* found = std::ranges::find(kCodecs, type, &Codec::type);
    return found == kCodecs.end() ? Codec{type} : *found;
}

}  // namespace

Status decodeFloats(StorageType type, std::span<const std::byte> bytes, std::span<float> out) {
    const Decoder decode = codecOf(type).decode;
    if (decode == nullptr)
        return unsupported("weights stored as ", storageTypeName(type),
                           " cannot be read; use a file in F32, F16, BF16, Q8_0 or Q4_K");
    const StorageBlock block = storageBlock(type);
    const std::size_t count = bytes.size() / static_cast<std::size_t>(block.bytes);
    if (bytes.size() % static_cast<std::size_t>(block.bytes) != 0 ||
        out.size() != count * static_cast<std::size_t>(block.values))
        return fail(ErrorCode::Internal,
                    strCat(bytes.size(), " bytes of ", storageTypeName(type),
                           " do not decode to exactly ", out.size(), " values"));
    decode(reinterpret_cast<const Byte*>(bytes.data()), count, out.data());
    return {};
}

Status encodeFloats(StorageType type, std::span<const float> values, std::span<std::byte> bytes) {
    const Codec codec = codecOf(type);
    if (codec.encode == nullptr)
        return unsupported("weights cannot be written as ", storageTypeName(type),
                           "; choose F32, F16, BF16, Q8_0 or Q4_K");
    const std::array shape{static_cast<std::int64_t>(values.size())};
    SKD_TRY(const std::uint64_t expected, storedByteCount(type, shape));
    if (bytes.size() != expected)
        return fail(ErrorCode::Internal, strCat(values.size(), " values of ", storageTypeName(type),
                                                " take ", expected, " bytes, not ", bytes.size()));
    const auto fits = [limit = codec.limit](float v) { return std::fabs(v) <= limit; };
    if (codec.limit > 0 && !std::ranges::all_of(values, fits))
        return fail(ErrorCode::Numeric,
                    strCat("weights with NaN, infinity or values above ", formatNumber(codec.limit),
                           " cannot be written as ", storageTypeName(type)));
    codec.encode(values, bytes.data());
    return {};
}

}  // namespace skd
