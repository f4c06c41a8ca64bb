#include "base/hash.h"

#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace skd {
namespace {

// FIPS 180-4, appendix of examples.
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kOfAMillionAs =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Hash, Sha256MatchesTheStandard) {
    EXPECT_EQ(sha256Hex(""), kOfNothing);
    EXPECT_EQ(sha256Hex("abc"), kOfAbc);
    EXPECT_EQ(sha256Hex(std::string(1'000'000, 'a')), kOfAMillionAs);
}

TEST(Hash, Sha256InPartsIsTheSame) {
    Sha256 hash;
    hash.update("a").update("").update("bc");
    Sha256 moved = std::move(hash);
    EXPECT_EQ(moved.hex(), kOfAbc);
}

TEST(Hash, Sha256OfFiles) {
    const test::TemporaryFolder folder;
    EXPECT_EQ(*sha256File(folder.write("empty", "")), kOfNothing);
    EXPECT_EQ(*sha256File(folder.write("million", std::string(1'000'000, 'a'))), kOfAMillionAs);
    const std::string large(3'000'001, 'x');  // several blocks and a rest
    EXPECT_EQ(*sha256File(folder.write("large", large)), sha256Hex(large));
    EXPECT_EQ(sha256File(folder / "missing").error().code, ErrorCode::NotFound);
}

TEST(Hash, Xxh3MatchesItsReference) {
    EXPECT_EQ(xxh3("", 0), 0x2D06800538D394C2ull);  // xxHash's own sanity table, length 0, seed 0
    EXPECT_NE(xxh3("a", 1), xxh3("b", 1));
    EXPECT_EQ(xxh3Hex(""), "99aa06d3014798d86001c324468d497f");  // of xxh128sum
}

TEST(Hash, Xxh3InPartsIsTheSame) {
    const std::string bytes(100'000, 'x');
    Xxh3 hash;
    hash.update(bytes.data(), 1).update(bytes.data(), 0).update(bytes.data(), 99'999);
    EXPECT_EQ(hash.hex(), xxh3Hex(bytes));
    EXPECT_NE(hash.update("y", 1).hex(), xxh3Hex(bytes));
}

}  // namespace
}  // namespace skd
