#include "tokenizer/text_stream.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "support/tokenizer_fixtures.h"

namespace skd::test {
namespace {

std::vector<std::string> stream(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
    TextStream text(tokenizer);
    std::vector<std::string> pieces;
    for (const TokenId id : ids) pieces.push_back(text.push(id));
    pieces.push_back(text.finish());
    return pieces;
}

std::string joined(const std::vector<std::string>& pieces) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    return all;
}

TEST(TextStream, HoldsBackHalfACharacter) {
    // GPT-2 has no token for these characters: their bytes are spread over two to four.
    const std::string text = "ok 🦀 漢字 é";
    const std::vector<TokenId> ids = idsOf(*gpt2(), text);
    const std::vector<std::string> pieces = stream(*gpt2(), ids);
    EXPECT_EQ(joined(pieces), text);
    int held = 0;
    for (const std::string& piece : pieces) {
        EXPECT_TRUE(isValidUtf8(piece));
        EXPECT_EQ(piece.find("\xEF\xBF\xBD"), std::string::npos);
        held += piece.empty();
    }
    EXPECT_GT(held, 3);
}

TEST(TextStream, GivesAnIncompleteEndAsReplacement) {
    std::vector<TokenId> ids = idsOf(*gpt2(), "🦀");
    ASSERT_GT(ids.size(), 1u);
    ids.pop_back();
    const std::vector<std::string> pieces = stream(*gpt2(), ids);
    EXPECT_EQ(joined(pieces), gpt2()->decode(ids));
    EXPECT_FALSE(pieces.back().empty());
}

/// Any tokens in any order, with vocabularies that treat spaces and bytes in different ways.
RC_GTEST_PROP(TextStream, PiecesAreWhatDecodingAllAtOnceGives, ()) {
    static const std::vector<std::shared_ptr<const Tokenizer>> tokenizers{
        gpt2(), loadTokenizer("tokenizer/llama2.json"), loadTokenizer("tokenizer/smollm.json")};
    const Tokenizer& tokenizer = *tokenizers[*rc::gen::inRange<std::size_t>(0, tokenizers.size())];
    const auto ids = *rc::gen::container<std::vector<TokenId>>(
        rc::gen::inRange<TokenId>(0, static_cast<TokenId>(tokenizer.vocabularySize())));
    const std::vector<std::string> pieces = stream(tokenizer, ids);
    for (const std::string& piece : pieces) RC_ASSERT(isValidUtf8(piece));
    RC_ASSERT(joined(pieces) == tokenizer.decode(ids));
}

}  // namespace
}  // namespace skd::test
