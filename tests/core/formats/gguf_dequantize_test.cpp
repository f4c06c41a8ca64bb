#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"
#include "formats/gguf_file.h"
#include "formats/safetensors_file.h"
#include "kernels/half.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

fs::path blockFixture(const char* name) {
    return fs::path(SKD_FIXTURES) / "formats" / name;
}

/// Four blocks: byte i of the stream is the top 8 bits of i * 2654435761 mod 2^32; then in each
/// block d becomes 1/16 and m or dmin, where there is one, 1/32.
std::vector<std::byte> goldenBlocks(GgmlType type) {
    const auto size = static_cast<std::size_t>(storageBlock(type).bytes);
    std::vector<std::byte> bytes(4 * size);
    for (std::uint32_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<std::byte>((i * 2654435761u) >> 24);
    const bool hasMinimum = type == GgmlType::Q4_1 || type == GgmlType::Q5_1 ||
                            type == GgmlType::Q4_K || type == GgmlType::Q5_K;
    for (std::size_t block = 0; block < bytes.size(); block += size) {
        const std::size_t d = block + (type == GgmlType::Q6_K ? 208 : 0);
        bytes[d] = std::byte{0x00};
        bytes[d + 1] = std::byte{0x2C};
        if (hasMinimum) {
            bytes[d + 2] = std::byte{0x00};
            bytes[d + 3] = std::byte{0x28};
        }
    }
    return bytes;
}

struct Golden {
    GgmlType type;
    double sum;
    float first;
    float last;
    const char* sha256;
};

class GgufGolden : public testing::TestWithParam<Golden> {};

// Made with ggml's own dequantisers.
INSTANTIATE_TEST_SUITE_P(
    Types, GgufGolden,
    testing::Values(Golden{GgmlType::Q4_0, -4.5625, 0.25f, 0.375f,
                           "9e903c3e91d0290b3d97639088bd21eb53e39e941cba042bca396fb828e18ade"},
                    Golden{GgmlType::Q4_1, 66.3125, 0.53125f, 0.84375f,
                           "deab4c9110c9c70c8c9d996a82f1c82351e1bbc288e9a53c0756ca89206a5618"},
                    Golden{GgmlType::Q5_0, -3.5625, -0.6875f, 0.75f,
                           "93fdb85314da2b5f76958a1fec8a4b9365366008cf9f9fcaa5e34b2be8f5b868"},
                    Golden{GgmlType::Q5_1, 132.5, 0.09375f, 1.71875f,
                           "be411c82425c7d0a72a49b914fff77774ca89169bfe28fe8b3aa8f382e280525"},
                    Golden{GgmlType::Q8_0, 26.8125, 3.75f, 6.9375f,
                           "d5c0d1cc573a041ab5bedfc1a0f37fb62b7ada627b2df83bc6cbf820623c29a7"},
                    Golden{GgmlType::Q4_K, 13077.0, 8.96875f, 4.0f,
                           "6637fca42af432e8103b977c1761043ff4c6ce538870adf4c590baa4c09f1932"},
                    Golden{GgmlType::Q5_K, 28165.5625, 89.46875f, 16.78125f,
                           "4fb7e2f823723dcd74d2732b31abfc42f6dbc809a3991546f31be6042e3fe8e7"},
                    Golden{GgmlType::Q6_K, -2474.625, -87.0f, -14.0625f,
                           "9df2a5bb1ed686b6dbc9a3de1900b8f2dd6a5c8e252198e3c63f49b53c31e419"}),
    [](const auto& each) { return std::string(storageTypeName(each.param.type)); });

TEST_P(GgufGolden, BlocksDecodeToTheReferenceValues) {
    const Golden& golden = GetParam();
    const std::vector<std::byte> blocks = goldenBlocks(golden.type);
    std::vector<float> values(static_cast<std::size_t>(4 * storageBlock(golden.type).values));
    ASSERT_TRUE(decodeFloats(golden.type, blocks, values));
    double sum = 0.0;
    for (float& value : values) {
        sum += value;
        value += 0.0f;  // -0 becomes +0, as in the hashed array
    }
    EXPECT_EQ(sum, golden.sum);
    EXPECT_EQ(values.front(), golden.first);
    EXPECT_EQ(values.back(), golden.last);
    EXPECT_EQ(sha256Hex({reinterpret_cast<const char*>(values.data()), values.size() * 4}),
              golden.sha256);
}

TEST_P(GgufGolden, AnySliceOfWholeBlocksDecodesAlike) {
    const GgmlType type = GetParam().type;
    const std::vector<std::byte> blocks = goldenBlocks(type);
    const auto size = static_cast<std::size_t>(storageBlock(type).bytes);
    const auto count = static_cast<std::size_t>(storageBlock(type).values);
    std::vector<float> whole(4 * count);
    ASSERT_TRUE(decodeFloats(type, blocks, whole));
    std::vector<float> pieces(4 * count);
    for (std::size_t b = 0; b < 4; ++b)
        ASSERT_TRUE(decodeFloats(type, std::span(blocks).subspan(b * size, size),
                                 std::span(pieces).subspan(b * count, count)));
    EXPECT_EQ(pieces, whole);
}

TEST_P(GgufGolden, PartialBlocksAndWrongOutputsAreRefused) {
    const GgmlType type = GetParam().type;
    const std::vector<std::byte> blocks = goldenBlocks(type);
    std::vector<float> values(static_cast<std::size_t>(4 * storageBlock(type).values));
    EXPECT_FALSE(decodeFloats(type, std::span(blocks).first(blocks.size() - 1), values));
    EXPECT_FALSE(decodeFloats(type, blocks, std::span(values).first(values.size() - 1)));
    EXPECT_TRUE(decodeFloats(type, {}, {}));
}

TEST(GgufDequantize, EqualsTheReferencePackageBitForBit) {
    const auto file = GgufFile::open(blockFixture("gguf_py.gguf"));
    const auto expected = SafetensorsFile::open(blockFixture("gguf_py_values.safetensors"));
    ASSERT_TRUE(file) << messageOf(file);
    ASSERT_TRUE(expected) << messageOf(expected);
    EXPECT_EQ(file->tensors().size(), 11u);
    for (const TensorView& tensor : file->tensors()) {
        const TensorView* reference = expected->find(tensor.name);
        ASSERT_NE(reference, nullptr) << tensor.name;
        EXPECT_EQ(tensor.shape, reference->shape) << tensor.name;
        std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
        ASSERT_TRUE(decodeFloats(std::get<GgmlType>(tensor.type), tensor.bytes, values));
        EXPECT_EQ(std::memcmp(values.data(), reference->bytes.data(), reference->bytes.size()), 0)
            << tensor.name;
    }
}

TEST(GgufDequantize, EncodesWhatTheReferencePackageEncodes) {
    const auto file = GgufFile::open(blockFixture("gguf_py.gguf"));
    const auto sources = SafetensorsFile::open(blockFixture("gguf_py_values.safetensors"));
    ASSERT_TRUE(file && sources);
    int compared = 0;
    for (const TensorView& tensor : file->tensors()) {
        const TensorView* source = sources->find(tensor.name + ".source");
        if (source == nullptr) continue;
        std::vector<float> values(static_cast<std::size_t>(source->elementCount()));
        ASSERT_TRUE(decodeFloats(source->type, source->bytes, values));
        std::vector<std::byte> encoded(tensor.bytes.size());
        const Status status = encodeFloats(tensor.type, values, encoded);
        ASSERT_TRUE(status) << messageOf(status);
        EXPECT_EQ(std::memcmp(encoded.data(), tensor.bytes.data(), encoded.size()), 0)
            << tensor.name;
        ++compared;
    }
    EXPECT_EQ(compared, 3);  // F16, BF16, Q8_0
}

TEST(GgufDequantize, TypesThatAreNotDecodedAreRefusedByName) {
    std::vector<float> values(256);
    const std::vector<std::byte> blocks(84);
    EXPECT_FALSE(decodeFloats(GgmlType::Q2_K, {}, {}));
    EXPECT_TRUE(decodeFloats(GgmlType::Q6_K, {}, {}));
    EXPECT_NE(messageOf(decodeFloats(GgmlType::Q2_K, blocks, values)).find("stored as Q2_K cannot"),
              std::string::npos);
    std::vector<std::byte> encoded(84);
    EXPECT_NE(messageOf(encodeFloats(GgmlType::Q2_K, std::vector<float>(256), encoded))
                  .find("cannot be written as Q2_K"),
              std::string::npos);
}

TEST(GgufQuantize, ErrorOfQ8IsAtMostHalfAStep) {
    const CounterRandom random(3, 0);
    std::vector<float> values(32 * 200);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] =
            static_cast<float>((random.uniform(i) - 0.5) *
                               std::pow(10.0, std::floor(static_cast<double>(i) / 640) - 6.0));
    std::vector<std::byte> blocks(34 * 200);
    ASSERT_TRUE(encodeFloats(GgmlType::Q8_0, values, blocks));
    std::vector<float> back(values.size());
    ASSERT_TRUE(decodeFloats(GgmlType::Q8_0, blocks, back));
    for (std::size_t b = 0; b < values.size(); b += 32) {
        float largest = 0.0f;
        for (std::size_t j = b; j < b + 32; ++j) largest = std::max(largest, std::fabs(values[j]));
        // Half a step of max/127, plus the rounding of the scale to f16 (2^-11, or 2^-25 absolute).
        const float step = largest / 127.0f;
        const float limit = 0.5f * step + 127.0f * std::max(step * 0x1p-11f, 0x1p-25f);
        for (std::size_t j = b; j < b + 32; ++j)
            EXPECT_LE(std::fabs(back[j] - values[j]), limit * 1.0001f) << j;
    }
}

