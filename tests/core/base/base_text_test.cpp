#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

namespace skd {
namespace {

/// UTF-8 of a code point, straight from the table of RFC 3629.
std::string encode(char32_t c) {
    const auto tail = [&](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3F)); };
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xC0 | (c >> 6)), tail(0)};
    if (c < 0x10000) return {static_cast<char>(0xE0 | (c >> 12)), tail(6), tail(0)};
    return {static_cast<char>(0xF0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

bool isScalar(char32_t c) {
    return c < 0x110000 && (c < 0xD800 || c > 0xDFFF);
}

TEST(Text, EveryCodePointIsValidExceptSurrogates) {
    for (char32_t c = 0; c < 0x120000; ++c)
        ASSERT_EQ(isValidUtf8(encode(c)), isScalar(c)) << static_cast<unsigned>(c);
}

TEST(Text, RandomBytesAreValidOnlyWhenTheyAreEncodedCodePoints) {
    std::set<std::string> valid;
    for (char32_t c = 0; c < 0x110000; ++c)
        if (isScalar(c)) valid.insert(encode(c));
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; ++i) {
        std::string bytes(1 + random() % 4, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random() % 3 == 0 ? random() : 0x80 | (random() & 0x7F));
        // Whole if it can be cut into encoded code points from the front.
        std::string_view left = bytes;
        bool whole = true;
        while (!left.empty() && whole) {
            whole = false;
            for (std::size_t n = 1; n <= 4 && n <= left.size() && !whole; ++n) {
                if (!valid.contains(std::string(left.substr(0, n)))) continue;
                left.remove_prefix(n);
                whole = true;
            }
        }
        ASSERT_EQ(isValidUtf8(bytes), whole);
    }
}

TEST(Text, NumbersHaveTheAskedDigits) {
    EXPECT_EQ(formatNumber(35.97213, 4), "35.97");
    EXPECT_EQ(formatNumber(0.5, 3), "0.50");
    EXPECT_EQ(formatNumber(-1234.5, 5), "-1234.5");
    EXPECT_EQ(formatNumber(123456, 3), "123456");
    EXPECT_EQ(formatNumber(0, 3), "0.00");
    EXPECT_EQ(formatNumber(1e15, 3), "1.00e+15");
    EXPECT_EQ(formatNumber(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(formatNumber(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Text, BytesAndGroups) {
    EXPECT_EQ(formatBytes(1536), "1.5 KiB");
    EXPECT_EQ(formatBytes(0), "0 B");
    EXPECT_EQ(formatBytes(1023), "1023 B");
    EXPECT_EQ(formatBytes(1e18), "888.2 PiB");
    EXPECT_EQ(groupDigits(134515008), "134,515,008");
    EXPECT_EQ(groupDigits(999), "999");
    EXPECT_EQ(groupDigits(-1000), "-1,000");
    EXPECT_EQ(groupDigits(std::numeric_limits<long long>::min()), "-9,223,372,036,854,775,808");
}

TEST(Text, NearestNameIsTheOneSpeltMostAlike) {
    const std::vector<std::string> names{"target", "truncation", "weights", "energy"};
    EXPECT_EQ(nearestName("taget", names), "target");
    EXPECT_EQ(nearestName("wieghts", names), "weights");
    EXPECT_EQ(nearestName("enregy", names), "energy");
    EXPECT_EQ(nearestName("zzzzzzzz", names), "");
    EXPECT_EQ(nearestName("", {}), "");
}

TEST(Text, ControlCharactersAreSpelt) {
    EXPECT_EQ(escapeControls("plain é 🦙\n\tx"), "plain é 🦙\n\tx");
    EXPECT_EQ(escapeControls("a\x1b]0;t\x07"), "a\\u001b]0;t\\u0007");
    EXPECT_EQ(escapeControls("\r\x7f"), "\\u000d\\u007f");
    EXPECT_EQ(escapeControls(std::string_view("\0", 1)), "\\u0000");
    EXPECT_EQ(escapeControls("\xC2\x9B"
                             "31m"),
              "\\u009b31m")
        << "CSI as one character";
    EXPECT_EQ(escapeControls("\xC2\xA0\xC2"), "\xC2\xA0\xC2") << "a no-break space is a blank";
    EXPECT_EQ(escapeControls("\xC2\x1b"), "\xC2\\u001b") << "ill-formed text hides nothing";
    EXPECT_EQ(escapeLine("a\n2\tb"), "a\\u000a2\\u0009b");
}

TEST(Text, Lines) {
    EXPECT_EQ(splitLines("a\n\nb"), (std::vector<std::string_view>{"a", "", "b"}));
    EXPECT_EQ(splitLines("a\n"), (std::vector<std::string_view>{"a"}));
    EXPECT_TRUE(splitLines("").empty());
}

}  // namespace
}  // namespace skd
