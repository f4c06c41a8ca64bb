#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "formats/safetensors_file.h"

namespace skd::test {
namespace {

struct SafetensorsCase {
    const char* what;
    std::string bytes;
    const char* phrase;
};

std::string entry(std::string_view name, std::string_view dtype, std::string_view shape,
                  std::string_view offsets) {
    return "\"" + std::string(name) + "\":{\"dtype\":" + std::string(dtype) +
           ",\"shape\":" + std::string(shape) + ",\"data_offsets\":" + std::string(offsets) + "}";
}

/// A file of one tensor "a" and `size` bytes of data.
std::string one(std::string_view dtype, std::string_view shape, std::string_view offsets,
                std::size_t size = 4) {
    return safetensorsBytes("{" + entry("a", dtype, shape, offsets) + "}", std::string(size, 'x'));
}

std::string two(std::string_view first, std::string_view second, std::size_t size) {
    return safetensorsBytes(
        "{" + entry("a", "\"U8\"", "[4]", first) + "," + entry("b", "\"U8\"", "[4]", second) + "}",
        std::string(size, 'x'));
}

void expectRefusals(const std::vector<SafetensorsCase>& cases) {
    for (const SafetensorsCase& each : cases) {
        const auto contents = parseSafetensors(asBytes(each.bytes));
        EXPECT_NE(messageOf(contents).find(each.phrase), std::string::npos)
            << each.what << ": " << messageOf(contents);
        if (contents) continue;
        EXPECT_NE(contents.error().code, ErrorCode::Internal) << each.what;
    }
}

TEST(SafetensorsMalformed, Lengths) {
    const std::string good = one("\"F32\"", "[1]", "[0,4]");
    ASSERT_TRUE(parseSafetensors(asBytes(good)));
    expectRefusals({
        {"empty", "", "it has 0 bytes"},
        {"one byte", "x", "it has 1 bytes"},
        {"seven bytes", "1234567", "it has 7 bytes"},
        {"no header", littleEndian<std::uint64_t>(0), "does not begin with '{'"},
        {"no header, with data", littleEndian<std::uint64_t>(0) + "{}", "does not begin with '{'"},
        {"header of 1", littleEndian<std::uint64_t>(1) + "{", "found the end"},
        {"header of 2^63", littleEndian(1ull << 63) + "{}", "at most 100000000"},
        {"header of 2^64-1", littleEndian(~0ull) + "{}", "at most 100000000"},
        {"header above the cap", littleEndian<std::uint64_t>(100'000'001) + "{}",
         "at most 100000000"},
        {"header beyond the end", littleEndian<std::uint64_t>(3) + "{}", "beyond the end"},
        {"something else", "GGUF\x03" + std::string(40, '\0'), "at most 100000000"},
        {"byte after the last tensor", good + "!", "1 bytes follow the last tensor"},
        {"byte missing", good.substr(0, good.size() - 1), "but only 3 are there"},
    });
}

TEST(SafetensorsMalformed, Json) {
    const std::string deep = "{\"a\":" + std::string(100'000, '[');
    expectRefusals({
        {"space before the brace", safetensorsBytes(" {}"), "does not begin with '{'"},
        {"an array", safetensorsBytes("[]"), "does not begin with '{'"},
        {"bad UTF-8", safetensorsBytes("{\"\xC3\x28\":{}}"), "not valid UTF-8"},
        {"overlong UTF-8", safetensorsBytes("{\"\xC0\xAF\":{}}"), "not valid UTF-8"},
        {"surrogate in UTF-8", safetensorsBytes("{\"\xED\xA0\x80\":{}}"), "not valid UTF-8"},
        {"half an escaped surrogate", safetensorsBytes("{\"\\ud800\":{}}"), "surrogate"},
        {"two high surrogates", safetensorsBytes("{\"\\ud800\\ud800\":{}}"), "surrogate"},
        {"bad escape", safetensorsBytes("{\"\\x\":{}}"), "unknown escape"},
        {"cut escape", safetensorsBytes("{\"\\u12"), "four hexadecimal digits"},
        {"raw newline in a string", safetensorsBytes("{\"a\nb\":{}}"), "control character inside"},
        {"cut string", safetensorsBytes("{\"abc"), "string without an end"},
        {"after the JSON", safetensorsBytes("{}x"), "expected nothing after the JSON"},
        {"NUL after the JSON", safetensorsBytes(std::string("{}\0", 3)), "found byte value 0"},
        {"trailing comma", safetensorsBytes("{" + entry("a", "\"U8\"", "[0]", "[0,0]") + ",}"),
         "expected a tensor name"},
        {"no colon", safetensorsBytes("{\"a\" {}}"), "expected ':'"},
        {"nested without end", safetensorsBytes(deep), "expected '{' of a tensor"},
        {"a nested shape", one("\"U8\"", "[[1]]", "[0,4]"), "expected a dimension"},
        {"a tensor that is a number", safetensorsBytes("{\"a\":1}"), "expected '{' of a tensor"},
    });
}

TEST(SafetensorsMalformed, Fields) {
    expectRefusals({
        {"no dtype", safetensorsBytes("{\"a\":{\"shape\":[],\"data_offsets\":[0,0]}}"),
         "dtype is missing"},
        {"no shape", safetensorsBytes("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,0]}}"),
         "shape is missing"},
        {"no offsets", safetensorsBytes("{\"a\":{\"dtype\":\"U8\",\"shape\":[]}}"),
         "data_offsets is missing"},
        {"dtype twice", safetensorsBytes("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}"),
         "dtype twice"},
        {"unknown field", safetensorsBytes("{\"a\":{\"strides\":[1]}}"),
         "unknown field \"strides\""},
        {"unknown dtype", one("\"F128\"", "[1]", "[0,4]"), "dtype \"F128\" is unknown"},
        {"lower-case dtype", one("\"f32\"", "[1]", "[0,4]"), "dtype \"f32\" is unknown"},
        {"dtype as a number", one("7", "[1]", "[0,4]"), "expected a dtype"},
        {"dtype null", one("null", "[1]", "[0,4]"), "expected a dtype"},
        {"metadata value not a string", safetensorsBytes("{\"__metadata__\":{\"a\":1}}"),
         "expected a string in __metadata__"},
        {"metadata an array", safetensorsBytes("{\"__metadata__\":[]}"), "'{' of __metadata__"},
        {"metadata twice", safetensorsBytes("{\"__metadata__\":{},\"__metadata__\":{}}"),
         "__metadata__ is there twice"},
        {"metadata key twice",
         safetensorsBytes("{\"__metadata__\":{\"k\":\"1\",\"\\u006b\":\"2\"}}"),
         "__metadata__ key \"k\" is there twice"},
    });
}

TEST(SafetensorsMalformed, ShapesAndSizes) {
    expectRefusals({
        {"negative dimension", one("\"U8\"", "[-4]", "[0,4]"), "found '-'"},
        {"float dimension", one("\"U8\"", "[4.0]", "[0,4]"), "fraction or an exponent"},
        {"exponent", one("\"U8\"", "[4e0]", "[0,4]"), "fraction or an exponent"},
        {"1e400", one("\"U8\"", "[1e400]", "[0,4]"), "fraction or an exponent"},
        {"NaN", one("\"U8\"", "[NaN]", "[0,4]"), "found 'N'"},
        {"string dimension", one("\"U8\"", "[\"4\"]", "[0,4]"), "expected a dimension"},
        {"leading zero", one("\"U8\"", "[04]", "[0,4]"), "leading zero"},
        {"dimension of 2^63", one("\"U8\"", "[9223372036854775808]", "[0,4]"), "overflows"},
        {"dimension of 2^64", one("\"U8\"", "[18446744073709551616]", "[0,4]"), "above 2^64"},
        {"nine dimensions", one("\"U8\"", "[1,1,1,1,1,1,1,1,4]", "[0,4]"),
         "more than 8 dimensions"},
        {"product overflows", one("\"U8\"", "[4294967296,4294967296]", "[0,4]"), "overflows"},
        {"product overflows to the right size", one("\"F32\"", "[4611686018427387905]", "[0,4]"),
         "overflows"},
        {"product overflows before a zero", one("\"U8\"", "[4611686018427387904,4,0]", "[0,0]", 0),
         "overflows"},
        {"product overflows after a zero", one("\"U8\"", "[0,4611686018427387904,4]", "[0,0]", 0),
         "overflows"},
        {"half a byte", one("\"F4\"", "[7]", "[0,4]"), "do not fill whole bytes"},
        {"six bits", one("\"F6_E2M3\"", "[3]", "[0,3]", 3), "do not fill whole bytes"},
        {"too small", one("\"F32\"", "[2]", "[0,4]"), "takes 8 bytes, but its data_offsets span 4"},
        {"too large", one("\"U8\"", "[3]", "[0,4]"), "takes 3 bytes, but its data_offsets span 4"},
        {"zero dimension with data", one("\"U8\"", "[0]", "[0,4]"), "takes 0 bytes"},
        {"declared far beyond the file", one("\"U8\"", "[1099511627776]", "[0,1099511627776]"),
         "but only 4 are there"},
    });
}

TEST(SafetensorsMalformed, Offsets) {
    ASSERT_TRUE(parseSafetensors(asBytes(two("[4,8]", "[0,4]", 8))));
    expectRefusals({
        {"reversed", one("\"U8\"", "[4]", "[4,0]"), "are reversed"},
        {"reversed at the top", one("\"U8\"", "[4]", "[18446744073709551615,0]"), "are reversed"},
        {"not from 0", one("\"U8\"", "[4]", "[4,8]", 8), "gap of 4 bytes"},
        {"gap", two("[0,4]", "[5,9]", 9), "gap of 1 bytes"},
        {"overlap", two("[0,4]", "[3,7]", 7), "overlaps the tensor before it by 1"},
        {"the same bytes", two("[0,4]", "[0,4]", 4), "overlaps"},
        {"beyond the end", two("[0,4]", "[4,8]", 6), "but only 6 are there"},
        {"one offset", one("\"U8\"", "[4]", "[4]"), "second of two data_offsets"},
        {"three offsets", one("\"U8\"", "[4]", "[0,4,8]"), "after two data_offsets"},
        {"negative", one("\"U8\"", "[4]", "[-1,3]"), "found '-'"},
    });
}

TEST(SafetensorsMalformed, Names) {
    const auto named = [](const std::string& name) {
        return safetensorsBytes("{" + entry(name, "\"U8\"", "[0]", "[0,0]") + "}");
    };
    ASSERT_TRUE(parseSafetensors(asBytes(named("model/../../etc/passwd"))));
    const std::string twice = entry("a", "\"U8\"", "[0]", "[0,0]");
    expectRefusals({
        {"twice", safetensorsBytes("{" + twice + "," + twice + "}"), "\"a\" is there twice"},
        {"twice, once escaped",
         safetensorsBytes("{" + twice + "," + entry("\\u0061", "\"U8\"", "[0]", "[0,0]") + "}"),
         "\"a\" is there twice"},
        {"empty", named(""), "empty name"},
        {"a megabyte", named(std::string(1 << 20, 'n')), "has 1048576 bytes, more than 4096"},
        {"NUL", named("a\\u0000b"), "control character"},
        {"newline", named("a\\nb"), "control character"},
        {"delete", named("a\\u007f"), "control character"},
    });
}

TEST(SafetensorsMalformed, MessagesStayShort) {
    const std::string bytes = safetensorsBytes(
        "{" + entry("a", "\"" + std::string(1 << 20, 'D') + "\"", "[0]", "[0,0]") + "}");
    EXPECT_LT(messageOf(parseSafetensors(asBytes(bytes))).size(), 300u);
}

}  // namespace
}  // namespace skd::test
