#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "base/unicode.h"
#include "support/tokenizer_fixtures.h"

namespace skd {
namespace {

using test::idsOf;
using Ids = std::vector<TokenId>;

/// The GPT-2 fixture as a GGUF file would carry it.
VocabularyParts gpt2Parts(const std::string& pre) {
    const auto json = nlohmann::json::parse(test::fixtureText("gpt2/tokenizer.json"));
    VocabularyParts parts;
    parts.model = "gpt2";
    parts.pre = pre;
    parts.tokens.resize(json["model"]["vocab"].size());
    for (const auto& [text, id] : json["model"]["vocab"].items())
        parts.tokens[id.get<std::size_t>()] = text;
    parts.types.assign(parts.tokens.size(), 1);
    parts.types[50256] = 3;
    for (const auto& merge : json["model"]["merges"])
        parts.merges.push_back(merge.get<std::string>());
    parts.bos = parts.eos = 50256;
    return parts;
}

std::shared_ptr<const Tokenizer> fromParts(const VocabularyParts& parts) {
    const auto tokenizer = Tokenizer::fromVocabulary(parts);
    EXPECT_TRUE(tokenizer) << (tokenizer ? "" : tokenizer.error().message);
    return tokenizer.value_or(nullptr);
}

TEST(TokenizerVocabulary, EqualsTheTokenizerJson) {
    const auto tokenizer = fromParts(gpt2Parts("gpt-2"));
    ASSERT_TRUE(tokenizer);
    const Json strings = test::fixtureJson("tokenizer/expected.json")["strings"];
    for (const Json& text : strings)
        EXPECT_EQ(idsOf(*tokenizer, text.get<std::string>()),
                  idsOf(*test::gpt2(), text.get<std::string>()));
    const std::string raw = test::wikitextRaw();
    EXPECT_EQ(idsSha256(idsOf(*tokenizer, raw)), idsSha256(idsOf(*test::gpt2(), raw)));
    EXPECT_EQ(tokenizer->description(), "byte-level BPE, 50257 tokens, pre-tokeniser gpt-2");
    EXPECT_EQ(tokenizer->bos(), 50256u);
    EXPECT_FALSE(tokenizer->addsBos());
}

TEST(TokenizerVocabulary, PreTokenizersByName) {
    const std::string text = "in 2024 they'd";
    EXPECT_EQ(idsOf(*fromParts(gpt2Parts("gpt-2")), text).size(), 4u);   // in| 2024| they|'d
    EXPECT_EQ(idsOf(*fromParts(gpt2Parts("smollm")), text).size(), 8u);  // in| |2|0|2|4| they|'d
    EXPECT_EQ(idsOf(*fromParts(gpt2Parts("gpt-4o")), text).size(),
              6u);  // in| |202|4| they|'d (one piece)
    EXPECT_TRUE(fromParts(gpt2Parts("llama-bpe"))->addsBos());
    EXPECT_FALSE(fromParts(gpt2Parts("qwen2"))->addsBos());
    VocabularyParts parts = gpt2Parts("llama-bpe");
    parts.addBos = false;
    EXPECT_FALSE(fromParts(parts)->addsBos());
    parts.addEos = true;
    EXPECT_EQ(idsOf(*fromParts(parts), "in", {.addSpecialTokens = true}), (Ids{259, 50256}));
}

TEST(TokenizerVocabulary, QwenNormalizes) {
    const std::string decomposed = "cafe\u0301";
    EXPECT_EQ(idsOf(*fromParts(gpt2Parts("qwen2")), decomposed), idsOf(*test::gpt2(), "caf\u00e9"));
    EXPECT_NE(idsOf(*fromParts(gpt2Parts("gpt-2")), decomposed), idsOf(*test::gpt2(), "caf\u00e9"));
}

TEST(TokenizerVocabulary, MissingNameFallsBackAndUnknownNameIsRefused) {
    const auto missing = fromParts(gpt2Parts(""));
    const auto byName = fromParts(gpt2Parts("default"));
    // The four stages: punctuation, GPT-2's pattern, runs of numbers, groups of three digits.
    const Ids ids = idsOf(*missing, " 123456$x");
    EXPECT_EQ(ids, idsOf(*byName, " 123456$x"));
    std::vector<std::string> pieces;
    for (const TokenId id : ids) pieces.push_back(missing->tokenText(id));
    EXPECT_EQ(pieces, (std::vector<std::string>{" ", "123", "456", "$", "x"}));

    const auto refused = Tokenizer::fromVocabulary(gpt2Parts("smolm"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_NE(refused.error().message.find("\"smollm\"?"), std::string::npos)
        << refused.error().message;
}

TEST(TokenizerVocabulary, IdentityDependsOnEveryField) {
    const auto base = [] {
        VocabularyParts parts;
        parts.model = "gpt2";
        parts.pre = "gpt-2";
        parts.tokens = {"a", "b", "ab"};
        parts.types = {1, 1, 1};
        parts.merges = {"a b"};
        return parts;
    };
    std::vector<VocabularyParts> variants(8, base());
    variants[1].pre = "smollm";
    variants[2].tokens = {"a", "b", "ab", "c"};
    variants[2].types = {1, 1, 1, 1};
    variants[3].types = {1, 1, 4};
    variants[4].merges = {};
    variants[5].bos = 0;
    variants[6].addBos = false;
    variants[7].eos = 0;
    std::set<std::string> seen;
    for (const VocabularyParts& parts : variants) seen.insert(fromParts(parts)->sha256());
    EXPECT_EQ(seen.size(), variants.size());
    EXPECT_EQ(fromParts(base())->sha256(), fromParts(base())->sha256());
}

TEST(TokenizerVocabulary, UserDefinedTokensAreCutOutSpecialOnesOnRequest) {
    VocabularyParts parts;
    parts.model = "gpt2";
    parts.pre = "gpt-2";
    parts.tokens = {"a", "b", "<", ">", "<a>", "<b>"};
    parts.types = {1, 1, 1, 1, 3, 4};
    const auto tokenizer = fromParts(parts);
    EXPECT_EQ(idsOf(*tokenizer, "<a><b>"), (Ids{4, 5}));
    EXPECT_EQ(idsOf(*tokenizer, "<a><b>", {.parseSpecial = false}), (Ids{2, 0, 3, 5}));
    EXPECT_EQ(tokenizer->decode(Ids{4, 0, 5}, true), "a<b>");
}

TEST(TokenizerVocabulary, Malformed) {
    const auto refusal = [](const std::function<void(VocabularyParts&)>& change) {
        VocabularyParts parts;
        parts.model = "gpt2";
        parts.pre = "gpt-2";
        parts.tokens = {"a", "b", "ab"};
        parts.types = {1, 1, 1};
        parts.merges = {"a b"};
        change(parts);
        const auto tokenizer = Tokenizer::fromVocabulary(parts);
        EXPECT_FALSE(tokenizer);
        return tokenizer ? std::string() : tokenizer.error().message;
    };
    const auto contains = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    EXPECT_PRED2(contains, refusal([](auto& p) { p.model = "bert"; }), "bert");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.model = ""; }), "tokenizer.ggml.model");
    EXPECT_PRED2(contains, refusal([](auto& p) {
                     p.tokens.clear();
                     p.types.clear();
                     p.merges.clear();
                 }),
                 "empty");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.types.pop_back(); }), "token_type has 2");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.types[1] = 9; }), "token_type[1]");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.types[1] = 6; }), "byte token 1");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.tokens[1] = "\xFF"; }), "tokens[1]");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.tokens[1] = "a"; }), "appears twice");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.merges[0] = "ab"; }), "merge 0");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.merges[0] = "a \xFF"; }), "merges[0]");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.merges.push_back("b a"); }), "merge 1");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.bos = 3; }), "bos");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.eos = ~0u; }), "eos");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.model = "llama"; }), "no scores");
    EXPECT_PRED2(contains, refusal([](auto& p) { p.scores = {1.f}; }), "scores has 1");
    EXPECT_PRED2(contains, refusal([](auto& p) {
                     p.model = "llama";
                     p.scores = {0.f, NAN, 0.f};
                 }),
                 "score of token 1");
}

