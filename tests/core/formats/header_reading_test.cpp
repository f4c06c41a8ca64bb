#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/text.h"
#include "core/formats/format_bytes.h"
#include "formats/gguf_file.h"
#include "formats/gguf_parser.h"
#include "formats/safetensors_file.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

/// Many tensors without values, so that the header is long.
std::string longSafetensors() {
    std::string header = "{";
    for (int i = 0; i < 3000; ++i)
        header += strCat(i == 0 ? "" : ",", "\"layer.", i,
                         "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    return safetensorsBytes(header + "}");
}

std::string longGguf() {
    GgufBytes file(0, 3000);
    for (int i = 0; i < 3000; ++i) file.stringKey(strCat("key.", i), std::string(40, 'x'));
    return file.pad().bytes();
}

/// Opens a file again and again while another thread cuts it and makes it longer again. How often
/// that was noticed; a read through a map would end the process.
template <class Open>
int errorsWhileCut(const fs::path& path, const Open& open) {
    const auto whole = fs::file_size(path);
    std::atomic<bool> done = false;
    std::thread cutter([&] {
        while (!done) {
            fs::resize_file(path, 5000);
            std::this_thread::yield();
            fs::resize_file(path, whole);
        }
    });
    int errors = 0;
    for (int i = 0; i < 2000; ++i) errors += open(path) ? 0 : 1;
    done = true;
    cutter.join();
    return errors;
}

TEST(HeaderReading, AFileThatIsCutMeanwhileIsAnError) {
    const TemporaryFolder folder;
    const auto safetensors = folder.write("w.safetensors", longSafetensors());
    const auto gguf = folder.write("w.gguf", longGguf());
    ASSERT_TRUE(SafetensorsFile::open(safetensors));
    ASSERT_TRUE(GgufFile::open(gguf));
    EXPECT_GT(
        errorsWhileCut(safetensors, [](const fs::path& p) { return SafetensorsFile::open(p); }), 0);
    EXPECT_GT(errorsWhileCut(gguf, [](const fs::path& p) { return GgufFile::open(p); }), 0);
}

TEST(HeaderReading, MetadataOutlivesItsFile) {
    const TemporaryFolder folder;
    const auto path = folder.write("w.gguf", longGguf());
    const auto file = GgufFile::open(path);
    ASSERT_TRUE(file) << messageOf(file);
    fs::resize_file(path, 0);
    EXPECT_EQ(file->metadata().string("key.2999"), std::string(40, 'x'));
    EXPECT_FALSE(file->checkUnchanged());
}

TEST(HeaderReading, AGgufThatIsCutAfterItWasMappedIsAnError) {
    const TemporaryFolder folder;
    const auto path = folder.write("w.gguf", longGguf());
    const auto mapped = MappedFile::open(path);
    ASSERT_TRUE(mapped);
    fs::resize_file(path, 10);
    const auto head = readGgufHead(*mapped);
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, ErrorCode::Corrupt);
    EXPECT_NE(head.error().message.find("ends at byte 10"), std::string::npos)
        << head.error().message;
}

/// The first bytes that are read are not enough, nor are the next.
TEST(HeaderReading, AGgufHeaderOfAnyLengthIsReadWhole) {
    const TemporaryFolder folder;
    const std::string large(21u << 20, 'x');
    GgufBytes bytes(1, 3);
    bytes.stringKey("first", std::string(5u << 20, 'a')).stringKey("second", large);
    bytes.text("list").put(9u).put(8u).put(std::uint64_t{2}).text("one").text("two");
    bytes.tensor("t", {32}, 0, 0).pad().raw(std::string(128, '\1'));
    const auto file = GgufFile::open(folder.write("w.gguf", bytes.bytes()));
    ASSERT_TRUE(file) << messageOf(file);
    EXPECT_EQ(file->metadata().string("first")->size(), 5u << 20);
    EXPECT_TRUE(file->metadata().string("second") == large);
    EXPECT_EQ(file->metadata().strings("list"), (std::vector<std::string_view>{"one", "two"}));
    std::array<std::byte, 4> value{};
    ASSERT_TRUE(file->find("t")->copyBytes(124, value));
    EXPECT_EQ(value[3], std::byte{1});
    const std::string cut = bytes.bytes().substr(0, 20u << 20);
    EXPECT_NE(messageOf(GgufFile::open(folder.write("cut.gguf", cut))).find("ends inside a string"),
              std::string::npos);
}

}  // namespace
}  // namespace skd::test
