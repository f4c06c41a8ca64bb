#include "formats/quantize.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/text.h"
#include "kernels/half.h"

namespace skd {
namespace {

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

Encoder encoderOf(StorageType type) {
    if (type == StorageType(DType::F32) || type == StorageType(GgmlType::F32)) return encodeF32;
    if (type == StorageType(DType::F16) || type == StorageType(GgmlType::F16))
        return encode16<floatToHalf>;
    if (type == StorageType(DType::BF16) || type == StorageType(GgmlType::BF16))
        return encode16<floatToBfloat16>;
    if (type == StorageType(GgmlType::Q8_0)) return encodeQ8_0;
    return nullptr;
}

/// Blocks with NaN, infinity or values whose scale is above the largest half have no Q8_0 form.
bool fitsQ8(std::span<const float> values) {
    constexpr float kLargest = 127.0f * 65504.0f;
    return std::all_of(values.begin(), values.end(),
                       [](float v) { return std::fabs(v) <= kLargest; });
}

}  // namespace

Status encodeFloats(StorageType type, std::span<const float> values, std::span<std::byte> bytes) {
    const Encoder encode = encoderOf(type);
    if (encode == nullptr)
        return fail(ErrorCode::Unsupported,
                    strCat("weights cannot be written as ", storageTypeName(type),
                           "; choose F32, F16, BF16 or Q8_0"));
    const std::array shape{static_cast<std::int64_t>(values.size())};
    SKD_TRY(const std::uint64_t expected, storedByteCount(type, shape));
    if (bytes.size() != expected)
        return fail(ErrorCode::Internal, strCat(values.size(), " values of ", storageTypeName(type),
                                                " take ", expected, " bytes, not ", bytes.size()));
    if (encode == encodeQ8_0 && !fitsQ8(values))
        return fail(ErrorCode::Numeric,
                    "weights with NaN, infinity or values above 8.3 million "
                    "cannot be written as Q8_0");
    encode(values, bytes.data());
    return {};
}

}  // namespace skd