TEST(GgufQuantize, ExtremeBlocksStayFiniteOrAreRefused) {
    std::vector<float> values(32, 0.0f);
    std::vector<std::byte> blocks(34);
    std::vector<float> back(32);
    for (const float tiny : {0.0f, 1e-45f, 1e-38f}) {
        values[5] = tiny;
        ASSERT_TRUE(encodeFloats(GgmlType::Q8_0, values, blocks));
        ASSERT_TRUE(decodeFloats(GgmlType::Q8_0, blocks, back));
        for (const float value : back) EXPECT_EQ(value, 0.0f);
    }
    values[5] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(encodeFloats(GgmlType::Q8_0, values, blocks).error().code, ErrorCode::Numeric);
    values[5] = std::nanf("");
    EXPECT_EQ(encodeFloats(GgmlType::Q8_0, values, blocks).error().code, ErrorCode::Numeric);
    values[5] = 1e30f;  // its scale does not fit f16
    EXPECT_EQ(encodeFloats(GgmlType::Q8_0, values, blocks).error().code, ErrorCode::Numeric);
    EXPECT_FALSE(encodeFloats(GgmlType::Q8_0, std::span(values).first(31), blocks));
}

TEST(GgufHalf, EveryHalfSurvivesTheRoundTripAndEqualsTheCompilers) {
    for (std::uint32_t i = 0; i <= 0xffff; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const float value = halfToFloat(bits);
        if ((i & 0x7fff) > 0x7c00) {
            EXPECT_TRUE(std::isnan(value));
            EXPECT_TRUE(std::isnan(halfToFloat(floatToHalf(value))));
            continue;
        }
        EXPECT_EQ(std::bit_cast<std::uint32_t>(value),
                  std::bit_cast<std::uint32_t>(static_cast<float>(std::bit_cast<_Float16>(bits))));
        EXPECT_EQ(floatToHalf(value), bits);
    }
}

