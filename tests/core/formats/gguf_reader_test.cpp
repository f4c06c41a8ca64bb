#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "formats/gguf_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Points into `bytes`.
GgufMetadata metadataOf(const GgufBytes& bytes) {
    auto contents = parseGguf(asBytes(bytes.bytes()));
    EXPECT_TRUE(contents) << messageOf(contents);
    return contents ? std::move(contents->metadata) : GgufMetadata();
}

TEST(GgufReader, ReadsEveryValueTheReferenceWrote) {
    const fs::path path = fs::path(SKD_FIXTURES) / "formats" / "gguf_py.gguf";
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_EQ(parseGguf(asBytes(readFile(path).value()))->version, 3u);
    EXPECT_EQ(file->architecture().value(), "llama");
    const GgufMetadata& metadata = file->metadata();
    EXPECT_EQ(metadata.integer("test.u8"), 250);
    EXPECT_EQ(metadata.integer("test.i8"), -5);
    EXPECT_EQ(metadata.integer("test.u16"), 65000);
    EXPECT_EQ(metadata.integer("test.i16"), -30000);
    EXPECT_EQ(metadata.integer("test.u32"), 4000000000);
    EXPECT_EQ(metadata.integer("test.i32"), -2000000000);
    EXPECT_EQ(metadata.integer("test.u64"), std::int64_t{1} << 40);
    EXPECT_EQ(metadata.integer("test.i64"), -(std::int64_t{1} << 40));
    EXPECT_EQ(metadata.number("test.f32"), 0.5);
    EXPECT_EQ(metadata.number("test.f64"), 0.1);
    EXPECT_EQ(metadata.number("test.u8"), 250.0);
    EXPECT_EQ(metadata.boolean("test.bool"), true);
    EXPECT_EQ(metadata.string("test.string"), "caf\u00e9");
    EXPECT_EQ(metadata.strings("test.strings"),
              (std::vector<std::string_view>{"a", "", "\u0120the"}));
    EXPECT_EQ(metadata.integers("test.ints"), (std::vector<std::int64_t>{1, -2, 3}));
    EXPECT_EQ(metadata.floats("test.ints"), (std::vector<float>{1, -2, 3}));
    EXPECT_EQ(metadata.floats("test.floats"), (std::vector<float>{0.5f, -1.25f}));
}

TEST(GgufReader, ShapesAreInPyTorchOrder) {
    const auto file = GgufFile::open(fs::path(SKD_FIXTURES) / "formats" / "gguf_py.gguf");
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_EQ(file->find("blk.0.f32.weight")->shape, (std::vector<std::int64_t>{3, 96}));
    EXPECT_EQ(file->find("blk.0.q4_k.weight")->shape, (std::vector<std::int64_t>{2, 512}));
    EXPECT_EQ(file->find("blk.0.q4_k.weight")->bytes.size(), 2u * 2 * 144);
    EXPECT_EQ(file->find("blk.1.f32.weight"), nullptr);
}

TEST(GgufReader, LookupsNameTheKeyAndTheType) {
    const auto bytes = GgufBytes(0, 4)
                           .stringKey("s", "text")
                           .key("big", 10, ~std::uint64_t{0})
                           .key("f", 6, 1.5f)
                           .text("list")
                           .put(9u)
                           .put(8u)
                           .put(1ull)
                           .text("x");
    const GgufMetadata metadata = metadataOf(bytes);
    EXPECT_TRUE(metadata.has("s"));
    EXPECT_EQ(metadata.entries().size(), 4u);
    EXPECT_EQ(metadata.integer("absent").error().code, ErrorCode::NotFound);
    EXPECT_NE(messageOf(metadata.integer("absent")).find("\"absent\" is missing"),
              std::string::npos);
    EXPECT_EQ(metadata.integer("absent", 7), 7);
    EXPECT_EQ(metadata.number("absent", 0.5), 0.5);
    EXPECT_EQ(metadata.boolean("absent", true), true);
    EXPECT_EQ(metadata.string("absent", "none"), "none");
    EXPECT_NE(messageOf(metadata.integer("s", 7)).find("is of type string, not an integer"),
              std::string::npos);
    EXPECT_NE(messageOf(metadata.integer("f")).find("is of type f32, not an integer"),
              std::string::npos);
    EXPECT_NE(messageOf(metadata.integer("big")).find("above 2^63"), std::string::npos);
    EXPECT_NE(messageOf(metadata.number("s")).find("not a number"), std::string::npos);
    EXPECT_NE(messageOf(metadata.boolean("f")).find("not a bool"), std::string::npos);
    EXPECT_NE(messageOf(metadata.string("list")).find("an array of string, not a string"),
              std::string::npos);
    EXPECT_NE(messageOf(metadata.strings("s")).find("not an array"), std::string::npos);
    EXPECT_NE(messageOf(metadata.integers("list")).find("not an array of integers"),
              std::string::npos);
    EXPECT_NE(messageOf(metadata.floats("list")).find("not an array of numbers"),
              std::string::npos);
    EXPECT_EQ(metadata.strings("list"), std::vector<std::string_view>{"x"});
}

