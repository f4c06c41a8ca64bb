#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/eval/coin_model.h"
#include "core/model/tiny_model.h"
#include "eval/comparison.h"
#include "eval/perplexity.h"

/// Tokens that are read as context and not scored (EvalText::unscored).
namespace skd::test {
namespace {

EvalText withoutTokens(EvalText text, const std::set<std::int64_t>& unscored) {
    text.unscored.assign(text.ids.size(), false);
    for (const std::int64_t token : unscored) text.unscored[static_cast<std::size_t>(token)] = true;
    return text;
}

/// Tokens that windows of the text score when all may be, without `unscored`.
std::vector<std::int64_t> remaining(EvalText text, const EvalSettings& settings,
                                    const std::set<std::int64_t>& unscored) {
    text.unscored.clear();
    std::vector<std::int64_t> tokens;
    const auto windows = cutWindows(text, settings);
    for (const Window& window : *windows)
        for (std::int64_t i = window.firstScored; i < window.length; ++i)
            if (!unscored.contains(window.begin + i)) tokens.push_back(window.begin + i);
    return tokens;
}

EvalText sixtyFourTokens(std::int64_t tokens) {
    EvalText text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text.ids.push_back(static_cast<TokenId>((i * i * 7 + i * 3) % 64));
    text.bos = text.prefix = 5;
    return text;
}

/// NLL of the window's tokens that are not set apart, from all logits of its input.
double bruteNll(const Decoder& model, const EvalText& text, const Window& window, bool bos) {
    std::vector<std::int64_t> ids;
    if (bos) ids.push_back(5);
    for (std::int64_t i = window.begin; i < window.begin + window.length; ++i)
        ids.push_back(static_cast<std::int64_t>(text.ids[static_cast<std::size_t>(i)]));
    const at::Tensor logp = at::log_softmax(
        model.logits(at::tensor(ids, at::kLong).unsqueeze(0))[0].to(at::kDouble), -1);
    double nll = 0;
    for (std::size_t i = static_cast<std::size_t>(window.firstScored + (bos ? 1 : 0));
         i < ids.size(); ++i) {
        const std::int64_t token = window.begin + static_cast<std::int64_t>(i) - (bos ? 1 : 0);
        if (text.isUnscored(token)) continue;
        nll -= logp[static_cast<std::int64_t>(i) - 1][ids[i]].item<double>();
    }
    return nll;
}

}  // namespace

TEST(UnscoredTokens, AreLeftOutOfLossAndCountOfEveryProtocol) {
    const std::set<std::int64_t> apart{0, 1, 6, 7, 13, 20, 21};
    const EvalText text = withoutTokens(coinText(24), apart);
    for (const EvalSettings& settings : {EvalSettings{Protocol::Paper512, 8, 4, false},
                                         {Protocol::Paper512, 8, 4, true},
                                         {Protocol::NonOverlap2048, 8, 8, false},
                                         {Protocol::LlamaCpp512, 8, 8, false},
                                         {Protocol::Sliding, 8, 4, false}}) {
        const std::vector<std::int64_t> scored = remaining(text, settings, apart);
        const auto count = static_cast<double>(scored.size());
        for (const bool quality : {false, true}) {
            EvalSettings used = settings;
            used.quality = quality;
            const auto report = perplexity(coin(0.2), text, used, {});
            ASSERT_TRUE(report) << report.error().message;
            EXPECT_EQ(report->scoredTokens, static_cast<std::int64_t>(scored.size()));
            EXPECT_EQ(report->unscoredTokens, 7);
            EXPECT_EQ(report->toJson()["unscored_tokens"], 7);
            EXPECT_EQ(report->tokens, 24);
            EXPECT_NEAR(report->nllSum, coinNll(text, scored, 0.2), 1e-5) << describe(used);
            EXPECT_NEAR(report->perplexity, std::exp(coinNll(text, scored, 0.2) / count), 1e-5);
            if (quality) {
                EXPECT_EQ(report->calibration->tokens, report->scoredTokens);
            }
        }
    }
    EXPECT_FALSE(perplexity(coin(0.2), coinText(24), {Protocol::Sliding, 8, 4, false}, {})
                     ->toJson()
                     .contains("unscored_tokens"));
}

/// The recipe that counts each later window one token short does so without them too.
TEST(UnscoredTokens, OfHfStrideWeighTheirWindowLess) {
    // Windows [0,8) [4,12) [8,16): new tokens 1..7, 8..11, 12..15; counted 7, 3, 3.
    const EvalText text = withoutTokens(coinText(16), {3, 9, 10});
    const auto report = perplexity(coin(0.2), text, {Protocol::HfStride, 8, 4, false}, {});
    ASSERT_TRUE(report) << report.error().message;
    const double first = coinNll(text, {1, 2, 4, 5, 6, 7}, 0.2) / 6,
                 second = coinNll(text, {8, 11}, 0.2) / 2,
                 third = coinNll(text, {12, 13, 14, 15}, 0.2) / 4;
    EXPECT_NEAR(report->perplexity, std::exp((6 * first + 1 * second + 3 * third) / 10), 1e-5);
}

/// A model whose loss depends on the context: against all logits of each window.
TEST(UnscoredTokens, AreReadAsContext) {
    const Decoder model = tinyDecoder(3);
    const EvalText text = withoutTokens(sixtyFourTokens(90), {1, 2, 17, 31, 32, 33, 34, 60, 89});
    for (const EvalSettings& settings : {EvalSettings{Protocol::Paper512, 32, 16, false},
                                         {Protocol::Paper512, 32, 16, true},
                                         {Protocol::Sliding, 32, 16, false}}) {
        const auto windows = cutWindows(text, settings);
        const auto report = perplexity(model, text, settings, {});
        ASSERT_TRUE(windows && report);
        ASSERT_EQ(report->windowNll.size(), windows->size());
        for (std::size_t i = 0; i < windows->size(); ++i)
            EXPECT_NEAR(report->windowNll[i], bruteNll(model, text, (*windows)[i], settings.bos),
                        1e-3)
                << describe(settings) << ", window " << i;
    }
}

/// 20 tokens, windows of 8 every 4, two blocks of ten: by hand, without the tokens set apart.
TEST(UnscoredTokens, ErrorsComeFromTheBlocksTheOthersLieIn) {
    const std::set<std::int64_t> apart{2, 3, 9, 10, 18};
    const EvalText text = withoutTokens(coinText(20), apart);
    const EvalSettings settings{Protocol::Paper512, 8, 4, false};
    std::vector<Cluster> losses{{0, 0}, {0, 0, true}}, differences = losses;
    for (const std::int64_t token : remaining(text, settings, apart)) {
        const std::size_t block = token < 10 ? 0 : 1;
        losses[block].value += coinNll(text, {token}, 0.2);
        differences[block].value += coinNll(text, {token}, 0.4) - coinNll(text, {token}, 0.2);
        losses[block].weight += 1;
        differences[block].weight += 1;
    }
    const auto report = perplexity(coin(0.2), text, settings, {});
    ASSERT_TRUE(report);
    EXPECT_NEAR(report->standardError, report->perplexity * ratioError(losses).standardError, 1e-6);
    const auto compared = compareModels(coin(0.2), coin(0.4), text, settings, {});
    ASSERT_TRUE(compared);
    EXPECT_EQ(compared->tokens, report->scoredTokens);
    EXPECT_NEAR(compared->densePerplexity, report->perplexity, 1e-5);
    EXPECT_NEAR(compared->nllDifferenceStandardError, ratioError(differences).standardError, 1e-6);
    EXPECT_NEAR(compared->kl, 0.8 * std::log(0.8 / 0.6) + 0.2 * std::log(0.2 / 0.4), 1e-6);
    EXPECT_EQ(compared->calibration.tokens, compared->tokens);
}

TEST(UnscoredTokens, WindowsOfNothingElseAreLeftOut) {
    const EvalSettings settings{Protocol::NonOverlap2048, 8, 8, false};
    EvalText text = withoutTokens(coinText(24), {8, 9, 10, 11, 12, 13, 14, 15});
    EXPECT_EQ(cutWindows(text, settings)->size(), 2u);
    EXPECT_EQ(scoredTokens(text, (*cutWindows(text, settings))[1]),
              (std::vector<std::int64_t>{17, 18, 19, 20, 21, 22, 23}));
    const EvalText shorter = firstTokens(text, 16);
    EXPECT_EQ(shorter.unscored.size(), 16u);
    EXPECT_EQ(cutWindows(shorter, settings)->size(), 1u);
    text.unscored.assign(24, true);
    const auto none = cutWindows(text, settings);
    ASSERT_FALSE(none);
    EXPECT_NE(none.error().message.find("<unk>"), std::string::npos);
}

TEST(UnscoredTokens, OfDomainsAreNotScored) {
    const std::vector<DomainText> texts{
        {"mixed", coinText(40).ids, {}, withoutTokens(coinText(40), {3, 4, 5, 20}).unscored}};
    const auto reports = evaluateDomains(coin(0.2), texts, {Protocol::Paper512, 16, 16, false}, {});
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_EQ((*reports)[0].eval.scoredTokens, 15 + 15 + 7 - 4);
}

}  // namespace skd::test
