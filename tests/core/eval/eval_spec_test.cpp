#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/hash.h"
#include "core/model/tiny_model.h"
#include "eval/perplexity.h"
#include "model/files/model_loader.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

constexpr const char* kPages =
    " \n = One = \n \n A b c , d e f . \n \n = = Part = = \n \n Some more ( text ) here . \n \n = "
    "Two = \n \n The second page : short . \n";

/// What each field of EvalSpec changes, on a tiny model with its tokeniser.
class EvalSpecFields : public testing::Test {
protected:
    void SetUp() override {
        auto loaded = loadModel(modelFixture("workbench"), {at::kFloat, at::kCPU});
        ASSERT_TRUE(loaded) << loaded.error().message;
        model = loaded->decoder;
        std::filesystem::copy(modelFixture("workbench") / "tokenizer.json",
                              folder / "tokenizer.json");
        folder.write("tokenizer_config.json",
                     R"({"bos_token": "<|im_start|>", "eos_token": "<|im_end|>"})");
        tokenizer = *Tokenizer::fromJsonFile(folder / "tokenizer.json");
        spec.text = folder.write("text.txt", kPages).string();
        spec.context = 8;
        spec.maxTokens = 0;
        setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    }
    EvalReport report() const {
        auto reports = evaluateProtocols(model, *tokenizer, spec, {});
        EXPECT_TRUE(reports) << reports.error().message;
        return reports ? reports->front() : EvalReport{};
    }
    const TemporaryFolder folder;
    Decoder model;
    std::shared_ptr<const Tokenizer> tokenizer;
    EvalSpec spec;
};

TEST_F(EvalSpecFields, Text) {
    const EvalReport one = report();
    EXPECT_EQ(one.textSha256, sha256Hex(kPages));
    spec.text =
        folder.write("other.txt", "Another text that is long enough to be cut into windows.")
            .string();
    EXPECT_NE(report().textSha256, one.textSha256);
    EXPECT_NE(report().perplexity, one.perplexity);
    spec.text = folder.write("bad.txt", "\xFF\xFE").string();
    EXPECT_FALSE(evaluateProtocols(model, *tokenizer, spec, {}));
}

TEST_F(EvalSpecFields, Protocol) {
    spec.protocol = Protocol::LmEvalWikiText;
    const EvalReport pages = report();
    ASSERT_TRUE(pages.words);
    EXPECT_EQ(pages.words->pages, 2);
    EXPECT_EQ(pages.scoredTokens, pages.tokens);
    EXPECT_NE(pages.scoredSha256, sha256Hex(kPages)) << "detokenised";
    spec.protocol = Protocol::Sliding;
    EXPECT_FALSE(report().words);
    EXPECT_EQ(report().scoredTokens, report().tokens - 1);
}

TEST_F(EvalSpecFields, ContextAndStride) {
    EXPECT_EQ(report().settings.stride, 4);
    const std::int64_t scored = report().scoredTokens;
    spec.stride = 8;
    EXPECT_LT(report().scoredTokens, scored) << "windows that only touch score no token twice";
    spec.context = 16;
    EXPECT_EQ(report().windowTokens.front(), 15);
}

TEST_F(EvalSpecFields, MaxAndLiveTokens) {
    spec.maxTokens = 20;
    EXPECT_EQ(report().tokens, 20);
    spec.protocol = Protocol::LmEvalWikiText;
    spec.maxTokens = 1;
    EXPECT_EQ(report().words->pages, 1) << "whole pages, at least one";
}

/// Counted by hand: each <unk> of the selection is context alone, and no word or byte of a page.
TEST_F(EvalSpecFields, Selection) {
    const auto whole = loadSelectionText(spec, *tokenizer);
    ASSERT_FALSE(spec.selection.empty());
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->ids.size(), static_cast<std::size_t>(spec.liveTokens));
    EXPECT_NE(std::ranges::count(whole->unscored, true), 0) << "the default holds <unk>";
    const std::string text = " \n = One = \n \n A <unk> c , <unk> e f . \n";
    spec.selection = folder.write("selection.txt", text).string();
    spec.liveTokens = 0;
    const auto read = loadSelectionText(spec, *tokenizer);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->textSha256, sha256Hex(text));
    std::string scored;
    for (std::size_t i = 0; i < read->ids.size(); ++i)
        if (!read->unscored[i]) scored += tokenizer->tokenText(read->ids[i]);
    EXPECT_EQ(scored.find("unk"), std::string::npos) << scored;
    EXPECT_NE(scored.find(" c ,"), std::string::npos) << scored;
    spec.protocol = Protocol::LmEvalWikiText;
    const auto paged = loadSelectionText(spec, *tokenizer);
    EvalSpec plain = spec;
    plain.text = spec.selection;
    const auto evaluated = loadEvalText(plain, *tokenizer);
    EXPECT_TRUE(evaluated->unscored.empty()) << "recipes of others score what stands there";
    EXPECT_EQ(paged->pages[0].words, evaluated->pages[0].words - 2);
    EXPECT_EQ(paged->pages[0].bytes, evaluated->pages[0].bytes - 10);
}

