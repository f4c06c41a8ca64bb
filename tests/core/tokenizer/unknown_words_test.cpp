#include <gtest/gtest.h>

#include "tokenizer/unknown_words.h"

namespace skd {
namespace {

using Marks = std::vector<bool>;

/// A byte-level vocabulary of characters, and "<u", "nk", "k>" as tokens of more.
std::shared_ptr<const Tokenizer> lettersAndPairs(const char* added = "[]") {
    std::string json = R"({"version":"1.0","added_tokens":)";
    json += added;
    json += R"(,"normalizer":null,"post_processor":null,
        "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,
            "use_regex":false},
        "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,
            "use_regex":false},
        "model":{"type":"BPE","vocab":{"a":0,"<":1,"u":2,"n":3,"k":4,">":5,"<u":6,">a":7,"a<u":8},
            "merges":["< u","> a","a <u"]}})";
    return Tokenizer::fromJson(json).value();
}

Marks marksOf(const Tokenizer& tokenizer, std::string_view text) {
    return tokensOfUnknownWords(tokenizer, tokenizer.encode(text).value());
}

}  // namespace

/// Worked out by hand: a token that shares one character with an <unk> belongs to it.
TEST(UnknownWords, EveryTokenThatTouchesOne) {
    const auto tokenizer = lettersAndPairs();
    // a | <u n k > would be a<u | n | k | >a | a
    EXPECT_EQ(marksOf(*tokenizer, "aa<unk>aa"), (Marks{false, true, true, true, true, false}));
    EXPECT_EQ(marksOf(*tokenizer, "<unk>"), (Marks{true, true, true, true}));
    EXPECT_TRUE(marksOf(*tokenizer, "a<un>k>a").empty());
    EXPECT_TRUE(marksOf(*tokenizer, "").empty());
    EXPECT_EQ(marksOf(*tokenizer, "<unk><unk>a"),
              (Marks{true, true, true, true, true, true, true, true}))
        << "the last token, >a, holds the a";
}

TEST(UnknownWords, ATokenOfItsOwn) {
    const auto tokenizer = lettersAndPairs(
        R"([{"id":9,"content":"<unk>","single_word":false,"lstrip":false,"rstrip":false,
             "normalized":false,"special":true}])");
    EXPECT_EQ(marksOf(*tokenizer, "a<unk>a"), (Marks{false, true, false}));
}

TEST(UnknownWords, AreCounted) {
    EXPECT_EQ(countUnknownWords("<unk> a <unk><unk> <un k>"), 3);
    EXPECT_EQ(countUnknownWords(""), 0);
}

}  // namespace skd