/// SentencePiece by its definition: join the neighbours whose union has the highest score, leftmost
/// first.
std::vector<std::string> sentencePieces(const VocabularyParts& parts, std::string_view text) {
    std::vector<std::string> symbols;
    while (!text.empty()) {
        std::uint8_t length = 0;
        unicode::decode(text.data(), length);
        symbols.emplace_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    while (true) {
        std::size_t best = symbols.size();
        float score = -std::numeric_limits<float>::infinity();
        for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
            const auto token =
                std::find(parts.tokens.begin(), parts.tokens.end(), symbols[i] + symbols[i + 1]);
            if (token == parts.tokens.end()) continue;
            const float s = parts.scores[static_cast<std::size_t>(token - parts.tokens.begin())];
            if (s <= score) continue;
            score = s;
            best = i;
        }
        if (best == symbols.size()) return symbols;
        symbols[best] += symbols[best + 1];
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

VocabularyParts sentencePieceParts(std::mt19937& random) {
    VocabularyParts parts;
    parts.model = "llama";
    parts.tokens = {"<unk>", "<s>", "</s>"};
    parts.types = {2, 3, 3};
    parts.bos = 1;
    parts.eos = 2;
    parts.unknown = 0;
    for (int byte = 0; byte < 256; ++byte) {
        constexpr const char* kDigits = "0123456789ABCDEF";
        parts.tokens.push_back(strCat("<0x", kDigits[byte / 16], kDigits[byte % 16], ">"));
        parts.types.push_back(6);
    }
    std::vector<std::string> made{"▁", "a", "b", "é", "中"};
    while (made.size() < 60) {
        std::string joined = made[random() % made.size()] + made[random() % made.size()];
        if (joined.size() < 12 && std::find(made.begin(), made.end(), joined) == made.end())
            made.push_back(joined);
    }
    for (const std::string& token : made) {
        parts.tokens.push_back(token);
        parts.types.push_back(1);
    }
    for (std::size_t i = 0; i < parts.tokens.size(); ++i)
        parts.scores.push_back(-static_cast<float>(random() % 30));
    return parts;
}

TEST(TokenizerVocabulary, SentencePieceFollowsItsDefinition) {
    std::mt19937 random(11);
    constexpr std::array<const char*, 5> kLetters{" ", "a", "b", "é", "中"};
    for (int round = 0; round < 40; ++round) {
        VocabularyParts parts = sentencePieceParts(random);
        parts.addSpacePrefix = round % 2 == 0;
        const auto tokenizer = fromParts(parts);
        for (int i = 0; i < 20; ++i) {
            std::string text;
            std::string escaped = *parts.addSpacePrefix ? "▁" : "";
            for (std::size_t k = random() % 40; k-- > 0;) {
                const char* letter = kLetters[random() % kLetters.size()];
                text += letter;
                escaped += *letter == ' ' ? "▁" : letter;
            }
            if (text.empty()) continue;
            std::vector<std::string> pieces;
            for (const TokenId id : idsOf(*tokenizer, text)) pieces.push_back(parts.tokens[id]);
            ASSERT_EQ(pieces, sentencePieces(parts, escaped)) << text;
            ASSERT_EQ(tokenizer->decode(idsOf(*tokenizer, text)), text);
        }
    }
}

/// As in Gemma's vocabularies: a run of spaces is a user-defined token that the file spells with
/// spaces.
TEST(TokenizerVocabulary, UserDefinedSpacesAreMetaspaces) {
    VocabularyParts parts;
    parts.model = "llama";
    parts.tokens = {"<unk>", "▁", "a", "▁a", "  ", "    "};
    parts.types = {2, 1, 1, 1, 4, 4};
    parts.scores = {0, -9, -8, -1, -1000, -1000};
    parts.unknown = 0;
    parts.addSpacePrefix = false;
    const auto tokenizer = fromParts(parts);
    EXPECT_EQ(idsOf(*tokenizer, "a  a a"), (Ids{2, 4, 2, 3}));
    EXPECT_EQ(idsOf(*tokenizer, "a▁▁a"), (Ids{2, 4, 2}));
    EXPECT_EQ(idsOf(*tokenizer, "      a"), (Ids{5, 4, 2}));
    EXPECT_EQ(idsOf(*tokenizer, " ▁a"),
              (Ids{4, 2}));  // joined before ▁a, as in the original vocabulary
    EXPECT_EQ(tokenizer->decode(Ids{2, 4, 2, 3, 5}), "a  a a    ");
}

TEST(TokenizerVocabulary, SentencePieceBytesAndSpecialTokens) {
    std::mt19937 random(1);
    const auto tokenizer = fromParts(sentencePieceParts(random));
    EXPECT_TRUE(tokenizer->addsBos());
    const Ids ids = idsOf(*tokenizer, "🙂\n", {.addSpecialTokens = true});
    EXPECT_EQ(ids.front(), 1u);
    EXPECT_EQ(Ids(ids.end() - 5, ids.end()),
              (Ids{3 + 0xF0, 3 + 0x9F, 3 + 0x99, 3 + 0x82, 3 + 0x0A}));
    EXPECT_EQ(tokenizer->decode(ids, true), "🙂\n");
    EXPECT_EQ(tokenizer->decode(Ids{3 + 0xF0, 3 + 0x9F}), "\uFFFD\uFFFD");
    EXPECT_EQ(tokenizer->description(), "BPE, 319 tokens, pre-tokeniser sentencepiece");
}

}  // namespace
}  // namespace skd
