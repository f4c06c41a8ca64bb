#include <gtest/gtest.h>

#include "base/text.h"
#include "support/tokenizer_fixtures.h"
#include "tokenizer/files/tokenizer_output.h"

namespace skd::test {
namespace {

const std::vector<std::string> kTexts{"Hello, world! It's 2024, isn't it?",
                                      "  two  spaces\n\n\tand tabs\r\n",
                                      "Café déjà-vu… 年3月 ½ 😀",
                                      "def f(a, b):\n    return a+b  # x\n",
                                      "1234567 DON'T don't",
                                      "<s>a</s> <|im_start|>b"};

/// tokenizer.json -> GGUF vocabulary -> tokenizer.json, with the same ids all along.
class ExportTokenizer : public testing::TestWithParam<const char*> {};

TEST_P(ExportTokenizer, IdsStayThroughGgufAndBack) {
    const std::string json = fixtureText(GetParam());
    const auto wanted = Tokenizer::fromJson(json);
    ASSERT_TRUE(wanted) << wanted.error().message;
    const std::size_t size = (*wanted)->vocabularySize() + 5;
    const auto parts = vocabularyFromJson(json, "", size);
    ASSERT_TRUE(parts) << parts.error().message;
    EXPECT_EQ(parts->tokens.size(), size);
    EXPECT_EQ(parts->types.back(), kUnusedToken);
    const auto viaGguf = Tokenizer::fromVocabulary(*parts);
    ASSERT_TRUE(viaGguf) << viaGguf.error().message;
    const auto written = tokenizerJson(*parts);
    ASSERT_TRUE(written) << written.error().message;
    const auto again = Tokenizer::fromJson(*written);
    ASSERT_TRUE(again) << again.error().message;
    for (const std::string& text : kTexts)
        for (const bool special : {false, true}) {
            const auto ids = (*wanted)->encode(text, {.addSpecialTokens = special});
            ASSERT_TRUE(ids);
            EXPECT_EQ((*viaGguf)->encode(text, {.addSpecialTokens = special}).value(), *ids)
                << "GGUF: " << text;
            EXPECT_EQ((*again)->encode(text, {.addSpecialTokens = special}).value(), *ids)
                << "JSON: " << text;
            EXPECT_EQ((*again)->decode(*ids), (*viaGguf)->decode(*ids)) << text;
        }
}

INSTANTIATE_TEST_SUITE_P(All, ExportTokenizer,
                         testing::Values("tokenizer/smollm.json", "tokenizer/llama2.json",
                                         "tokenizer/llama3.json", "tokenizer/qwen2.json",
                                         "tokenizer/o200k.json", "gpt2/tokenizer.json"));

TEST(ExportTokenizerRefusals, NamesAWayToSplitThatLlamaCppLacks) {
    const auto parts = vocabularyFromJson(fixtureText("tokenizer/own_pattern.json"), "", 0);
    ASSERT_FALSE(parts);
    EXPECT_EQ(parts.error().code, ErrorCode::Unsupported);
    EXPECT_NE(parts.error().message.find("hf-dense"), std::string::npos) << parts.error().message;
}

TEST(ExportTokenizerRefusals, SpacesOfUserDefinedTokensAreFound) {
    VocabularyParts parts;
    parts.model = "llama";
    const std::string space = "\xE2\x96\x81";
    parts.tokens = {"<unk>", "<s>", space, "a", "b", space + "a", "   ", "ab"};
    parts.scores = {0, 0, -1, -2, -3, -4, 0, -9};
    parts.types = {kUnknownToken, kControlToken, kNormalToken,      kNormalToken,
                   kNormalToken,  kNormalToken,  kUserDefinedToken, kNormalToken};
    parts.unknown = 0;
    parts.bos = 1;
    parts.addSpacePrefix = false;
    const auto wanted = Tokenizer::fromVocabulary(parts);
    ASSERT_TRUE(wanted) << wanted.error().message;
    const auto made = Tokenizer::fromJson(*tokenizerJson(parts));
    ASSERT_TRUE(made) << made.error().message;
    for (const char* text : {"a    ab", "     a", " a b", "ab<s>   b"}) {
        EXPECT_EQ((*made)->encode(text).value(), (*wanted)->encode(text).value()) << text;
        EXPECT_EQ((*made)->encode(text, {.addSpecialTokens = true}).value(),
                  (*wanted)->encode(text, {.addSpecialTokens = true}).value())
            << text;
    }
}

TEST(ExportTokenizerRefusals, ConfigNamesTokensAndTemplate) {
    VocabularyParts parts;
    parts.tokens = {"a", "<s>", "</s>"};
    parts.bos = 1;
    parts.eos = 2;
    const Json config = tokenizerConfig(parts, "{{ x }}", 128);
    EXPECT_EQ(config["bos_token"], "<s>");
    EXPECT_EQ(config["eos_token"], "</s>");
    EXPECT_EQ(config["chat_template"], "{{ x }}");
    EXPECT_EQ(config["model_max_length"], 128);
    EXPECT_EQ(specialTokensMap(parts), (Json{{"bos_token", "<s>"}, {"eos_token", "</s>"}}));
}

}  // namespace
}  // namespace skd::test
