#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "formats/gguf_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

struct GgufCase {
    const char* what;
    std::string bytes;
    const char* phrase;
};

void expectErrors(const std::vector<GgufCase>& cases) {
    for (const GgufCase& each : cases) {
        const auto contents = parseGguf(asBytes(each.bytes));
        EXPECT_NE(messageOf(contents).find(each.phrase), std::string::npos)
            << each.what << ": " << messageOf(contents);
        if (contents) continue;
        EXPECT_NE(contents.error().code, ErrorCode::Internal) << each.what;
    }
}

std::string data(std::size_t size) {
    return std::string(size, 'x');
}

TEST(GgufMalformed, MagicAndVersion) {
    expectErrors({
        {"empty", "", "not a GGUF file"},
        {"one byte", "G", "not a GGUF file: it begins with \"G\""},
        {"other magic", "GGML" + data(40), "begins with \"GGML\""},
        {"unprintable magic", std::string(40, '\0'), "\\x00\\x00\\x00\\x00"},
        {"cut version", "GGUF\x03", "ends inside its version"},
        {"version 0", GgufBytes(0, 0, 0).bytes(), "version is 0"},
        {"version 1", GgufBytes(0, 0, 1).bytes(), "GGUF version 1, which was given up"},
        {"version 4", GgufBytes(0, 0, 4).bytes(), "GGUF version 4; versions 2 and 3"},
        {"version 99", GgufBytes(0, 0, 99).bytes(), "GGUF version 99; versions 2 and 3"},
        {"byte-swapped 3", GgufBytes(0, 0, 0x03000000).bytes(), "byte-swapped (big-endian)"},
        {"byte-swapped 2", GgufBytes(0, 0, 0x02000000).bytes(), "byte-swapped (big-endian)"},
    });
    EXPECT_EQ(parseGguf(asBytes(GgufBytes(0, 0, 99).bytes())).error().code, ErrorCode::Newer);
}

TEST(GgufMalformed, Counts) {
    expectErrors({
        {"tensors 2^63", GgufBytes(1ull << 63).bytes(), "declares 9223372036854775808 tensors"},
        {"keys 2^63", GgufBytes(0, 1ull << 63).bytes(),
         "declares 9223372036854775808 metadata keys"},
        {"tensors 2^64-1", GgufBytes(~0ull).raw(data(1000)).bytes(), "than its 1000 remaining"},
        {"one key too many", GgufBytes(0, 1).bytes(), "declares 1 metadata keys, more than"},
        {"too many keys", GgufBytes(0, 200'000).raw(data(14 * 200'000)).bytes(),
         "more than 100000"},
        {"too many tensors", GgufBytes(400'000).raw(data(25 * 400'000)).bytes(),
         "more than 300000"},
    });
}