TEST(GgufHalf, RoundsAsTheCompilerDoes) {
    const CounterRandom random(1, 2);
    for (std::uint64_t i = 0; i < 300'000; ++i) {
        // Exponents from deep below the subnormal halves to above the largest half.
        const std::uint64_t bits = random.bits(i);
        const std::uint32_t exponent = 95 + static_cast<std::uint32_t>((bits >> 32) % 52);
        const float value =
            std::bit_cast<float>(static_cast<std::uint32_t>(bits & 0x807fffff) | (exponent << 23));
        const auto expected = std::bit_cast<std::uint16_t>(static_cast<_Float16>(value));
        ASSERT_EQ(floatToHalf(value), expected) << value;
    }
    const float ties[] = {0x1.002p0f, 0x1.006p0f, 0x1.ffep15f, 0x1.ffdp15f, 0x1p-25f, 0x1.8p-24f};
    for (const float value : ties)
        EXPECT_EQ(floatToHalf(value), std::bit_cast<std::uint16_t>(static_cast<_Float16>(value)));
}

TEST(GgufHalf, Bfloat16RoundsToNearestEven) {
    EXPECT_EQ(floatToBfloat16(1.0f), 0x3f80);
    EXPECT_EQ(floatToBfloat16(0x1.01p0f), 0x3f80);      // tie, even below
    EXPECT_EQ(floatToBfloat16(0x1.03p0f), 0x3f82);      // tie, even above
    EXPECT_EQ(floatToBfloat16(0x1.010002p0f), 0x3f81);  // just above a tie
    EXPECT_EQ(floatToBfloat16(std::numeric_limits<float>::max()), 0x7f80);
    EXPECT_TRUE(std::isnan(bfloat16ToFloat(floatToBfloat16(std::bit_cast<float>(0x7f800001u)))));
    for (std::uint32_t i = 0; i <= 0xffff; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        if ((i & 0x7fff) > 0x7f80) continue;  // NaN
        EXPECT_EQ(floatToBfloat16(bfloat16ToFloat(bits)), bits);
    }
}

}  // namespace
}  // namespace skd::test
