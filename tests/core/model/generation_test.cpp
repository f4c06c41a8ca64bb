#include "model/generation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/eval/coin_model.h"
#include "core/model/tiny_model.h"
#include "eval/consistency.h"
#include "model/files/model_loader.h"

namespace skd::test {
namespace {

Decoder familyModel(const char* name) {
    const auto loaded = loadModel(modelFixture(name), {at::kFloat, at::kCPU});
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? loaded->decoder : Decoder();
}

/// Sliding windows, longrope that changes its factors at 16 tokens, llama3 scaling, q/k norms.
class GenerationFamily : public testing::TestWithParam<const char*> {};

TEST_P(GenerationFamily, FeedingInPartsEqualsTheWhole) {
    const Decoder model = familyModel(GetParam());
    const at::Tensor ids = at::stack({at::arange(40) * 37 % 96, at::arange(40) * 11 % 96});
    Generator generator(model);
    std::int64_t fed = 0;
    for (const std::int64_t part : {7, 1, 1, 1, 5, 1, 1, 9, 1, 1, 1, 1, 9, 1}) {
        const at::Tensor logits = generator.feed(ids.narrow(1, fed, part));
        fed += part;
        EXPECT_EQ(generator.length(), fed);
        const at::Tensor whole = model.logits(ids.narrow(1, 0, fed)).select(1, fed - 1);
        EXPECT_LT(relativeError(logits, whole), 1e-5) << fed;
    }
    EXPECT_EQ(fed, 40);
}

TEST_P(GenerationFamily, GreedyTokensEqualUncached) {
    const Decoder model = familyModel(GetParam());
    at::Tensor ids = (at::arange(9) * 37 % 96).unsqueeze(0);
    Generator generator(model);
    const auto texts = continueText(generator, generator.feed(ids), {.tokens = 24});
    ASSERT_TRUE(texts) << texts.error().message;
    ASSERT_EQ(texts->front().size(), 24u);
    for (const TokenId token : texts->front()) {
        const std::int64_t expected =
            model.logits(ids).select(1, ids.size(1) - 1).argmax(-1).item<std::int64_t>();
        ASSERT_EQ(static_cast<std::int64_t>(token), expected) << ids.size(1);
        ids = at::cat({ids, at::full({1, 1}, expected, at::kLong)}, 1);
    }
}

INSTANTIATE_TEST_SUITE_P(All, GenerationFamily,
                         testing::Values("llama", "llama-tied", "qwen2", "qwen3", "mistral", "phi3",
                                         "gemma3"));

TEST(Generation, WorksInBfloat16AndOnFactoredModels) {
    Decoder model = familyModel("qwen2").to(at::kCPU, at::kBFloat16);
    for (Linear* linear : model.matrices())
        linear->replace(LowRankWeight{at::randn({linear->rows(), 8}, at::kBFloat16) * 0.2,
                                      at::randn({8, linear->columns()}, at::kBFloat16) * 0.2});
    const at::Tensor ids = (at::arange(20) * 7 % 96).unsqueeze(0);
    Generator generator(model);
    generator.feed(ids.narrow(1, 0, 19));
    EXPECT_LT(relativeError(generator.feed(ids.narrow(1, 19, 1)),
                            model.logits(ids).select(1, 19).to(at::kFloat)),
              5e-2);
}

TEST(KeyValueCache, KeepsNoMoreThanASlidingWindowNeeds) {
    const std::vector<LayerConfig> layers{{.intermediateSize = 1},
                                          {.intermediateSize = 1, .slidingWindow = 7}};
    KeyValueCache cache(layers);
    for (std::int64_t i = 0; i < 500; ++i) {
        const at::Tensor token = at::full({1, 2, 1, 4}, static_cast<double>(i));
        const auto full = cache.append(0, token, token), sliding = cache.append(1, token, token);
        ASSERT_EQ(full.keys.size(2), i + 1);
        ASSERT_EQ(sliding.keys.size(2), std::min<std::int64_t>(i + 1, 7));
        ASSERT_EQ(sliding.values[0][0][-1][0].item<double>(), static_cast<double>(i));
        ASSERT_EQ(sliding.keys[0][1][0][3].item<double>(),
                  static_cast<double>(std::max<std::int64_t>(0, i - 6)));
    }
    EXPECT_EQ(cache.length(1), 500);
    EXPECT_LT(cache.bytes(), 2 * 1100 * 8 * 4 + 2 * 70 * 8 * 4) << "the windowed layer stays small";
}

TEST(Generation, RepeatedSequencesGoOnAsThemselves) {
    const Decoder model = familyModel("mistral");
    const at::Tensor ids = (at::arange(12) * 5 % 96).unsqueeze(0),
                     next = at::tensor({3, 4, 5}, at::kLong).unsqueeze(1);
    Generator generator(model);
    generator.feed(ids);
    generator.repeat(3);
    const at::Tensor logits = generator.feed(next);
    for (std::int64_t i = 0; i < 3; ++i)
        EXPECT_LT(
            relativeError(logits[i], model.logits(at::cat({ids, next.narrow(0, i, 1)}, 1))[0][12]),
            1e-5);
}

TEST(Generation, StopsInFrontOfStopTokensAndOnRequest) {
    const Decoder model = coin(0.01);  // always token 0
    const at::Tensor ids = at::ones({2, 3}, at::kLong);
    Generator stopped(model), cancelled(model);
    EXPECT_TRUE(
        continueText(stopped, stopped.feed(ids), {.tokens = 9, .stop = {0}})->front().empty());
    int asked = 0;
    const GenerationOptions options{.tokens = 9, .cancelled = [&] { return ++asked > 4; }};
    EXPECT_EQ(continueText(cancelled, cancelled.feed(ids), options)->back().size(), 4u);
}

TEST(Generation, LogitsThatAreNotFiniteAreAnError) {
    Decoder model = coin(0.5);
    model.head[1][0] = std::nanf("");
    Generator generator(model);
    const auto texts =
        continueText(generator, generator.feed(at::ones({1, 2}, at::kLong)), {.tokens = 2});
    ASSERT_FALSE(texts);
    EXPECT_EQ(texts.error().code, ErrorCode::Numeric);
}

TEST(Sampling, KeepsTopKAndTheNucleus) {
    const std::vector<float> logits{std::log(0.1f), std::log(0.4f), std::log(0.2f), std::log(0.3f)};
    const auto reachable = [&](const SamplingOptions& options) {
        std::set<std::int64_t> ids;
        for (int i = 0; i < 1000; ++i) ids.insert(chooseToken(logits, options, i / 1000.0));
        return ids;
    };
    EXPECT_EQ(reachable({.temperature = 1}), (std::set<std::int64_t>{0, 1, 2, 3}));
    EXPECT_EQ(reachable({.temperature = 0}), (std::set<std::int64_t>{1}));
    EXPECT_EQ(reachable({.temperature = 1, .topK = 2}), (std::set<std::int64_t>{1, 3}));
    EXPECT_EQ(reachable({.temperature = 1, .topP = 0.5}), (std::set<std::int64_t>{1, 3}))
        << "0.4 alone does not reach 0.5";
    EXPECT_EQ(reachable({.temperature = 1, .topP = 0.3}), (std::set<std::int64_t>{1}));
    EXPECT_EQ(reachable({.temperature = 1, .topK = 3, .topP = 0.99}),
              (std::set<std::int64_t>{1, 2, 3}));
}

/// Draws at equal distances hit each token in proportion to p^(1/T).
TEST(Sampling, FollowsTheTemperedDistribution) {
    const std::vector<float> logits{std::log(0.1f), std::log(0.4f), std::log(0.2f), std::log(0.3f)};
    for (const double temperature : {0.5, 1.0, 2.0}) {
        std::vector<double> expected, counts(4, 0);
        double total = 0;
        for (const float z : logits) total += std::exp(static_cast<double>(z) / temperature);
        for (int i = 0; i < 100000; ++i)
            ++counts[static_cast<std::size_t>(
                chooseToken(logits, {.temperature = temperature}, (i + 0.5) / 100000))];
        for (std::size_t id = 0; id < 4; ++id)
            EXPECT_NEAR(counts[id] / 100000,
                        std::exp(static_cast<double>(logits[id]) / temperature) / total, 1e-4)
                << temperature;
    }
}

TEST(Consistency, SimilarityIsNormalisedEditDistance) {
    const std::vector<TokenId> kitten{1, 2, 3, 3, 4, 5}, sitting{6, 2, 3, 3, 2, 5, 7};
    EXPECT_NEAR(editSimilarity(kitten, sitting), 1 - 3.0 / 7, 1e-12);
    EXPECT_EQ(editSimilarity(kitten, kitten), 1);
    EXPECT_EQ(editSimilarity(kitten, std::vector<TokenId>{}), 0);
    EXPECT_EQ(editSimilarity(std::vector<TokenId>{}, std::vector<TokenId>{}), 1);
}

TEST(Consistency, SummaryOfKnownAnswers) {
    const ConsistencyReport report = summarise({{1, 2}, {1, 2}, {1, 3}, {4, 5}});
    EXPECT_EQ(report.distinct, 3);
    // Pairs: 1 equal, {1,2}-{1,3} twice at 1/2, {4,5} three times at 0.
    EXPECT_NEAR(report.similarity, (1 + 2 * 0.5) / 6, 1e-12);
    EXPECT_NEAR(report.commonShare, 0.5, 1e-12);
    EXPECT_EQ(summarise(std::vector<std::vector<TokenId>>{{1}}).similarity, 1);
}

TEST(Consistency, SampledCoinsFallAsTheyShould) {
    const ConsistencyOptions options{
        .answers = 64, .tokens = 64, .sampling = {.temperature = 1}, .seed = 7};
    const auto report = measureConsistency(coin(0.3), {0}, options, {});
    ASSERT_TRUE(report) << report.error().message;
    double ones = 0;
    for (const auto& answer : report->answers)
        ones += static_cast<double>(std::count(answer.begin(), answer.end(), TokenId{1}));
    EXPECT_NEAR(ones / (64 * 64), 0.3, 4 * std::sqrt(0.21 / (64 * 64)));
    EXPECT_EQ(report->distinct, 64);
    // One token each: only two answers are possible, and a pair is equal with probability p^2 +
    // q^2.
    const auto single = measureConsistency(
        coin(0.3), {0}, {.answers = 400, .tokens = 1, .sampling = {.temperature = 1}}, {});
    EXPECT_EQ(single->distinct, 2);
    EXPECT_NEAR(single->similarity, 0.58, 0.05);
}

/// Of one token each a pair is equal with probability p^2 + q^2: two models apart by 0.08.
TEST(Consistency, TwoCoinsDifferByTheirClosedForms) {
    const std::vector<std::vector<TokenId>> prompts(12, {0});
    const ConsistencyOptions options{
        .answers = 200, .tokens = 1, .sampling = {.temperature = 1}, .seed = 3};
    const auto fair = measureConsistencies(coin(0.5), prompts, options, {});
    const auto loaded = measureConsistencies(coin(0.3), prompts, options, {});
    ASSERT_TRUE(fair && *fair && loaded && *loaded);
    const ConsistencyFigures before = consistencyFigures(**fair),
                             after = consistencyFigures(**loaded);
    EXPECT_EQ(before.distinct, std::vector<double>(12, 2.0 / 200));
    EXPECT_NEAR(meanOverPrompts(before.similarity).mean, 0.5, 0.01);
    EXPECT_NEAR(meanOverPrompts(after.similarity).mean, 0.58, 0.03);
    const PromptMean change = differenceOverPrompts(before.similarity, after.similarity);
    EXPECT_NEAR(change.mean, 0.08, 0.03);
    EXPECT_GT(change.mean - change.halfWidth, 0) << "told apart";
    EXPECT_NE((**loaded)[0].answers, (**loaded)[1].answers) << "each prompt has its own stream";
}

TEST(Consistency, SeedFixesTheAnswersAndZeroTemperatureMakesThemEqual) {
    const Decoder model = familyModel("qwen3");
    const std::vector<TokenId> prompt{5, 17, 30};
    const auto answersOf = [&](std::uint64_t seed, double temperature) {
        return measureConsistency(model, prompt,
                                  {.answers = 5,
                                   .tokens = 12,
                                   .sampling = {.temperature = temperature},
                                   .seed = seed},
                                  {})
            ->answers;
    };
    EXPECT_EQ(answersOf(1, 1.0), answersOf(1, 1.0));
    EXPECT_NE(answersOf(1, 1.0), answersOf(2, 1.0));
    EXPECT_EQ(summarise(answersOf(1, 0)).distinct, 1);
    EXPECT_FALSE(measureConsistency(model, {}, {}, {}));
    EXPECT_FALSE(measureConsistency(model, {5000}, {}, {}));
}

}  // namespace
}  // namespace skd::test