TEST_F(EvalSpecFields, WithoutASelectionItIsTheEvaluationText) {
    spec.selection.clear();
    spec.maxTokens = 30;
    spec.liveTokens = 20;
    const auto text = loadEvalText(spec, *tokenizer), live = loadSelectionText(spec, *tokenizer);
    ASSERT_TRUE(text && live);
    EXPECT_EQ(live->ids, std::vector<TokenId>(text->ids.begin(), text->ids.begin() + 20));
    EXPECT_EQ(live->textSha256, text->textSha256);
    EXPECT_TRUE(live->unscored.empty());
    spec.liveTokens = 0;
    EXPECT_EQ(loadSelectionText(spec, *tokenizer)->ids, text->ids);
}

TEST_F(EvalSpecFields, Bos) {
    const EvalReport without = report();
    EXPECT_FALSE(without.settings.bos);
    spec.bos = BosRule::Window;
    EXPECT_EQ(report().windowTokens.front(), 8) << "all of the window, behind bos";
    EXPECT_EQ(without.windowTokens.front(), 7);
    tokenizer = *Tokenizer::fromJsonFile(modelFixture("workbench") / "tokenizer.json");
    const auto reports = evaluateProtocols(model, *tokenizer, spec, {});
    ASSERT_FALSE(reports);
    EXPECT_NE(reports.error().message.find("no begin-of-text token"), std::string::npos);
}

/// A tokeniser that adds bos: in every window of the paper's protocol, once where a recipe
/// tokenises.
TEST(EvalBos, AutoIsWhatTheProtocolsRecipeDoes) {
    const auto tokenizer =
        Tokenizer::fromJsonFile(std::filesystem::path(SKD_FIXTURES) / "tokenizer/llama3.json");
    ASSERT_TRUE(tokenizer);
    ASSERT_TRUE((*tokenizer)->addsBos());
    const TokenId bos = *(*tokenizer)->bos();
    const TemporaryFolder folder;
    EvalSpec spec;
    spec.text = folder.write("text.txt", kPages).string();
    const auto settingsOf = [&] { return *resolveSettings(spec, true, 128); };
    EXPECT_NE(loadEvalText(spec, **tokenizer)->ids.front(), bos);
    EXPECT_TRUE(settingsOf().bos && !settingsOf().textBos);
    for (const Protocol protocol :
         {Protocol::NonOverlap2048, Protocol::HfStride, Protocol::Sliding}) {
        spec.protocol = protocol;
        const auto text = loadEvalText(spec, **tokenizer);
        EXPECT_EQ(std::count(text->ids.begin(), text->ids.end(), bos), 1);
        EXPECT_EQ(text->ids.front(), bos);
        EXPECT_TRUE(!settingsOf().bos && settingsOf().textBos);
    }
    spec.protocol = Protocol::LmEvalWikiText;
    const auto paged = loadEvalText(spec, **tokenizer);
    ASSERT_EQ(paged->pages.size(), 2u);
    for (const EvalPage& page : paged->pages)
        EXPECT_EQ(paged->ids[static_cast<std::size_t>(page.begin)], bos) << "a scored token";
    EXPECT_EQ(paged->prefix, bos);
    spec.bos = BosRule::None;
    EXPECT_NE(loadEvalText(spec, **tokenizer)->ids.front(), bos);
    for (const BosRule rule : {BosRule::Auto, BosRule::Window}) {
        spec.protocol = Protocol::LlamaCpp512;
        spec.bos = rule;
        const auto text = loadEvalText(spec, **tokenizer);
        EXPECT_EQ(text->ids.front(), bos) << "counted as a token, as llama.cpp does";
        EXPECT_NE(text->ids[1], bos);
    }
}

TEST_F(EvalSpecFields, AlsoMeasuresFurtherProtocolsWithTheirOwnWindows) {
    spec.also = {"sliding", "paper-512-256", "lm-eval-wikitext"};
    const auto reports = evaluateProtocols(model, *tokenizer, spec, {});
    ASSERT_TRUE(reports) << reports.error().message;
    ASSERT_EQ(reports->size(), 3u) << "the own protocol is not measured twice";
    EXPECT_EQ((*reports)[0].settings.context, 8);
    EXPECT_EQ((*reports)[1].settings.protocol, Protocol::Sliding);
    EXPECT_EQ((*reports)[1].settings.context, 1024);
    EXPECT_EQ((*reports)[2].settings.context, model.config.maxPositions);
    spec.also = {"slidng"};
    EXPECT_NE(evaluateProtocols(model, *tokenizer, spec, {})
                  .error()
                  .message.find("did you mean \"sliding\""),
              std::string::npos);
}

TEST_F(EvalSpecFields, QualityAddsCalibrationAndNothingElse) {
    const EvalReport with = report();
    ASSERT_TRUE(with.calibration);
    EXPECT_EQ(with.calibration->tokens, with.scoredTokens);
    spec.quality = false;
    EXPECT_FALSE(report().calibration);
    EXPECT_EQ(report().perplexity, with.perplexity) << "the same bits";
}

}  // namespace
}  // namespace skd::test
