// hard.json is written by tests/fixtures/tokenizer/make_hard.py with Hugging Face `tokenizers`; the
// real files of the other families are compared by tests/cli/bench_tokenizer_test.cpp.
#include <gtest/gtest.h>

#include "support/tokenizer_fixtures.h"

namespace skd {
namespace {

class TokenizerHard : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const std::string name = GetParam();
        m_tokenizer =
            name == "gpt2" ? test::gpt2() : test::loadTokenizer("tokenizer/" + name + ".json");
        ASSERT_TRUE(m_tokenizer);
        const Json fixture = test::fixtureJson("tokenizer/hard.json");
        m_text = fixture["text"].get<std::string>();
        m_expected = fixture["tokenizers"][name];
    }
    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::string m_text;
    Json m_expected;
};

TEST_P(TokenizerHard, StringOfUnicodesCorners) {
    EXPECT_EQ(test::idsOf(*m_tokenizer, m_text), m_expected["ids"].get<std::vector<TokenId>>());
}

TEST_P(TokenizerHard, WholeWikitext) {
    const std::vector<TokenId> ids = test::idsOf(*m_tokenizer, test::wikitextRaw());
    EXPECT_EQ(ids.size(), m_expected["wikitext"]["tokens"].get<std::size_t>());
    EXPECT_EQ(idsSha256(ids), m_expected["wikitext"]["ids_sha256"].get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Families, TokenizerHard,
                         ::testing::Values("gpt2", "smollm", "qwen2", "llama3", "o200k", "llama2"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace skd
