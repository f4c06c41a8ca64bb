#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"
#include "formats/gguf_file.h"
#include "formats/gguf_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// The fields of make_fixtures.py, in its order.
std::vector<GgufField> referenceFields() {
    return {
        {"general.architecture", std::string("llama")},
        {"test.u8", std::uint8_t{250}},
        {"test.i8", std::int8_t{-5}},
        {"test.u16", std::uint16_t{65000}},
        {"test.i16", std::int16_t{-30000}},
        {"test.u32", std::uint32_t{4000000000}},
        {"test.i32", std::int32_t{-2000000000}},
        {"test.u64", std::uint64_t{1} << 40},
        {"test.i64", -(std::int64_t{1} << 40)},
        {"test.f32", 0.5f},
        {"test.f64", 0.1},
        {"test.bool", true},
        {"test.string", std::string("caf\u00e9")},
        {"test.strings", std::vector<std::string>{"a", "", "\u0120the"}},
        {"test.ints", std::vector<std::int32_t>{1, -2, 3}},
        {"test.floats", std::vector<float>{0.5f, -1.25f}},
    };
}

TEST(GgufWriter, WritesTheSameBytesAsTheReference) {
    const fs::path reference = fs::path(SKD_FIXTURES) / "formats" / "gguf_py.gguf";
    const auto file = GgufFile::open(reference);
    ASSERT_TRUE(file) << messageOf(file);
    std::vector<TensorOut> tensors;
    for (const TensorView& view : file->tensors())
        tensors.push_back({view.name, view.type, view.shape, view.bytes});
    const TemporaryFolder folder;
    const Status status = writeGguf(folder / "again.gguf", referenceFields(), tensors);
    ASSERT_TRUE(status) << messageOf(status);
    EXPECT_EQ(readBytes(folder / "again.gguf"), readBytes(reference));
}

TEST(GgufWriter, RoundTripsAreBitEqual) {
    const CounterRandom random(5, 0);
    std::vector<float> values(6 * 64);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(random.uniform(i) - 0.5);
    const GgmlType types[] = {GgmlType::F32, GgmlType::F16, GgmlType::BF16, GgmlType::Q8_0};
    const TemporaryFolder folder;
    std::vector<std::vector<std::byte>> stored;
    std::vector<TensorOut> tensors;
    for (const GgmlType type : types) {
        const std::vector<std::int64_t> shape{6, 64};
        stored.emplace_back(storedByteCount(type, shape).value());
        ASSERT_TRUE(encodeFloats(type, values, stored.back()));
        tensors.push_back({storageTypeName(type), type, shape, stored.back()});
    }
    const std::vector<GgufField> fields{{"general.architecture", std::string("qwen3")},
                                        {"general.alignment", std::uint32_t{128}},
                                        {"flags", std::vector<bool>{true, false}}};
    ASSERT_TRUE(writeGguf(folder / "w.gguf", fields, tensors));
    const auto file = GgufFile::open(folder / "w.gguf");
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_EQ(file->architecture(), "qwen3");
    EXPECT_EQ(file->metadata().find("flags")->count, 2u);
    for (std::size_t i = 0; i < stored.size(); ++i) {
        const TensorView& tensor = file->tensors()[i];
        EXPECT_EQ(tensor.shape, (std::vector<std::int64_t>{6, 64}));
        ASSERT_EQ(tensor.bytes.size(), stored[i].size());
        EXPECT_TRUE(std::equal(stored[i].begin(), stored[i].end(), tensor.bytes.begin()));
        std::vector<float> decoded(values.size());
        ASSERT_TRUE(decodeFloats(tensor.type, tensor.bytes, decoded));
        std::vector<std::byte> again(stored[i].size());
        ASSERT_TRUE(encodeFloats(tensor.type, decoded, again));
        // Q8_0 need not be idempotent: its scale is rounded to f16 after the division.
        EXPECT_TRUE(types[i] == GgmlType::Q8_0 || again == stored[i]) << tensor.name;
        EXPECT_TRUE(types[i] != GgmlType::F32 || decoded == values);
    }
}

TEST(GgufWriter, TakesBytesFromACallback) {
    const TemporaryFolder folder;
    std::string buffer;
    std::vector<TensorOut> tensors;
    for (const char c : std::string("xyz")) {
        TensorOut tensor{std::string(1, c), GgmlType::I8, {5}};
        tensor.produce = [&buffer, c]() -> Result<std::span<const std::byte>> {
            buffer.assign(5, c);
            return asBytes(buffer);
        };
        tensors.push_back(tensor);
    }
    ASSERT_TRUE(writeGguf(folder / "w.gguf", {}, tensors));
    const auto file = GgufFile::open(folder / "w.gguf");
    ASSERT_TRUE(file) << messageOf(file);
    for (const TensorView& tensor : file->tensors())
        EXPECT_EQ(static_cast<char>(tensor.bytes[4]), tensor.name[0]);
    EXPECT_EQ(file->architecture().error().code, ErrorCode::NotFound);
}

TEST(GgufWriter, RefusesWhatTheReaderWouldRefuse) {
    const TemporaryFolder folder;
    const auto messageFor = [&folder](std::vector<GgufField> fields,
                                      std::vector<TensorOut> tensors) {
        return messageOf(writeGguf(folder / "w.gguf", fields, tensors));
    };
    const auto named = [](std::string name) {
        return TensorOut{std::move(name), GgmlType::I8, {1}, asBytes("x")};
    };
    EXPECT_NE(messageFor({{"", true}}, {}).find("is empty or"), std::string::npos);
    EXPECT_NE(messageFor({{"a", true}, {"a", false}}, {}).find("written twice"), std::string::npos);
    EXPECT_NE(messageFor({{"general.alignment", std::uint32_t{3}}}, {}).find("power of two"),
              std::string::npos);
    EXPECT_NE(messageFor({{"general.alignment", std::int32_t{32}}}, {}).find("u32"),
              std::string::npos);
    EXPECT_NE(messageFor({}, {named("")}).find("empty name"), std::string::npos);
    EXPECT_NE(messageFor({}, {named(std::string(64, 'n'))}).find("more than 63"),
              std::string::npos);
    EXPECT_NE(messageFor({}, {named("a"), named("a")}).find("written twice"), std::string::npos);
    EXPECT_NE(messageFor({}, {{"a", DType::U8, {1}, asBytes("x")}}).find("not a ggml type"),
              std::string::npos);
    EXPECT_NE(
        messageFor({}, {{"a", GgmlType::I8, {1, 1, 1, 1, 1}, asBytes("x")}}).find("5 dimensions"),
        std::string::npos);
    EXPECT_NE(messageFor({}, {{"a", GgmlType::Q8_0, {33}, asBytes("x")}}).find("multiple of"),
              std::string::npos);
    EXPECT_NE(messageFor({}, {{"a", GgmlType::I8, {2}, asBytes("x")}}).find("takes 2"),
              std::string::npos);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace skd::test
