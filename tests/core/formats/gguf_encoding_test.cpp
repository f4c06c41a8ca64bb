#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/hash.h"
#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"

namespace skd::test {
namespace {

/// What make_block_goldens.py prints: of ggml's own quantisers the sum of squared errors, and the
/// SHA-256 of the blocks.
struct EncodingGolden {
    GgmlType type;
    double error;
    const char* sha256;
};

void PrintTo(const EncodingGolden& golden, std::ostream* out) {
    *out << storageTypeName(golden.type);
}

class GgufEncoding : public testing::TestWithParam<EncodingGolden> {
protected:
    /// Of the 16 blocks of make_block_goldens.py: cubes of uniform numbers on several scales, a
    /// block of zeros, one of a constant, one without negative values. Products only, so that every
    /// compiler has the same.
    static std::vector<float> values() {
        std::vector<float> all(16 * 256);
        for (std::uint32_t i = 0; i < all.size(); ++i) {
            const double u = i * 2654435761u * 0x1p-32 - 0.5, cube = u * u * u;
            const std::uint32_t block = i / 256;
            const double value = block == 13   ? 0
                                 : block == 14 ? 0.75
                                 : block == 15 ? std::fabs(cube)
                                               : std::ldexp(cube, -static_cast<int>(block % 5));
            all[i] = static_cast<float>(value);
        }
        return all;
    }
    [[nodiscard]] static std::vector<std::byte> encoded(const std::vector<float>& from) {
        const std::array shape{static_cast<std::int64_t>(from.size())};
        std::vector<std::byte> bytes(storedByteCount(GetParam().type, shape).value());
        const Status status = encodeFloats(GetParam().type, from, bytes);
        EXPECT_TRUE(status) << messageOf(status);
        return bytes;
    }
};

// ggml v0.5.0 of the npm package @node-llama-cpp/linux-x64 3.22.1.
INSTANTIATE_TEST_SUITE_P(
    Types, GgufEncoding,
    testing::Values(
        EncodingGolden{GgmlType::Q4_0, 0.019659641040788364,
                       "83a6262d445a8ae5d6a39f255a9e54f636ce315f2b8772d0a0f154c22c5b1c41"},
        EncodingGolden{GgmlType::Q4_1, 0.01924998488919419,
                       "c6b6a435d354c7ba8fd6cebd8374b010653284f9896293fe08246c05782a604b"},
        EncodingGolden{GgmlType::Q5_0, 0.004825976383640957,
                       "a8d0ea59b25af1047b807e1957a16531865c7fc2a263ef0e65724209ef7d2a42"},
        EncodingGolden{GgmlType::Q5_1, 0.004481544049183527,
                       "f266869ee0925c0e1cc520f5bd83f7eb1181fbd67c632b989ca3b0cca9e396c3"},
        EncodingGolden{GgmlType::Q8_0, 8.320043455651438e-05,
                       "68bd154b90e59dabe3a8d120a599c381d7e80a7ee664f48cfb99acf20ec9765e"},
        EncodingGolden{GgmlType::Q4_K, 0.014362555634590516, nullptr},
        EncodingGolden{GgmlType::Q5_K, 0.0040829134904150745, nullptr},
        EncodingGolden{GgmlType::Q6_K, 0.0009666978753660745, nullptr}));

TEST_P(GgufEncoding, ErrsNoMoreThanGgml) {
    const std::vector<float> before = values();
    const std::vector<std::byte> bytes = encoded(before);
    std::vector<float> after(before.size());
    ASSERT_TRUE(decodeFloats(GetParam().type, bytes, after));
    double error = 0;
    for (std::size_t i = 0; i < before.size(); ++i)
        error += std::pow(static_cast<double>(before[i]) - after[i], 2);
    // Where steps are searched for, f32 sums in another order choose another of two equal ones.
    EXPECT_LE(error, GetParam().error * 1.001);
    EXPECT_GE(error, GetParam().error * 0.99);
    // Types without a search have one answer.
    if (GetParam().sha256 != nullptr) {
        EXPECT_EQ(sha256Hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}),
                  GetParam().sha256);
    }
}

TEST_P(GgufEncoding, SmallValuesBecomeZeroAndLargeOnesAreRefused) {
    std::vector<float> from(256, 0.0f), back(256);
    for (const float tiny : {0.0f, 1e-45f, 1e-38f, -1e-30f}) {
        from[5] = tiny;
        ASSERT_TRUE(decodeFloats(GetParam().type, encoded(from), back));
        for (const float value : back) EXPECT_NEAR(value, 0, 1e-7);
    }
    from[5] = -65504;
    ASSERT_TRUE(decodeFloats(GetParam().type, encoded(from), back));
    EXPECT_NEAR(back[5], -65504, 0.02 * 65504);
    std::vector<std::byte> bytes = encoded(from);
    for (const float wrong : {std::nanf(""), std::numeric_limits<float>::infinity(), 1e30f}) {
        from[5] = wrong;
        const Status status = encodeFloats(GetParam().type, from, bytes);
        ASSERT_FALSE(status);
        EXPECT_EQ(status.error().code, ErrorCode::Numeric);
    }
    EXPECT_FALSE(encodeFloats(GetParam().type, std::span(from).first(31), bytes));
}

}  // namespace
}  // namespace skd::test
