// Fixtures written by tests/fixtures/tokenizer/make_fixtures.py with Hugging Face `tokenizers`.
#include <gtest/gtest.h>

#include "support/tokenizer_fixtures.h"

namespace skd {
namespace {

using test::idsOf;
using test::shown;
using Ids = std::vector<TokenId>;

class TokenizerReference : public ::testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        const std::string name = GetParam();
        m_tokenizer =
            name == "gpt2" ? test::gpt2() : test::loadTokenizer("tokenizer/" + name + ".json");
        ASSERT_TRUE(m_tokenizer);
        const Json fixture = test::fixtureJson("tokenizer/expected.json");
        m_strings = fixture["strings"].get<std::vector<std::string>>();
        m_expected = fixture["tokenizers"][name];
    }
    void expectIds(const char* field, const EncodeOptions& options) const {
        for (std::size_t i = 0; i < m_strings.size(); ++i)
            EXPECT_EQ(idsOf(*m_tokenizer, m_strings[i], options), m_expected[field][i].get<Ids>())
                << field << " of " << shown(m_strings[i]);
    }
    void expectText(const char* field, bool skipSpecial) const {
        for (std::size_t i = 0; i < m_strings.size(); ++i) {
            if (m_expected[field][i].is_null())
                continue;  // a defect of the reference, see the script
            EXPECT_EQ(
                shown(m_tokenizer->decode(m_expected["with_special"][i].get<Ids>(), skipSpecial)),
                shown(m_expected[field][i].get<std::string>()))
                << field << " of " << shown(m_strings[i]);
        }
    }

    std::shared_ptr<const Tokenizer> m_tokenizer;
    std::vector<std::string> m_strings;
    Json m_expected;
};

TEST_P(TokenizerReference, Ids) {
    expectIds("ids", {});
}
TEST_P(TokenizerReference, IdsWithSpecialTokens) {
    expectIds("with_special", {.addSpecialTokens = true});
}
TEST_P(TokenizerReference, IdsWithSpecialTokensAsText) {
    expectIds("special_as_text", {.parseSpecial = false});
}
TEST_P(TokenizerReference, DecodedText) {
    expectText("decoded", false);
}
TEST_P(TokenizerReference, DecodedTextWithoutSpecialTokens) {
    expectText("decoded_skipping", true);
}

INSTANTIATE_TEST_SUITE_P(Families, TokenizerReference,
                         ::testing::Values("gpt2", "qwen2", "llama3", "o200k", "smollm", "llama2",
                                           "own_pattern"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace skd