TEST(GgufReader, ReadsVersion2AndOtherAlignments) {
    const auto bytes = GgufBytes(2, 1, 2)
                           .key("general.alignment", 4, 64u)
                           .tensor("a", {3}, 0, 0)
                           .tensor("b", {2, 1}, 0, 64)
                           .pad(64)
                           .raw(std::string(64, 'a'))
                           .raw(std::string(8, 'b'));
    const auto contents = parseGguf(asBytes(bytes.bytes()));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_EQ(contents->version, 2u);
    EXPECT_EQ(contents->alignment, 64u);
    EXPECT_EQ(contents->tensors[1].shape, (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(contents->tensors[1].bytes[0], std::byte{'b'});
}

TEST(GgufReader, ReadsScalarsEmptyTensorsAndFilesWithoutTensors) {
    const auto bytes = GgufBytes(3)
                           .tensor("scalar", {}, 0, 0)
                           .tensor("empty", {0, 5}, 0, 32)
                           .tensor("last", {1}, 0, 32)
                           .pad()
                           .raw(std::string(36, 'x'));
    const auto contents = parseGguf(asBytes(bytes.bytes()));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_TRUE(contents->tensors[0].shape.empty());
    EXPECT_EQ(contents->tensors[0].elementCount(), 1);
    EXPECT_EQ(contents->tensors[1].elementCount(), 0);
    EXPECT_TRUE(parseGguf(asBytes(GgufBytes().bytes())));
}

TEST(GgufReader, ListsTensorsOfTypesThatItDoesNotDecode) {
    const auto bytes = GgufBytes(1).tensor("q", {256}, 10, 0).pad().raw(std::string(84, 'x'));
    const auto contents = parseGguf(asBytes(bytes.bytes()));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_EQ(contents->tensors[0].type, StorageType(GgmlType::Q2_K));
}

TEST(GgufReader, BlockSizesAgreeWithTheNames) {
    int known = 0;
    for (std::uint32_t number = 0; number < 100; ++number) {
        const auto type = ggmlTypeFromNumber(number);
        EXPECT_FALSE(type && isRemovedGgmlType(number)) << number;
        if (!type) continue;
        ++known;
        EXPECT_EQ(static_cast<std::uint32_t>(*type), number);
        EXPECT_GT(storageBlock(*type).bytes, 0);
        const bool superBlock = std::string(storageTypeName(*type)).ends_with("_K");
        EXPECT_TRUE(!superBlock || storageBlock(*type).values == 256) << number;
    }
    EXPECT_EQ(known, 35);
}

TEST(GgufReader, ErrorsBeginWithTheFileName) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("model.gguf", "GGML");
    EXPECT_TRUE(messageOf(GgufFile::open(path)).starts_with("model.gguf: it is not a GGUF file"));
    EXPECT_FALSE(GgufFile::open(folder / "absent.gguf"));
    EXPECT_FALSE(GgufFile::open(folder.path()));
    EXPECT_NE(messageOf(GgufFile::open(folder.write("empty.gguf", ""))).find("begins with \"\""),
              std::string::npos);
}

TEST(GgufReader, NoticesAFileThatShrinks) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("model.gguf", GgufBytes().bytes());
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_TRUE(file->checkUnchanged());
    fs::resize_file(path, 10);
    EXPECT_FALSE(file->checkUnchanged());
}

}  // namespace
}  // namespace skd::test
