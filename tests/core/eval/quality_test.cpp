#include <gtest/gtest.h>

#include <cmath>

#include "core/eval/coin_model.h"
#include "core/model/tiny_model.h"
#include "eval/calibration.h"
#include "eval/comparison.h"
#include "eval/perplexity.h"
#include "model/head_scoring.h"

namespace skd::test {
namespace {

EvalText randomText(std::int64_t tokens, std::int64_t vocabulary) {
    EvalText text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text.ids.push_back(static_cast<TokenId>((i * i * 7 + i * 3) % vocabulary));
    return text;
}

class TokenScoring : public testing::TestWithParam<at::ScalarType> {};

/// Against log-softmax in f64 by plain operators.
TEST_P(TokenScoring, EqualsPlainOperators) {
    at::manual_seed(5);
    const at::Tensor logits = (at::randn({37, 5003}) * 4).to(GetParam()),
                     other = (at::randn({37, 5003}) * 4).to(GetParam());
    const at::Tensor labels = at::randint(5003, {37}, at::kLong);
    const at::Tensor logp = at::log_softmax(logits.to(at::kDouble), -1),
                     logq = at::log_softmax(other.to(at::kDouble), -1), p = logp.exp();
    const at::Tensor entropy = -(p * logp).sum(-1), kl = (p * (logp - logq)).sum(-1),
                     nll = -logp.gather(1, labels.unsqueeze(1)).squeeze(1);
    const auto scores = scoreLogits(logits, labels);
    const auto divergences = rowDivergences(logits, other);
    for (std::int64_t i = 0; i < 37; ++i) {
        const TokenScore& score = scores[static_cast<std::size_t>(i)];
        EXPECT_NEAR(score.nll, nll[i].item<double>(), 1e-5);
        EXPECT_NEAR(score.entropy, entropy[i].item<double>(), 1e-5);
        // Sums of 2,048 floats in as few as four lanes, on the baseline.
        EXPECT_NEAR(score.confidence / p[i].max().item<double>(), 1, 4e-6);
        EXPECT_EQ(logits[i][score.top].item<float>(), logits[i].max().item<float>());
        EXPECT_NEAR(divergences[static_cast<std::size_t>(i)] / kl[i].item<double>(), 1, 4e-6);
        EXPECT_EQ(rowDivergences(logits, logits)[static_cast<std::size_t>(i)], 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Types, TokenScoring, testing::Values(at::kFloat, at::kBFloat16));

TEST(TokenScores, TiesGoToTheLowestIdAndNanShows) {
    at::Tensor logits = at::zeros({2, 4});
    logits[0][1] = logits[0][3] = 2;
    logits[1][2] = std::nanf("");
    const auto scores = scoreLogits(logits, at::tensor({0, 0}, at::kLong));
    EXPECT_EQ(scores[0].top, 1);
    EXPECT_TRUE(std::isnan(scores[1].nll));
    EXPECT_TRUE(std::isnan(scores[1].confidence));
}

/// Four tokens by hand, bins of 1/15: 0.10 and 0.12 fall into bin 1, 0.9 and 0.95 into bins 13
/// and 14.
TEST(Calibration, FollowsItsDefinition) {
    CalibrationMeter meter;
    meter.add(0.10, true, 1.0);
    meter.add(0.12, false, 2.0);
    meter.add(0.90, true, 0.5);
    meter.add(0.95, false, 0.1);
    const CalibrationReport report = meter.report();
    EXPECT_EQ(report.bins[1].tokens, 2);
    EXPECT_EQ(report.bins[13].tokens, 1);
    EXPECT_NEAR(report.ece, (std::abs(1 - 0.22) + std::abs(1 - 0.9) + std::abs(0 - 0.95)) / 4,
                1e-12);
    EXPECT_NEAR(report.brier, (0.9 * 0.9 + 0.12 * 0.12 + 0.1 * 0.1 + 0.95 * 0.95) / 4, 1e-12);
    EXPECT_NEAR(report.entropy, 0.9, 1e-12);
    EXPECT_NEAR(report.accuracy, 0.5, 1e-12);
}

TEST(Calibration, EdgesBelongToTheBinBelow) {
    CalibrationMeter meter;
    meter.add(1.0, true, 0);
    meter.add(1.0 / 15, true, 0);
    EXPECT_EQ(meter.report().bins[14].tokens, 1);
    EXPECT_EQ(meter.report().bins[0].tokens, 1);
}

/// The coin says token 0 with 0.8; of the targets every third is token 1.
TEST(Calibration, OfTheTwoTokenModelInClosedForm) {
    const auto report = perplexity(
        coin(0.2), coinText(301),
        {.protocol = Protocol::Sliding, .context = 64, .stride = 32, .quality = true}, {});
    ASSERT_TRUE(report && report->calibration);
    const CalibrationReport& c = *report->calibration;
    EXPECT_EQ(c.tokens, 300);
    EXPECT_NEAR(c.accuracy, 2.0 / 3, 1e-12) << "100 of 300 targets are token 1";
    EXPECT_NEAR(c.confidence, 0.8, 1e-6);
    EXPECT_NEAR(c.ece, 0.8 - 2.0 / 3, 1e-6);
    EXPECT_NEAR(c.brier, (2 * 0.04 + 0.64) / 3, 1e-6);
    EXPECT_NEAR(c.entropy, -0.8 * std::log(0.8) - 0.2 * std::log(0.2), 1e-6);
}

TEST(CompareModels, TwoTokenModelsInClosedForm) {
    const EvalSettings settings{Protocol::Sliding, 64, 32, false};
    const auto report = compareModels(coin(0.2), coin(0.4), coinText(301), settings, {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_NEAR(report->kl, 0.8 * std::log(0.8 / 0.6) + 0.2 * std::log(0.2 / 0.4), 1e-6);
    EXPECT_NEAR(report->klStandardError, 0, 1e-8) << "the same for every token";
    EXPECT_EQ(report->agreement, 1);
    const double dense = std::exp(-(2 * std::log(0.8) + std::log(0.2)) / 3),
                 model = std::exp(-(2 * std::log(0.6) + std::log(0.4)) / 3);
    EXPECT_NEAR(report->densePerplexity, dense, 1e-5);
    EXPECT_NEAR(report->difference, model - dense, 1e-5);
    EXPECT_NEAR(report->nllDifference, std::log(model / dense), 1e-6);
    EXPECT_EQ(compareModels(coin(0.2), coin(0.7), coinText(301), settings, {})->agreement, 0);
}

TEST(CompareModels, EqualsBruteForceAcrossChunks) {
    const Decoder dense = tinyDecoder(1), model = tinyDecoder(2);
    const EvalText text = randomText(900, 64);
    const EvalSettings settings{Protocol::Paper512, 400, 400, false};
    const auto report = compareModels(dense, model, text, settings, {});
    ASSERT_TRUE(report) << report.error().message;
    double kl = 0, agreed = 0, denseNll = 0, nll = 0;
    // 900 tokens, windows of 400: two blocks of 450.
    std::vector<Cluster> differences{{0, 0}, {0, 0, true}};
    for (const auto& [begin, end] :
         std::vector<std::pair<std::size_t, std::size_t>>{{0, 400}, {400, 800}, {800, 900}}) {
        const std::vector<std::int64_t> ids(text.ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                            text.ids.begin() + static_cast<std::ptrdiff_t>(end));
        const at::Tensor window = at::tensor(ids, at::kLong);
        const std::int64_t rows = window.size(0) - 1;
        const auto logProbabilities = [&](const Decoder& decoder) {
            return at::log_softmax(
                decoder.logits(window.unsqueeze(0))[0].narrow(0, 0, rows).to(at::kDouble), -1);
        };
        const at::Tensor p = logProbabilities(dense), q = logProbabilities(model),
                         labels = window.narrow(0, 1, rows).unsqueeze(1);
        kl += (p.exp() * (p - q)).sum().item<double>();
        agreed += p.argmax(-1).eq(q.argmax(-1)).sum().item<double>();
        const at::Tensor a = -p.gather(1, labels).squeeze(1), b = -q.gather(1, labels).squeeze(1);
        denseNll += a.sum().item<double>();
        nll += b.sum().item<double>();
        for (std::int64_t row = 0; row < rows; ++row) {
            Cluster& block = differences[begin + 1 + static_cast<std::size_t>(row) < 450 ? 0 : 1];
            block.value += (b - a)[row].item<double>();
            block.weight += 1;
        }
    }
    const auto tokens = static_cast<double>(report->tokens);
    EXPECT_EQ(report->tokens, 399 + 399 + 99);
    EXPECT_NEAR(report->kl, kl / tokens, 1e-5);
    EXPECT_NEAR(report->agreement, agreed / tokens, 1e-9);
    EXPECT_NEAR(report->perplexity / std::exp(nll / tokens), 1, 1e-6);
    EXPECT_NEAR(report->densePerplexity / std::exp(denseNll / tokens), 1, 1e-6);
    EXPECT_NEAR(report->nllDifferenceStandardError, ratioError(differences).standardError, 1e-6);
    EXPECT_EQ(report->windows, 3);
    EXPECT_EQ(report->blocks, 2);
    EXPECT_EQ(report->quantile95, 12.706);
    EXPECT_GT(report->differenceStandardError, 0);
    const Json json = report->toJson();
    const auto byBlock = readRecord<BlockSums>(json["kl_blocks"]),
               agreedByBlock = readRecord<BlockSums>(json["top1_agreement_blocks"]);
    EXPECT_EQ(byBlock.weights, (std::vector<double>{differences[0].weight, differences[1].weight}));
    EXPECT_NEAR(byBlock.mean(), report->kl, 1e-9);
    EXPECT_NEAR(byBlock.error().standardError, report->klStandardError, 1e-9);
    EXPECT_NEAR(agreedByBlock.mean() * tokens, agreed, 1e-6);
}

TEST(CompareModels, AModelEqualsItself) {
    const Decoder model = tinyDecoder(1);
    const auto report =
        compareModels(model, model, randomText(100, 64), {Protocol::Paper512, 32, 16, false}, {});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->kl, 0);
    EXPECT_EQ(report->agreement, 1);
    EXPECT_EQ(report->difference, 0);
    EXPECT_EQ(report->differenceStandardError, 0);
}

TEST(CompareModels, OtherVocabulariesAreRefused) {
    const auto report = compareModels(tinyDecoder(1), coin(0.5), coinText(100),
                                      {Protocol::Paper512, 32, 16, false}, {});
    ASSERT_FALSE(report);
    EXPECT_NE(report.error().message.find("64 and 2"), std::string::npos);
}

TEST(Domains, EachIsScoredWithThePapersWindows) {
    const EvalText coinIds = coinText(60);
    const std::vector<DomainText> texts{{"heads", std::vector<TokenId>(60, 0)},
                                        {"mixed", coinIds.ids}};
    const auto reports = evaluateDomains(coin(0.2), texts, {Protocol::Paper512, 16, 8, false}, {});
    ASSERT_TRUE(reports) << reports.error().message;
    ASSERT_EQ(reports->size(), 2u);
    EXPECT_NEAR((*reports)[0].eval.perplexity, 1 / 0.8, 1e-5);
    EXPECT_EQ((*reports)[1].eval.perplexity,
              perplexity(coin(0.2), coinIds, {Protocol::Paper512, 16, 8, false}, {})->perplexity);
    EXPECT_EQ((*reports)[1].toJson()["domain"], "mixed");
    EXPECT_EQ(domainSettings({Protocol::LmEvalWikiText, 8192, 8192, false}).context, 512);
    EXPECT_EQ(domainSettings({Protocol::Paper512, 16, 8, false}).context, 16);
    const auto error = evaluateDomains(coin(0.2), {{"gsm8k", {1}}}, {}, {});
    ASSERT_FALSE(error);
    EXPECT_NE(error.error().message.find("held-out text of gsm8k"), std::string::npos);
}

}  // namespace
}  // namespace skd::test
