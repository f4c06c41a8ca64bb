#include <gtest/gtest.h>

#include "corpus/wikitext.h"
#include "support/tokenizer_fixtures.h"

namespace skd {
namespace {

using test::gpt2;
using test::idsOf;
using Ids = std::vector<TokenId>;

TEST(TokenizerGolden, Gpt2SmallString) {
    EXPECT_EQ(idsOf(*gpt2(), "Hello world! I've 123 cats\n\n  x"),
              (Ids{15496, 995, 0, 314, 1053, 17031, 11875, 628, 220, 2124}));
}

TEST(TokenizerGolden, Gpt2OnWikitext) {
    const std::string raw = test::wikitextRaw();
    const Ids joined = idsOf(*gpt2(), joinWikitextRows(raw));
    EXPECT_EQ(joined.size(), 287644u);
    EXPECT_EQ(Ids(joined.begin(), joined.begin() + 12),
              (Ids{628, 796, 5199, 347, 2852, 353, 796, 220, 628, 628, 198, 5199}));
    const Ids whole = idsOf(*gpt2(), raw);
    EXPECT_EQ(whole.size(), 286221u);
    EXPECT_EQ(gpt2()->decode(whole), raw);
}

TEST(TokenizerGolden, Gpt2Facts) {
    EXPECT_EQ(gpt2()->vocabularySize(), 50257u);
    EXPECT_EQ(gpt2()->description(), "byte-level BPE, 50257 tokens, pre-tokeniser gpt-2");
    EXPECT_EQ(gpt2()->sha256().size(), 64u);
    EXPECT_FALSE(gpt2()->addsBos());
    EXPECT_EQ(gpt2()->tokenText(50256), "<|endoftext|>");
    EXPECT_EQ(gpt2()->tokenText(995), " world");
    EXPECT_EQ(gpt2()->tokenText(447),
              "\xEF\xBF\xBD");  // the first two bytes of a three-byte character
    EXPECT_EQ(gpt2()->tokenText(50257), "");
}

TEST(TokenizerGolden, IdsSha256) {
    // printf '\001\000\000\000\000\001\000\000' | sha256sum
    EXPECT_EQ(idsSha256(Ids{1, 256}),
              "242045e2f1bb37769b514f182fd91b3d215324cb57f187cced1e9c62921dbac3");
}

}  // namespace
}  // namespace skd
