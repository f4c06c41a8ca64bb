// Golden values computed with Python's `regex` module and Hugging Face `datasets`.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/hash.h"
#include "corpus/wikitext.h"
#include "support/tokenizer_fixtures.h"
#include "tokenizer/pretokenizer/pre_tokenizer.h"

namespace skd {
namespace {

using test::collect;
using Pieces = std::vector<std::string>;

Pieces scan(KnownPattern pattern, std::string_view text) {
    return collect([&](PieceSink sink) { scanPieces(pattern, text, sink); });
}

Pieces scanAfterDigits(std::string_view text) {
    std::vector<PreTokenizer> stages;
    stages.push_back(matcherSplit(matchDigits, SplitBehavior::Isolated, false));
    stages.push_back(scannerSplit(KnownPattern::Gpt2));
    const PreTokenizer both = sequence(std::move(stages));
    return collect([&](PieceSink sink) { EXPECT_TRUE(both(text, true, sink)); });
}

std::string joinByNul(const Pieces& pieces) {
    std::string joined;
    for (const std::string& piece : pieces) {
        if (&piece != &pieces.front()) joined += '\0';
        joined += piece;
    }
    return joined;
}

void expectPieces(const Pieces& pieces, std::size_t count, const char* sha256) {
    EXPECT_EQ(pieces.size(), count);
    EXPECT_EQ(sha256Hex(joinByNul(pieces)), sha256);
}

TEST(Wikitext, RowsAndJoinedTextEqualTheDataSet) {
    const std::string raw = test::wikitextRaw();
    EXPECT_EQ(wikitextRows(raw).size(), 4358u);
    const std::string joined = joinWikitextRows(raw);
    EXPECT_EQ(joined.size(), 1296370u);
    const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    EXPECT_EQ(joined.size() - static_cast<std::size_t>(
                                  std::count_if(joined.begin(), joined.end(), continuation)),
              1294336u);
    EXPECT_EQ(sha256Hex(joined),
              "696cca6b65a171b0a358a4be6732cdfdf2dd6164a32e20fd70e3c13fc4dfae83");
}

TEST(Wikitext, RowsOfOddFiles) {
    EXPECT_TRUE(wikitextRows("").empty());
    EXPECT_EQ(joinWikitextRows("a"), "a");
    EXPECT_EQ(joinWikitextRows(" \n a \n\n"), "\n\n a \n\n\n");
}

TEST(PreTokenizerGolden, WholeWikitext) {
    const std::string text = joinWikitextRows(test::wikitextRaw());
    expectPieces(scan(KnownPattern::Gpt2, text), 247231,
                 "77180c76ccd14f79ca062a175e06c21c2cb1d0ef16fcd965d3c38edb300a62ee");
    expectPieces(scan(KnownPattern::Qwen2, text), 267662,
                 "4e34bddddc150a59fa72571923013ed15e0b4a2d793cb67265ff70cc1e49021f");
    expectPieces(scan(KnownPattern::Llama3, text), 257778,
                 "3b19c099136e111bea2233f80cb6cb12651dea8c018e918091e96edebf3a3161");
    expectPieces(scan(KnownPattern::O200k, text), 258031,
                 "c907820fb74cb02e33d88bb059bf496b510e1eba7323087c363f40b73e6b8098");
    expectPieces(scanAfterDigits(text), 267761,
                 "4a1fb2433ee41d50eed4d93e0e92d58bb14cfe044853084a3cb393609af076b5");
}

constexpr const char* kSmall =
    "It's  2024年3月, Café déjà-vu…\r\n\r\n\tfoo_bar(x)  += 12.5e3; DON'T don't 𝟘½ \u00A0\u3000end "
    " \n ";

TEST(PreTokenizerGolden, SmallString) {
    EXPECT_EQ(
        scan(KnownPattern::Gpt2, kSmall),
        (Pieces{"It", "'s", " ",    " 2024",    "年",  "3",       "月",     ",",   " Café", " déjà",
                "-",  "vu", "…",    "\r\n\r\n", "\t",  "foo",     "_",      "bar", "(",     "x",
                ")",  " ",  " +=",  " 12",      ".",   "5",       "e",      "3",   ";",     " DON",
                "'",  "T",  " don", "'t",       " 𝟘½", " \u00A0", "\u3000", "end", "  \n "}));
    const Pieces qwen2{"It",  "'s",        " ",       " ",         "2",    "0",     "2",
                       "4",   "年",        "3",       "月",        ",",    " Café", " déjà",
                       "-vu", "…\r\n\r\n", "\tfoo",   "_bar",      "(x",   ")",     " ",
                       " +=", " ",         "1",       "2",         ".",    "5",     "e",
                       "3",   ";",         " DON",    "'T",        " don", "'t",    " ",
                       "𝟘",   "½",         " \u00A0", "\u3000end", "  \n", " "};
    EXPECT_EQ(scan(KnownPattern::Qwen2, kSmall), qwen2);
    const Pieces llama3{"It", "'s",      " ",         " ",     "202", "4",         "年",    "3",
                        "月", ",",       " Café",     " déjà", "-vu", "…\r\n\r\n", "\tfoo", "_bar",
                        "(x", ")",       " ",         " +=",   " ",   "12",        ".",     "5",
                        "e",  "3",       ";",         " DON",  "'T",  " don",      "'t",    " ",
                        "𝟘½", " \u00A0", "\u3000end", "  \n",  " "};
    EXPECT_EQ(scan(KnownPattern::Llama3, kSmall), llama3);
    const Pieces o200k{"It's", " ",  " ",       "202",       "4",    "年",        "3",
                       "月",   ",",  " Café",   " déjà",     "-vu",  "…\r\n\r\n", "\tfoo",
                       "_bar", "(x", ")",       " ",         " +=",  " ",         "12",
                       ".",    "5",  "e",       "3",         ";",    " DON'T",    " don't",
                       " ",    "𝟘½", " \u00A0", "\u3000end", "  \n", " "};
    EXPECT_EQ(scan(KnownPattern::O200k, kSmall), o200k);
}

TEST(PreTokenizerGolden, PatternsAreSpelledAsInTokenizerJson) {
    EXPECT_EQ(patternRegex(KnownPattern::Llama3),
              R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
              R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)");
    EXPECT_EQ(findKnownPattern(patternRegex(KnownPattern::Tekken)), KnownPattern::Tekken);
    EXPECT_EQ(findKnownPattern(R"(\s+)"), std::nullopt);
}

}  // namespace
}  // namespace skd
