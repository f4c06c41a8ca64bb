#include "base/gguf_parts.h"

#include <gtest/gtest.h>

namespace skd::test {
namespace {

TEST(GgufParts, AreKnownByTheirNames) {
    const auto part = ggufPart("/m/tiny-q8-00002-of-00012.gguf");
    ASSERT_TRUE(part);
    EXPECT_EQ(part->name, "tiny-q8");
    EXPECT_EQ(part->number, 2);
    EXPECT_EQ(part->count, 12);
    EXPECT_EQ(ggufPartBeside("/m/tiny-q8-00002-of-00012.gguf", *part, 1),
              "/m/tiny-q8-00001-of-00012.gguf");
    for (const char* other :
         {"tiny.gguf", "tiny-00002-of-00012.bin", "-00001-of-00002.gguf", "a-00000-of-00002.gguf",
          "a-00003-of-00002.gguf", "a-0001-of-00002.gguf", "a-0000x-of-00002.gguf",
          "a-00001_of-00002.gguf", ""}) {
        EXPECT_FALSE(ggufPart(other)) << other;
        EXPECT_FALSE(isLaterGgufPart(other)) << other;
    }
    EXPECT_EQ(ggufName("tiny.Q8_0.gguf"), "tiny.Q8_0");
    EXPECT_FALSE(isLaterGgufPart("a-00001-of-00002.gguf"));
    EXPECT_TRUE(isLaterGgufPart("a-00002-of-00002.gguf"));
}

}  // namespace
}  // namespace skd::test
