#include <gtest/gtest.h>

#include <cmath>

#include "core/eval/coin_model.h"
#include "eval/perplexity.h"

namespace skd::test {
namespace {

void expectReport(const EvalText& text, const EvalSettings& settings,
                  const std::vector<std::int64_t>& scored) {
    const auto report = perplexity(coin(0.2), text, settings, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->scoredTokens, static_cast<std::int64_t>(scored.size()));
    EXPECT_NEAR(report->nllSum, coinNll(text, scored, 0.2), 1e-5);
    EXPECT_NEAR(report->perplexity,
                std::exp(coinNll(text, scored, 0.2) / static_cast<double>(scored.size())), 1e-5);
}

TEST(Perplexity, PaperProtocolScoresOverlapsTwice) {
    // 21 tokens, windows of 8 every 4: [0,8) [4,12) [8,16) [12,20) [16,21).
    std::vector<std::int64_t> scored;
    for (const auto& [begin, end] :
         std::vector<std::pair<int, int>>{{0, 8}, {4, 12}, {8, 16}, {12, 20}, {16, 21}})
        for (int i = begin + 1; i < end; ++i) scored.push_back(i);
    expectReport(coinText(21), {Protocol::Paper512, 8, 4, false}, scored);
}

TEST(Perplexity, BosInFrontMakesEveryTokenATarget) {
    std::vector<std::int64_t> scored;
    for (const auto& [begin, end] : std::vector<std::pair<int, int>>{{0, 8}, {4, 12}, {8, 13}})
        for (int i = begin; i < end; ++i) scored.push_back(i);
    expectReport(coinText(13), {Protocol::Paper512, 8, 4, true}, scored);
}

TEST(Perplexity, NonOverlappingChunksDropTheRest) {
    std::vector<std::int64_t> scored;
    for (int i = 0; i < 16; ++i)
        if (i % 8 != 0) scored.push_back(i);
    expectReport(coinText(23), {Protocol::NonOverlap2048, 8, 8, false}, scored);
}

TEST(Perplexity, LlamaCppScoresTheSecondHalf) {
    // Chunks of 8: logits at positions 4, 5, 6 predict 5, 6, 7.
    expectReport(coinText(17), {Protocol::LlamaCpp512, 8, 8, false}, {5, 6, 7, 13, 14, 15});
    // With a shorter stride only the last `stride` tokens of each chunk.
    expectReport(coinText(16), {Protocol::LlamaCpp512, 8, 4, false},
                 {4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
}

TEST(Perplexity, WindowsOfAWholeTextAre511Of512) {
    const auto windows = cutWindows(coinText(8192), {Protocol::Paper512, 512, 256, false});
    ASSERT_TRUE(windows);
    EXPECT_EQ(windows->size(), 31u);
    std::int64_t scored = 0;
    for (const Window& w : *windows) scored += w.length - w.firstScored;
    EXPECT_EQ(scored, 31 * 511);
    EXPECT_EQ(cutWindows(coinText(1024), {Protocol::LlamaCpp512, 512, 512, false})->front().length -
                  cutWindows(coinText(1024), {Protocol::LlamaCpp512, 512, 512, false})
                      ->front()
                      .firstScored,
              255);
}

TEST(Perplexity, TooShortATextIsAClearError) {
    const auto report =
        perplexity(coin(0.5), coinText(5), {Protocol::NonOverlap2048, 8, 8, false}, {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(report.error().message.find("has 5 tokens"), std::string::npos);
}

TEST(Perplexity, NonFiniteLossIsShownNotDropped) {
    Decoder broken = coin(0.5);
    broken.head[1][0] = std::nanf("");
    const auto report = perplexity(broken, coinText(20), {Protocol::Paper512, 8, 4, false}, {});
    ASSERT_TRUE(report);
    EXPECT_FALSE(std::isfinite(report->perplexity));
    EXPECT_EQ(report->windowNll.size(), 4u);
}

TEST(Perplexity, UnknownTokensAreRefused) {
    EvalText text = coinText(20);
    text.ids[3] = 7;
    const auto report = perplexity(coin(0.5), text, {Protocol::Paper512, 8, 4, false}, {});
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("token 7"), std::string::npos);
}

/// 20 tokens, windows of 8 every 4: [0,8) [4,12) [8,16) [12,20), two blocks of ten tokens. By hand:
/// every loss of every window goes to the block its token lies in.
TEST(Perplexity, StandardErrorIsOfDisjointBlocks) {
    const EvalText text = coinText(20);
    const auto report = perplexity(coin(0.2), text, {Protocol::Paper512, 8, 4, false}, {});
    ASSERT_TRUE(report);
    std::vector<Cluster> blocks{{0, 0}, {0, 0, true}};
    for (const int begin : {0, 4, 8, 12})
        for (int i = begin + 1; i < begin + 8; ++i) {
            Cluster& block = blocks[i < 10 ? 0 : 1];
            block.value += coinNll(text, {i}, 0.2);
            block.weight += 1;
        }
    const RatioError error = ratioError(blocks);
    EXPECT_EQ(report->blocks, 2);
    EXPECT_NEAR(report->standardError, report->perplexity * error.standardError, 1e-6);
    EXPECT_GT(report->standardError, 0);
    EXPECT_EQ(report->quantile95, 12.706) << "two blocks have one degree of freedom";
    EXPECT_EQ(report->toJson()["blocks"], 2);
    const auto kept = readRecord<BlockSums>(report->toJson()["block_losses"]);
    ASSERT_EQ(kept.values.size(), 2u);
    for (const std::size_t i : {0u, 1u}) {
        EXPECT_NEAR(kept.values[i], blocks[i].value, 1e-5);
        EXPECT_EQ(kept.weights[i], blocks[i].weight);
    }
    EXPECT_EQ(kept.text, text.scoredSha256);
    EXPECT_NEAR(kept.mean(), std::log(report->perplexity), 1e-6);
    // The same with calibration, which scores by another path.
    EXPECT_EQ(
        perplexity(coin(0.2), text,
                   {.protocol = Protocol::Paper512, .context = 8, .stride = 4, .quality = true}, {})
            ->standardError,
        report->standardError);
}

TEST(Perplexity, OneBlockSaysNothingOfItsError) {
    const auto report = perplexity(coin(0.2), coinText(13), {Protocol::Paper512, 8, 4, false}, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->blocks, 1);
    EXPECT_FALSE(std::isfinite(report->standardError));
    EXPECT_TRUE(report->toJson()["standard_error"].is_null());
    EXPECT_TRUE(report->toJson()["t_95"].is_null());
    EXPECT_TRUE(report->toJson()["block_losses"].is_null());
}

TEST(Perplexity, CancellingIsAnOutcome) {
    std::stop_source source;
    source.request_stop();
    RunContext context;
    context.stop = source.get_token();
    const auto report =
        perplexity(coin(0.5), coinText(20), {Protocol::Paper512, 8, 4, false}, context);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->cancelled);
}

TEST(EvalSettings, DefaultsScaleWithTheContext) {
    EvalSpec spec;
    EXPECT_EQ(resolveSettings(spec, false, 2048)->stride, 256);
    spec.context = 128;
    EXPECT_EQ(resolveSettings(spec, false, 2048)->stride, 64);
    EXPECT_TRUE(resolveSettings(spec, true, 2048)->bos);
    spec.bos = BosRule::None;
    EXPECT_FALSE(resolveSettings(spec, true, 2048)->bos);
    spec.stride = 200;
    EXPECT_FALSE(resolveSettings(spec, true, 2048));
}

}  // namespace
}  // namespace skd::test