TEST(GgufMalformed, Keys) {
    const std::string huge(70'000, 'k');
    expectErrors({
        {"empty key", GgufBytes(0, 1).key("", 4, 1u).raw(data(8)).bytes(), "key is empty"},
        {"long key", GgufBytes(0, 1).key(huge, 4, 1u).bytes(), "has 70000 bytes, more than 65535"},
        {"key of 2^63", GgufBytes(0, 1).put(1ull << 63).raw(data(20)).bytes(), "more than 65535"},
        {"key beyond the file", GgufBytes(0, 1).put(60'000ull).raw(data(20)).bytes(),
         "ends inside a metadata key"},
        {"NUL in a key", GgufBytes(0, 1).key(std::string("a\0b", 3), 4, 1u).bytes(),
         "\"a\\x00b\" is not printable ASCII"},
        {"bytes above ASCII", GgufBytes(0, 1).key("caf\xC3\xA9", 4, 1u).bytes(),
         "not printable ASCII"},
        {"twice", GgufBytes(0, 2).key("a", 4, 1u).key("a", 4, 2u).bytes(),
         "metadata key \"a\" is there twice"},
    });
}

TEST(GgufMalformed, Values) {
    expectErrors({
        {"type 13", GgufBytes(0, 1).key("k", 13, 1ull).bytes(),
         "metadata key \"k\": its value type 13 is unknown"},
        {"type 2^32-1", GgufBytes(0, 1).key("k", ~0u, 1ull).bytes(), "is unknown"},
        {"cut scalar", GgufBytes(0, 1).key("kk", 10, 1u).bytes(), "ends inside a value"},
        {"bool 2", GgufBytes(0, 1).key("k", 7, '\2').bytes(), "neither 0 nor 1"},
        {"string beyond the file", GgufBytes(0, 1).text("k").put(8u).put(100ull).raw("abc").bytes(),
         "ends inside a string"},
        {"string of 2^40", GgufBytes(0, 1).text("k").put(8u).put(1ull << 40).bytes(),
         "more than 1073741824"},
        {"array of arrays",
         GgufBytes(0, 1).text("k").put(9u).put(9u).put(1ull).put(4u).put(0ull).bytes(),
         "array of arrays"},
        {"array of unknown", GgufBytes(0, 1).text("k").put(9u).put(77u).put(0ull).bytes(),
         "value type 77 is unknown"},
        {"array beyond the file",
         GgufBytes(0, 1).text("k").put(9u).put(4u).put(4ull).raw(data(15)).bytes(),
         "array of 4 elements is longer than the 15 bytes"},
        {"array of 2^61", GgufBytes(0, 1).text("k").put(9u).put(10u).put(1ull << 61).bytes(),
         "longer than 1073741824"},
        {"array of 2^30 strings",
         GgufBytes(0, 1).text("k").put(9u).put(8u).put(1ull << 30).raw(data(100)).bytes(),
         "longer than the 100 bytes"},
        {"array with a long string",
         GgufBytes(0, 1).text("k").put(9u).put(8u).put(1ull).put(50ull).raw(data(9)).bytes(),
         "ends inside a string of an array"},
        {"array of bad bools",
         GgufBytes(0, 1).text("k").put(9u).put(7u).put(2ull).raw("\1\3").bytes(),
         "neither 0 nor 1"},
    });
}

TEST(GgufMalformed, AlignmentAndSplits) {
    const auto aligned = [](std::uint32_t alignment) {
        return GgufBytes(1, 1)
            .key("general.alignment", 4, alignment)
            .tensor("a", {1}, 0, 0)
            .raw(data(4))
            .bytes();
    };
    ASSERT_TRUE(parseGguf(asBytes(aligned(1)))) << messageOf(parseGguf(asBytes(aligned(1))));
    expectErrors({
        {"alignment 0", aligned(0), "general.alignment is 0, not a power of two"},
        {"alignment 3", aligned(3), "general.alignment is 3, not a power of two"},
        {"alignment 2^31", aligned(1u << 31), "but the file has 0 left"},
        {"alignment as u64", GgufBytes(0, 1).key("general.alignment", 10, 32ull).bytes(),
         "general.alignment is of type u64, not u32"},
        {"alignment as string", GgufBytes(0, 1).stringKey("general.alignment", "32").bytes(),
         "general.alignment is of type string"},
        {"split",
         GgufBytes(0, 2)
             .key("split.count", 2, std::uint16_t{3})
             .key("split.no", 2, std::uint16_t{1})
             .bytes(),
         "one of the 3 parts of a split GGUF (split.no 1); merge them first"},
        {"split count as string", GgufBytes(0, 1).stringKey("split.count", "3").bytes(),
         "is of type string, not an integer"},
    });
    const auto whole = GgufBytes(0, 1).key("split.count", 2, std::uint16_t{1});
    EXPECT_TRUE(parseGguf(asBytes(whole.bytes())));
}

TEST(GgufMalformed, TensorNames) {
    const auto named = [](std::string_view name) {
        return GgufBytes(1).tensor(name, {0}, 0, 0).pad().bytes();
    };
    ASSERT_TRUE(parseGguf(asBytes(named(std::string(63, 'n')))));
    expectErrors({
        {"empty", GgufBytes(1).tensor("", {0}, 0, 0).raw(data(9)).bytes(), "empty name"},
        {"64 bytes", named(std::string(64, 'n')), "has 64 bytes, more than 63"},
        {"a megabyte", named(std::string(1 << 20, 'n')), "more than 63"},
        {"newline", named("a\nb"), "control character"},
        {"NUL", named(std::string("a\0b", 3)), "control character"},
        {"not UTF-8", named("a\xFF"), "not valid UTF-8"},
        {"twice", GgufBytes(2).tensor("a", {0}, 0, 0).tensor("a", {0}, 0, 0).bytes(),
         "the tensor \"a\" is there twice"},
    });
}

TEST(GgufMalformed, TensorShapesAndTypes) {
    const auto shaped = [](std::initializer_list<std::uint64_t> dims, std::uint32_t type) {
        return GgufBytes(1).tensor("a", dims, type, 0).pad().raw(data(512)).bytes();
    };
    expectErrors({
        {"five dimensions", shaped({1, 1, 1, 1, 1}, 0), "has 5 dimensions, more than 4"},
        {"2^32-1 dimensions", GgufBytes(1).text("a").put(~0u).raw(data(200)).bytes(),
         "has 4294967295 dimensions"},
        {"dimension 2^63", shaped({1ull << 63}, 0), "dimension 9223372036854775808 overflows"},
        {"product overflows", shaped({1ull << 32, 1ull << 32}, 0), "overflows"},
        {"size overflows", shaped({(1ull << 62) + 1}, 0), "overflows"},
        {"product overflows before a zero", shaped({1ull << 62, 4, 0}, 0), "overflows"},
        {"row not whole blocks", shaped({33}, 8), "rows of 33 values are not a multiple of the 32"},
        {"row not whole super-blocks", shaped({128, 2}, 12), "multiple of the 256"},
        {"scalar of blocks", shaped({}, 8), "rows of 1 values"},
        {"removed type 4", shaped({32}, 4), "its ggml type 4 was removed"},
        {"removed type 31", shaped({32}, 31), "its ggml type 31 was removed"},
        {"unknown type 43", shaped({32}, 43), "its ggml type 43 is unknown"},
        {"unknown type 2^32-1", shaped({32}, ~0u), "its ggml type 4294967295 is unknown"},
        {"beyond the file", shaped({1ull << 40}, 0), "it needs 4398046511104 bytes, but"},
    });
}

TEST(GgufMalformed, Offsets) {
    const auto two = [](std::uint64_t first, std::uint64_t second, std::size_t size) {
        return GgufBytes(2)
            .tensor("a", {3}, 0, first)
            .tensor("b", {3}, 0, second)
            .pad()
            .raw(data(size))
            .bytes();
    };
    ASSERT_TRUE(parseGguf(asBytes(two(0, 32, 44))));  // the last padding may be missing
    ASSERT_TRUE(parseGguf(asBytes(two(0, 32, 64))));
    expectErrors({
        {"not from 0", two(32, 64, 96), "data offset is 32, but 0 is where it must begin"},
        {"not aligned", two(0, 12, 64), "data offset is 12, but 32 is where"},
        {"gap", two(0, 64, 96), "data offset is 64, but 32 is where"},
        {"overlap", two(0, 0, 64), "data offset is 0, but 32 is where"},
        {"2^64-1", two(0, ~0ull, 64), "data offset is 18446744073709551615"},
        {"short by one", two(0, 32, 43), "needs 12 bytes, but the file has 11 left"},
        {"no data", two(0, 32, 0), "needs 12 bytes, but the file has 0 left"},
        {"one byte behind the last padding", two(0, 32, 65), "has 1 bytes behind its last tensor"},
        {"a tensor more than its list", two(0, 32, 96), "has 32 bytes behind its last tensor"},
        {"bytes without a tensor", GgufBytes(0).pad().raw("x").bytes(), "has 1 bytes behind"},
    });
}

TEST(GgufMalformed, SparseTenTerabytesOfMetadata) {
    const TemporaryFolder folder;
    const auto bytes = GgufBytes(0, 1).text("k").put(9u).put(8u).put(1ull << 30).bytes();
    const auto path = folder.write("huge.gguf", bytes);
    std::error_code error;
    std::filesystem::resize_file(path, 10ull << 40, error);
    if (error) std::filesystem::resize_file(path, 1ull << 40);
    EXPECT_NE(messageOf(GgufFile::open(path)).find("longer than the"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
