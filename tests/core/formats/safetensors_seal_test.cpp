#include "formats/safetensors_seal.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "base/hash.h"
#include "formats/safetensors_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::readBytes;
using test::TemporaryFolder;

/// Three tensors in a sealed file, one of them empty and one of several blocks.
class SafetensorsSealed : public testing::Test {
protected:
    void SetUp() override {
        std::iota(m_large.begin(), m_large.end(), 0);
        const std::vector<TensorOut> tensors{
            {"large", DType::I32, {100, 1000}, std::as_bytes(std::span(m_large))},
            {"empty", DType::F32, {0, 4}, {}},
            {"small", DType::U8, {3}, std::as_bytes(std::span(m_small))}};
        ASSERT_TRUE(writeSealedSafetensors(m_path, tensors, {{"format", "pt"}}));
        m_sound = readBytes(m_path);
    }

    /// What reading all of the file in reverse order comes to.
    [[nodiscard]] Status readAll() const {
        SKD_TRY(const SafetensorsFile file, SafetensorsFile::open(m_path));
        TensorCopier copier(file);
        for (auto view = file.tensors().rbegin(); view != file.tensors().rend(); ++view) {
            std::string bytes(view->bytes.size(), '\0');
            SKD_CHECK(copier.copy(*view, bytes.data()));
            if (std::memcmp(bytes.data(), view->bytes.data(), bytes.size()) != 0)
                return fail(ErrorCode::Internal, "other bytes");
        }
        return copier.finish();
    }

    TemporaryFolder m_folder;
    std::filesystem::path m_path = m_folder / "w.safetensors";
    std::vector<std::int32_t> m_large = std::vector<std::int32_t>(100'000);
    std::array<std::uint8_t, 3> m_small{1, 2, 3};
    std::string m_sound;
};

TEST_F(SafetensorsSealed, HoldsTheDigestsOfHeaderAndData) {
    const Status read = readAll();
    EXPECT_TRUE(read) << read.error().message;
    const auto file = SafetensorsFile::open(m_path);
    EXPECT_EQ(file->metadata(), (SafetensorsMetadata{{"format", "pt"}})) << "without the seal";
    std::string digests;
    for (const TensorView& view : file->tensors())
        digests += xxh3Hex({reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()});
    EXPECT_EQ(file->dataDigest(), xxh3Hex(digests));
    const std::string key = R"("sparsekd.xxh3":")";
    const std::size_t place = m_sound.find(key) + key.size();
    std::uint64_t length = 0;
    std::memcpy(&length, m_sound.data(), sizeof length);
    std::string head = m_sound.substr(0, sizeof length + length);
    head.replace(place, kSealDigits, std::string(kSealDigits, '0'));
    EXPECT_EQ(m_sound.substr(place, kSealDigits), xxh3Hex(head) + xxh3Hex(digests));
}

TEST_F(SafetensorsSealed, EveryFlipAndCutIsNoticed) {
    std::uint64_t length = 0;
    std::memcpy(&length, m_sound.data(), sizeof length);
    const auto refused = [&](const std::string& bytes) {
        m_folder.write("w.safetensors", bytes);
        return !readAll();
    };
    for (std::size_t at = 0; at < m_sound.size(); at += at < length + 24 ? 1 : 20'011) {
        std::string flipped = m_sound;
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
        EXPECT_TRUE(refused(flipped)) << "a flip at byte " << at;
        if (at % 16 == 0) {
            EXPECT_TRUE(refused(m_sound.substr(0, at))) << "cut at byte " << at;
        }
    }
    EXPECT_FALSE(refused(m_sound));
}

TEST_F(SafetensorsSealed, ATensorThatIsNotReadIsNotProven) {
    const auto file = SafetensorsFile::open(m_path);
    TensorCopier copier(*file);
    EXPECT_EQ(copier.finish().error().code, ErrorCode::Corrupt);
}

TEST_F(SafetensorsSealed, AFileThatIsCutWhileItIsReadIsAnError) {
    const auto file = SafetensorsFile::open(m_path);
    ASSERT_TRUE(file);
    std::filesystem::resize_file(m_path, m_sound.size() / 2);
    TensorCopier copier(*file);
    std::string bytes(file->find("large")->bytes.size(), '\0');
    EXPECT_EQ(copier.copy(*file->find("large"), bytes.data()).error().code, ErrorCode::Corrupt);
}

TEST_F(SafetensorsSealed, LaterSealsAreNamed) {
    std::string later = m_sound;
    const std::string key = R"("sparsekd.sealed":")";
    later[later.find(key) + key.size()] = '2';
    m_folder.write("w.safetensors", later);
    EXPECT_EQ(SafetensorsFile::open(m_path).error().code, ErrorCode::Newer);
}

TEST_F(SafetensorsSealed, FilesWithoutASealAreReadAsTheyAre) {
    const std::vector<TensorOut> tensors{
        {"small", DType::U8, {3}, std::as_bytes(std::span(m_small))}};
    ASSERT_TRUE(writeSafetensors(m_path, tensors, {{"format", "pt"}}));
    EXPECT_EQ(readBytes(m_path).find("sparsekd"), std::string::npos);
    EXPECT_FALSE(SafetensorsFile::open(m_path)->dataDigest());
    EXPECT_TRUE(readAll());
}

}  // namespace
}  // namespace skd
