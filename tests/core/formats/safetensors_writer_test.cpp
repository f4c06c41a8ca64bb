#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <filesystem>
#include <string>
#include <vector>

#include "core/formats/format_bytes.h"
#include "formats/float_codec.h"
#include "formats/safetensors_file.h"
#include "formats/safetensors_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

TensorOut out(std::string name, StorageType type, std::vector<std::int64_t> shape,
              std::string_view bytes) {
    return {std::move(name), type, std::move(shape), asBytes(bytes)};
}

TEST(SafetensorsWriter, WritesTheSameBytesAsTheReference) {
    const fs::path reference = fs::path(SKD_FIXTURES) / "formats" / "python.safetensors";
    const auto file = SafetensorsFile::open(reference);
    ASSERT_TRUE(file) << messageOf(file);
    std::vector<TensorOut> tensors;
    for (auto view = file->tensors().rbegin(); view != file->tensors().rend(); ++view)
        tensors.push_back({view->name, view->type, view->shape, view->bytes});
    const TemporaryFolder folder;
    const Status status = writeSafetensors(folder / "again.safetensors", tensors, file->metadata());
    ASSERT_TRUE(status) << messageOf(status);
    EXPECT_EQ(readBytes(folder / "again.safetensors"), readBytes(reference));
}

TEST(SafetensorsWriter, TakesBytesFromACallback) {
    const TemporaryFolder folder;
    std::string buffer;
    std::vector<TensorOut> tensors;
    for (const char c : std::string("cab")) {
        TensorOut tensor{std::string(1, c), DType::U8, {2}};
        tensor.produce = [&buffer, c]() -> Result<std::span<const std::byte>> {
            buffer.assign(2, c);
            return asBytes(buffer);
        };
        tensors.push_back(tensor);
    }
    ASSERT_TRUE(writeSafetensors(folder / "w.safetensors", tensors));
    const auto file = SafetensorsFile::open(folder / "w.safetensors");
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_TRUE(file->metadata().empty());
    for (const TensorView& tensor : file->tensors())
        EXPECT_EQ(static_cast<char>(tensor.bytes[1]), tensor.name[0]);
}

TEST(SafetensorsWriter, AFailedCallbackLeavesNoFile) {
    const TemporaryFolder folder;
    TensorOut tensor{"a", DType::U8, {2}};
    tensor.produce = []() -> Result<std::span<const std::byte>> {
        return fail(ErrorCode::OutOfMemory, "no room");
    };
    const Status status = writeSafetensors(folder / "w.safetensors", std::span(&tensor, 1));
    EXPECT_EQ(messageOf(status), "no room");
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SafetensorsWriter, RefusesWhatTheReaderWouldRefuse) {
    const TemporaryFolder folder;
    const auto messageFor = [&folder](std::vector<TensorOut> tensors) {
        return messageOf(writeSafetensors(folder / "w.safetensors", tensors));
    };
    EXPECT_NE(messageFor({out("", DType::U8, {}, "x")}).find("empty name"), std::string::npos);
    EXPECT_NE(messageFor({out("a\n", DType::U8, {}, "x")}).find("control"), std::string::npos);
    EXPECT_NE(messageFor({out("\xFF", DType::U8, {}, "x")}).find("UTF-8"), std::string::npos);
    EXPECT_NE(messageFor({out("a", DType::U8, {2}, "x")}).find("takes 2"), std::string::npos);
    EXPECT_NE(messageFor({out("a", DType::U8, {-1}, "x")}).find("negative"), std::string::npos);
    EXPECT_NE(messageFor({out("a", GgmlType::Q8_0, {32}, "x")}).find("has no Q8_0"),
              std::string::npos);
    EXPECT_NE(messageFor({out("a", DType::U8, {}, "x"), out("b", DType::F16, {}, "xx"),
                          out("a", DType::F16, {}, "xx")})
                  .find("\"a\" was to be written twice"),
              std::string::npos);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(SafetensorsWriter, DataBeginsAtAMultipleOfEight) {
    const TemporaryFolder folder;
    for (int length = 1; length <= 9; ++length) {
        const std::vector tensors{
            out(std::string(static_cast<std::size_t>(length), 'n'), DType::F64, {1}, "12345678")};
        ASSERT_TRUE(writeSafetensors(folder / "w.safetensors", tensors));
        EXPECT_EQ(readBytes(folder / "w.safetensors").size() % 8, 0u);
    }
}

std::vector<float> roundTripped(DType type, const std::vector<float>& values) {
    const TemporaryFolder folder;
    std::vector<std::byte> bytes(values.size() *
                                 static_cast<std::size_t>(storageBlock(type).bytes));
    EXPECT_TRUE(encodeFloats(type, values, bytes));
    const TensorOut tensor{"w", type, {static_cast<std::int64_t>(values.size())}, bytes};
    EXPECT_TRUE(writeSafetensors(folder / "w.safetensors", std::span(&tensor, 1)));
    const auto file = SafetensorsFile::open(folder / "w.safetensors");
    EXPECT_TRUE(file) << messageOf(file);
    std::vector<float> back(values.size());
    EXPECT_TRUE(decodeFloats(type, file->find("w")->bytes, back));
    return back;
}

RC_GTEST_PROP(SafetensorsWriter, RoundTripsAreExactInTheStoredType, (std::vector<float> values)) {
    EXPECT_EQ(roundTripped(DType::F32, values), values);
    // Values that the narrow types hold exactly: seven significant bits, small exponents.
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(static_cast<int>(i % 255) - 127) / 32.0f;
    EXPECT_EQ(roundTripped(DType::F16, values), values);
    EXPECT_EQ(roundTripped(DType::BF16, values), values);
}

}  // namespace
}  // namespace skd::test
