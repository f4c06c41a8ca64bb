#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"
#include "formats/safetensors_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

fs::path fixture(const char* name) {
    return fs::path(SKD_FIXTURES) / "formats" / name;
}

std::vector<float> floatsOf(const TensorView& tensor) {
    std::vector<float> values(static_cast<std::size_t>(tensor.elementCount()));
    const Status status = decodeFloats(tensor.type, tensor.bytes, values);
    EXPECT_TRUE(status) << messageOf(status);
    return values;
}

TEST(SafetensorsReader, ReadsEveryTypeTheReferenceWrote) {
    const auto file = SafetensorsFile::open(fixture("python.safetensors"));
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_EQ(file->tensors().size(), 17u);
    EXPECT_EQ(file->metadata().at("format"), "pt");
    struct Expected {
        const char* name;
        DType type;
        float scale;
        float shift;
    };
    const Expected all[] = {
        {"values.f32", DType::F32, 0.125f, 0}, {"values.f64", DType::F64, 0.125f, 0},
        {"values.f16", DType::F16, 0.125f, 0}, {"values.bf16", DType::BF16, 0.125f, 0},
        {"values.i64", DType::I64, 1, 0},      {"values.i32", DType::I32, 1, 0},
        {"values.i16", DType::I16, 1, 0},      {"values.i8", DType::I8, 1, 0},
        {"values.u8", DType::U8, 1, 6},        {"values.u16", DType::U16, 1, 6},
        {"values.u32", DType::U32, 1, 6},      {"values.u64", DType::U64, 1, 6},
    };
    for (const Expected& expected : all) {
        const TensorView* tensor = file->find(expected.name);
        ASSERT_NE(tensor, nullptr) << expected.name;
        EXPECT_EQ(tensor->type, StorageType(expected.type)) << expected.name;
        EXPECT_EQ(tensor->shape, (std::vector<std::int64_t>{3, 4}));
        const std::vector<float> values = floatsOf(*tensor);
        for (int i = 0; i < 12; ++i)
            EXPECT_EQ(values[static_cast<std::size_t>(i)],
                      (static_cast<float>(i - 6) + expected.shift) * expected.scale)
                << expected.name << " " << i;
    }
}

TEST(SafetensorsReader, ReadsBoolScalarEmptyAndUnusualNames) {
    const auto file = SafetensorsFile::open(fixture("python.safetensors"));
    ASSERT_TRUE(file) << messageOf(file);
    const std::vector<float> bools = floatsOf(*file->find("values.bool"));
    for (std::size_t i = 0; i < bools.size(); ++i) EXPECT_EQ(bools[i], i > 6 ? 1.0f : 0.0f);
    EXPECT_TRUE(file->find("scalar")->shape.empty());
    EXPECT_EQ(floatsOf(*file->find("scalar")), std::vector<float>{2.5f});
    EXPECT_EQ(file->find("empty")->shape, (std::vector<std::int64_t>{0, 7}));
    EXPECT_TRUE(file->find("empty")->bytes.empty());
    EXPECT_NE(file->find("name with \"quotes\" and \u00e9"), nullptr);
    EXPECT_EQ(file->find("values.f3"), nullptr);
    EXPECT_EQ(file->find(""), nullptr);
}

TEST(SafetensorsReader, RefusesToDecodeTypesWithoutAMeaningHere) {
    const auto file = SafetensorsFile::open(fixture("python.safetensors"));
    ASSERT_TRUE(file) << messageOf(file);
    const TensorView* tensor = file->find("values.f8");
    ASSERT_NE(tensor, nullptr);
    EXPECT_EQ(tensor->type, StorageType(DType::F8E4M3));
    std::vector<float> values(12);
    const Status status = decodeFloats(tensor->type, tensor->bytes, values);
    EXPECT_NE(messageOf(status).find("stored as F8_E4M3 cannot be read"), std::string::npos);
}

