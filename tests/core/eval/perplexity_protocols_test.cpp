#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>

#include "base/files.h"
#include "core/eval/coin_model.h"
#include "core/model/tiny_model.h"
#include "eval/perplexity.h"
#include "eval/window_scoring.h"
#include "model/files/model_loader.h"

namespace skd::test {
namespace {

constexpr double kP = 0.2;

EvalReport reportOn(const EvalText& text, const EvalSettings& settings,
                    const Decoder& model = coin(kP)) {
    const auto report = perplexity(model, text, settings, {});
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : EvalReport{};
}

std::vector<std::int64_t> range(std::int64_t begin, std::int64_t end) {
    std::vector<std::int64_t> indices(static_cast<std::size_t>(end - begin));
    std::iota(indices.begin(), indices.end(), begin);
    return indices;
}

/// Two pages of 11 and 3 tokens.
EvalText pagedText() {
    EvalText text = coinText(14);
    text.pages = {{0, 11, 7, 30}, {11, 3, 4, 11}};
    return text;
}

TEST(EvalProtocols, LmEvalScoresEveryTokenOnceAndDividesByWords) {
    const EvalText text = pagedText();
    const EvalReport report = reportOn(text, {Protocol::LmEvalWikiText, 4, 4, false});
    const double nll = coinNll(text, range(0, 14), kP);
    EXPECT_EQ(report.scoredTokens, 14);
    EXPECT_EQ(report.forwardTokens, 4 + 4 + 4 + 3) << "inputs of page 1, then of page 2";
    EXPECT_NEAR(report.nllSum, nll, 1e-5);
    ASSERT_TRUE(report.words);
    EXPECT_NEAR(report.words->wordPerplexity, std::exp(nll / 11), 1e-5);
    EXPECT_NEAR(report.words->bytePerplexity, std::exp(nll / 41), 1e-6);
    EXPECT_NEAR(report.words->bitsPerByte, nll / 41 / std::log(2.0), 1e-6);
    EXPECT_EQ(report.perplexity, report.words->wordPerplexity);
    EXPECT_NEAR(report.tokenPerplexity, std::exp(nll / 14), 1e-5);
    const double page1 = coinNll(text, range(0, 11), kP), page2 = coinNll(text, range(11, 14), kP);
    EXPECT_NEAR(report.standardError,
                report.perplexity * ratioError({{page1, 7}, {page2, 4}}).standardError, 1e-5)
        << "pages are the blocks, and independent";
    EXPECT_EQ(report.blocks, 2);
}

/// resources/help/method.md, Pages of lm-eval-wikitext, for L = 4 and 11 tokens: prefix t0 t1 t2 ->
/// t0..t3; t3..t6 -> t4..t7; t6..t9 -> t8..t10.
TEST(EvalProtocols, LmEvalWindowsReadWhatTheHarnessFeeds) {
    EvalText text;
    for (TokenId i = 0; i < 11; ++i) text.ids.push_back(i);
    text.prefix = 50;
    text.pages = {{0, 11, 1, 1}};
    const EvalSettings settings{Protocol::LmEvalWikiText, 4, 4, false};
    const std::vector<std::vector<std::int64_t>> inputs{{50, 0, 1, 2}, {3, 4, 5, 6}, {6, 7, 8, 9}},
        labels{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9, 10}};
    const auto windows = cutWindows(text, settings);
    ASSERT_TRUE(windows);
    ASSERT_EQ(windows->size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto input = windowInput(text, (*windows)[i], settings, 64);
        ASSERT_TRUE(input);
        EXPECT_TRUE(at::equal(input->ids, at::tensor(inputs[i], at::kLong))) << i;
        EXPECT_TRUE(at::equal(input->labels, at::tensor(labels[i], at::kLong))) << i;
        EXPECT_EQ(input->firstRow + input->labels.size(0), input->ids.size(0))
            << "the last logits count";
    }
    text.prefix.reset();
    EXPECT_FALSE(windowInput(text, windows->front(), settings, 64));
}

TEST(EvalProtocols, HfDocCountsOneShortAndSlidingDoesNot) {
    // 13 tokens, windows of 6 every 4: [0,6) scores 1..5, [4,10) scores 6..9, [8,13) scores 10..12.
    const EvalText text = coinText(13);
    const std::vector<std::vector<std::int64_t>> scored{range(1, 6), range(6, 10), range(10, 13)};
    const std::vector<double> counted{5, 3, 2};
    double sum = 0, count = 0, exact = 0;
    for (std::size_t i = 0; i < scored.size(); ++i) {
        const double nll = coinNll(text, scored[i], kP);
        sum += nll / static_cast<double>(scored[i].size()) * counted[i];
        count += counted[i];
        exact += nll;
    }
    const EvalReport literal = reportOn(text, {Protocol::HfStride, 6, 4, false}),
                     sliding = reportOn(text, {Protocol::Sliding, 6, 4, false});
    EXPECT_NEAR(literal.perplexity, std::exp(sum / count), 1e-5);
    EXPECT_EQ(literal.scoredTokens, 12);
    EXPECT_NEAR(sliding.perplexity, std::exp(exact / 12), 1e-5);
    EXPECT_GT(std::abs(literal.perplexity - sliding.perplexity), 1e-3);
    // With bos in front the first token is a target too.
    EXPECT_NEAR(reportOn(text, {Protocol::Sliding, 6, 4, true}).perplexity,
                std::exp(coinNll(text, range(0, 13), kP) / 13), 1e-5);
    // Windows that only touch lose their first target, as a shifted loss does.
    EXPECT_EQ(reportOn(text, {Protocol::Sliding, 6, 6, false}).scoredTokens, 10);
}

TEST(EvalProtocols, FirstTokensKeepWholePages) {
    const EvalText text = pagedText();
    EXPECT_EQ(firstTokens(text, 13).pages.size(), 1u);
    EXPECT_EQ(firstTokens(text, 13).ids.size(), 11u);
    EXPECT_EQ(firstTokens(text, 14).pages.size(), 2u);
    EXPECT_EQ(firstTokens(text, 0).ids.size(), 14u);
    EXPECT_EQ(firstTokens(text, 2).ids.size(), 11u) << "at least one page";
    EXPECT_EQ(firstTokens(coinText(14), 5).ids.size(), 5u);
}

TEST(EvalProtocols, EveryProtocolHasItsOwnDefinition) {
    std::set<std::string> definitions;
    for (const std::string& name : enumNames<Protocol>()) {
        EvalSpec spec;
        ASSERT_TRUE(parseEnum(name, spec.protocol));
        const auto settings = resolveSettings(spec, false, 4096);
        ASSERT_TRUE(settings) << settings.error().message;
        const std::string definition = describe(*settings);
        EXPECT_NE(definition.find(std::to_string(settings->context)), std::string::npos)
            << definition;
        EXPECT_EQ(definition.find('\n'), std::string::npos);
        EXPECT_TRUE(definitions.insert(definition).second) << definition;
    }
    EXPECT_EQ(resolveSettings({.protocol = Protocol::LmEvalWikiText}, false, 4096)->context, 4096);
}

TEST(EvalProtocols, PagesRefuseStrideAndWindowBos) {
    EXPECT_FALSE(resolveSettings({.protocol = Protocol::LmEvalWikiText, .stride = 4}, false, 4096));
    EXPECT_FALSE(resolveSettings({.protocol = Protocol::LmEvalWikiText, .bos = BosRule::Window},
                                 false, 4096));
    EXPECT_FALSE(cutWindows(coinText(100), {Protocol::LmEvalWikiText, 8, 8, false})) << "no pages";
}

/// A text longer than any block of queries: the same NLL as plain operators in f64.
TEST(EvalProtocols, LongPagesEqualPlainAttention) {
    const Decoder model = tinyDecoder(3);
    EvalText text;
    for (std::int64_t i = 0; i < 1500; ++i)
        text.ids.push_back(static_cast<TokenId>((i * i * 7 + i) % 64));
    text.prefix = 0;
    text.pages = {{0, 1500, 10, 10}};
    const EvalReport report = reportOn(text, {Protocol::LmEvalWikiText, 2048, 2048, false}, model);
    std::vector<std::int64_t> ids{0};
    ids.insert(ids.end(), text.ids.begin(), text.ids.end());
    const at::Tensor all = at::tensor(ids, at::kLong);
    const at::Tensor logits =
        model.to(at::kCPU, at::kDouble).logits(all.narrow(0, 0, 1500).unsqueeze(0))[0];
    EXPECT_NEAR(report.nllSum,
                at::cross_entropy_loss(logits, all.narrow(0, 1, 1500), {}, at::Reduction::Sum)
                    .item<double>(),
                1e-2);
}

/// tests/fixtures/models/make_protocols.py
class ProtocolFamily : public testing::TestWithParam<const char*> {};

TEST_P(ProtocolFamily, EqualsTransformersAndTheHarness) {
    const Json golden = *parseJson(*readFile(modelFixture("protocols.json")));
    const auto loaded = loadModel(modelFixture(GetParam()), {at::kFloat, at::kCPU});
    ASSERT_TRUE(loaded);
    const at::Tensor ids = loadTensors(modelFixture(GetParam()) / "expected.safetensors")["ids"];
    EvalText text;
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        text.ids.push_back(static_cast<TokenId>(ids[i].item<std::int64_t>()));
    const Json& expected = golden[GetParam()];
    const std::int64_t length = golden["length"], stride = golden["stride"],
                       split = golden["split"];
    const double hf = expected["hf_mean"], sliding = expected["sliding_mean"],
                 rolling = expected["rolling_nll"];
    EXPECT_NEAR(
        reportOn(text, {Protocol::HfStride, length, stride, false}, loaded->decoder).perplexity /
            std::exp(hf),
        1, 2e-6);
    EXPECT_NEAR(
        reportOn(text, {Protocol::Sliding, length, stride, false}, loaded->decoder).perplexity /
            std::exp(sliding),
        1, 2e-6);
    text.prefix = golden["prefix"].get<TokenId>();
    text.pages = {{0, split, 20, 100}, {split, 40 - split, 10, 60}};
    const EvalReport report =
        reportOn(text, {Protocol::LmEvalWikiText, length, length, false}, loaded->decoder);
    EXPECT_NEAR(report.nllSum / rolling, 1, 1e-6);
    EXPECT_NEAR(report.words->bitsPerByte / (rolling / 160 / std::log(2.0)), 1, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(All, ProtocolFamily,
                         testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3",
                                         "gemma3"));

}  // namespace
}  // namespace skd::test
