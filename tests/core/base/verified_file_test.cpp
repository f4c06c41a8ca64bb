#include "base/verified_file.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::readBytes;
using test::TemporaryFolder;

constexpr VerifiedFormat kSomeFormat{"sparsekd-some", 1 << 16};

TEST(VerifiedFile, HoldsTheContentAndItsHash) {
    const TemporaryFolder folder;
    const Json content{{"b", 1}, {"a", {0.1, nullptr, "ü"}}};
    ASSERT_TRUE(writeVerifiedJson(folder / "f", kSomeFormat, content));
    EXPECT_EQ(*readVerifiedJson(folder / "f", kSomeFormat), content);
    ASSERT_TRUE(writeVerifiedJson(folder / "f", kSomeFormat, Json::object()));
    // The digest of "{}" is that of xxh128sum.
    EXPECT_EQ(readBytes(folder / "f"), R"({"format":"sparsekd-some","version":1,"xxh3":")"
                                       "dc7048f8f8747f561349cde127705c16"
                                       R"(","content":{}})"
                                       "\n");
}

TEST(VerifiedFile, NoticesAFlipInEveryByteAndEveryCut) {
    const TemporaryFolder folder;
    ASSERT_TRUE(writeVerifiedJson(folder / "f", kSomeFormat, {{"loss", 2.5}, {"step", 12}}));
    const std::string sound = readBytes(folder / "f");
    for (std::size_t at = 0; at < sound.size(); ++at) {
        for (const std::size_t bit : {at % 8, (at + 5) % 8}) {
            std::string flipped = sound;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            folder.write("f", flipped);
            EXPECT_FALSE(readVerifiedJson(folder / "f", kSomeFormat)) << flipped;
        }
        folder.write("f", sound.substr(0, at));
        EXPECT_FALSE(readVerifiedJson(folder / "f", kSomeFormat)) << "cut at " << at;
    }
    folder.write("f", sound + "\n");
    EXPECT_FALSE(readVerifiedJson(folder / "f", kSomeFormat));
}

TEST(VerifiedFile, SaysWhyItIsRefused) {
    const TemporaryFolder folder;
    const auto codeOf = [&](const std::string& bytes) {
        const auto read = readVerifiedJson(folder.write("f", bytes), kSomeFormat);
        return read ? ErrorCode::Internal : read.error().code;
    };
    EXPECT_EQ(readVerifiedJson(folder / "missing", kSomeFormat).error().code, ErrorCode::NotFound);
    EXPECT_EQ(codeOf("{"), ErrorCode::Corrupt);
    EXPECT_EQ(codeOf(R"({"format":"sparsekd-some","version":2,"xxh3":"0","content":{}})"),
              ErrorCode::Newer);
    EXPECT_EQ(codeOf(R"({"format":"sparsekd-other","version":1,"xxh3":"0","content":{}})"),
              ErrorCode::Corrupt);
    ASSERT_TRUE(writeVerifiedJson(folder / "f", kSomeFormat, {{"a", 1}}));
    std::string version = readBytes(folder / "f");
    version[version.find("\"version\":1") + 10] = '3';
    EXPECT_EQ(codeOf(version), ErrorCode::Corrupt) << "a flipped bit, not a later version";
    ASSERT_TRUE(writeVerifiedJson(folder / "f", {"sparsekd-other"}, {{"a", 1}}));
    EXPECT_EQ(readVerifiedJson(folder / "f", kSomeFormat).error().code, ErrorCode::Corrupt)
        << "sound, but of another format";
}

TEST(VerifiedFile, FilesOfEarlierVersionsAreRead) {
    const TemporaryFolder folder;
    EXPECT_EQ(*readVerifiedJson(folder.write("f", "{\n \"a\": 1\n}"), kSomeFormat),
              Json({{"a", 1}}));
}

}  // namespace
}  // namespace skd