TEST(SafetensorsReader, AcceptsPaddedAndSpacedHeaders) {
    const std::string bytes = safetensorsBytes(
        "{ \"a\\u0041\\n\" :\t{\"shape\" : [ 2 ], \"data_offsets\":[0,2],\n\"dtype\":\"U8\"} }   ",
        "xy");
    // The name holds a newline, which only the name check may object to.
    EXPECT_NE(messageOf(parseSafetensors(asBytes(bytes))).find("\"aA\\x0a\" contains a control"),
              std::string::npos);
    const auto contents = parseSafetensors(asBytes(safetensorsBytes(
        "{\"\\uD83D\\uDE00\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} \n", "xy")));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_EQ(contents->tensors[0].name, "\xF0\x9F\x98\x80");
}

TEST(SafetensorsReader, ReadsAFileWithoutTensors) {
    const auto contents = parseSafetensors(asBytes(safetensorsBytes("{}")));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_TRUE(contents->tensors.empty());
}

TEST(SafetensorsReader, ReadsAHundredThousandTensors) {
    std::string header = "{";
    for (int i = 0; i < 100'000; ++i)
        header += (i > 0 ? ",\"t" : "\"t") + std::to_string(i) +
                  "\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[" + std::to_string(i) +
                  "," + std::to_string(i + 1) + "]}";
    const std::string bytes = safetensorsBytes(header + "}", std::string(100'000, 'x'));
    const auto contents = parseSafetensors(asBytes(bytes));
    ASSERT_TRUE(contents) << messageOf(contents);
    EXPECT_EQ(contents->tensors.size(), 100'000u);
    EXPECT_EQ(contents->tensors[99'999].name, "t99999");
}

TEST(SafetensorsReader, ErrorsBeginWithTheFileName) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("weights.safetensors", "abc");
    EXPECT_TRUE(
        messageOf(SafetensorsFile::open(path)).starts_with("weights.safetensors: it has 3 bytes"));
    EXPECT_FALSE(SafetensorsFile::open(folder / "absent.safetensors"));
    EXPECT_FALSE(SafetensorsFile::open(folder.path()));
    EXPECT_FALSE(SafetensorsFile::open("/dev/zero"));
}

TEST(SafetensorsReader, NoticesAFileThatShrinks) {
    const TemporaryFolder folder;
    const fs::path path =
        folder.write("w.safetensors", safetensorsBytes("{\"a\":{\"dtype\":\"U8\",\"shape\":[2],"
                                                       "\"data_offsets\":[0,2]}}",
                                                       "xy"));
    const auto file = SafetensorsFile::open(path);
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_TRUE(file->checkUnchanged());
    fs::resize_file(path, 20);
    EXPECT_FALSE(file->checkUnchanged());
}

TEST(SafetensorsReader, RefusesASparseTenTerabyteFile) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("huge.safetensors", safetensorsBytes("{}"));
    std::error_code error;
    fs::resize_file(path, 10ull << 40, error);
    if (error) fs::resize_file(path, 1ull << 40);  // some file systems stop at a few terabytes
    EXPECT_NE(messageOf(SafetensorsFile::open(path)).find("bytes follow the last tensor"),
              std::string::npos);
}

TEST(SafetensorsDType, SpellingsAreFoundAgain) {
    std::set<std::string> torchNames;
    for (int i = 0; i <= static_cast<int>(DType::U64); ++i) {
        const auto type = static_cast<DType>(i);
        EXPECT_EQ(dtypeFromName(storageTypeName(type)), type);
        EXPECT_TRUE(torchNames.insert(torchDtypeName(type)).second) << torchDtypeName(type);
    }
    EXPECT_STREQ(torchDtypeName(DType::BF16), "bfloat16");
    EXPECT_EQ(dtypeFromName("bf16"), std::nullopt);
    EXPECT_FALSE(torchNames.contains("half"));
}

}  // namespace
}  // namespace skd::test
