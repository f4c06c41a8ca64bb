#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>

#include "base/hash.h"
#include "core/distill/distill_fixture.h"
#include "distill/fused_head.h"
#include "distill/kept_logits.h"
#include "distill/teacher_cache.h"
#include "kernels/draw_kernels.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

/// Shares of the draws as a distribution over the vocabulary.
at::Tensor sharesOf(const TokenDraws& draws, std::int64_t vocabulary) {
    const at::Tensor counts = draws.counts.to(at::kDouble);
    return at::zeros({counts.size(0), vocabulary}, at::kDouble)
               .scatter_add(1, draws.ids.to(at::kLong), counts) /
           counts.sum(1, true);
}

}  // namespace

TEST(DistillDraws, InvertTheCumulativeSum) {
    at::manual_seed(3);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
        for (const std::int64_t vocabulary : {1, 7, 2048, 5000}) {
            const at::Tensor row = (at::randn({vocabulary}) * 2).to(type);
            const at::Tensor cumulative = at::softmax(row.to(at::kDouble) / 1.5, 0).cumsum(0);
            std::vector<double> uniforms, sums;
            for (int i = 0; i < 200; ++i) uniforms.push_back((i + 0.5) / 200);
            std::vector<std::int32_t> ids(200);
            std::vector<std::uint16_t> counts(200);
            const DrawSummary summary =
                type == at::kFloat ? drawTokens(std::span(row.const_data_ptr<float>(),
                                                          static_cast<std::size_t>(vocabulary)),
                                                1.5, uniforms, ids, counts, sums)
                                   : drawTokens(std::span(reinterpret_cast<const std::uint16_t*>(
                                                              row.const_data_ptr<at::BFloat16>()),
                                                          static_cast<std::size_t>(vocabulary)),
                                                1.5, uniforms, ids, counts, sums);
            std::map<std::int32_t, int> expected;
            for (const double uniform : uniforms)
                ++expected[static_cast<std::int32_t>(
                    at::searchsorted(cumulative, at::scalar_tensor(uniform, at::kDouble), false,
                                     true)
                        .item<std::int64_t>())];
            int moved = 0, total = 0;
            for (std::size_t i = 0; i < summary.found; ++i) {
                moved += std::abs(counts[i] - expected[ids[i]]);
                total += counts[i];
                EXPECT_GE(counts[i == 0 ? 0 : i - 1], counts[i]);
            }
            EXPECT_EQ(total, 200);
            EXPECT_LE(moved, 2) << vocabulary;  // a draw at the very edge of two tokens
            const at::Tensor p = at::softmax(row.to(at::kDouble) / 1.5, 0);
            EXPECT_NEAR(summary.negativeEntropy, at::xlogy(p, p).sum().item<double>(), 1e-5);
        }
}

TEST(DistillDraws, DependOnSeedSampleAndPositionAlone) {
    at::manual_seed(4);
    const at::Tensor logits = at::randn({20, 500});
    const TeacherSampling sampling{16, 2, 9};
    const TokenDraws whole = drawTokens(logits, sampling, 3, 0);
    const TokenDraws part = drawTokens(logits.narrow(0, 12, 8), sampling, 3, 12);
    EXPECT_TRUE(at::equal(whole.ids.narrow(0, 12, 8), part.ids));
    EXPECT_TRUE(at::equal(whole.counts.narrow(0, 12, 8), part.counts));
    EXPECT_FALSE(at::equal(whole.ids, drawTokens(logits, sampling, 4, 0).ids));
    EXPECT_FALSE(at::equal(whole.ids, drawTokens(logits, sampling, 3, 1).ids));
    EXPECT_FALSE(at::equal(whole.ids, drawTokens(logits, {16, 2, 10}, 3, 0).ids));
    EXPECT_TRUE(at::equal(whole.counts.sum(1), at::full({20}, 16, at::kLong)));
}

// The mean over n seeds of count / rounds has standard deviation sqrt(p (1 - p) / (rounds n)).
TEST(DistillDraws, ExpectationIsTheTemperedDistribution) {
    constexpr std::int64_t kRounds = 20, kSeeds = 2000, kVocabulary = 60;
    at::manual_seed(5);
    const at::Tensor logits = at::randn({4, kVocabulary}) * 3;
    const at::Tensor p = at::softmax(logits.to(at::kDouble) / 2.0, 1);
    at::Tensor sum = at::zeros_like(p);
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed)
        sum += sharesOf(drawTokens(logits, {kRounds, 2.0, seed}, 0, 0), kVocabulary);
    const at::Tensor deviation = (p * (1 - p) / static_cast<double>(kRounds * kSeeds)).sqrt();
    const at::Tensor error = (sum / kSeeds - p) / deviation;
    EXPECT_LT(error.abs().max().item<double>(), 4.5);            // the largest of 240 normal errors
    EXPECT_NEAR(error.pow(2).mean().item<double>(), 1.0, 0.45);  // 5 sigma of a mean of 240 squares
}

// So the gradient's expectation is the full KL's, which top k's is not.
TEST(DistillDraws, GradientApproachesThatOfTheFullKl) {
    constexpr std::int64_t kRounds = 20, kSeeds = 1500, kVocabulary = 50, kTokens = 3;
    constexpr double kTemperature = 2;
    at::manual_seed(6);
    HeadInput input;
    input.hidden = at::randn({kTokens, kVocabulary});
    input.head = at::eye(kVocabulary);
    input.labels = at::zeros({kTokens}, at::kLong);
    const at::Tensor teacher = at::randn({kTokens, kVocabulary}) * 2;
    const at::Tensor p = at::softmax(teacher.to(at::kDouble) / kTemperature, 1),
                     q = at::softmax(input.hidden.to(at::kDouble) / kTemperature, 1);
    const HeadLossOptions options{
        .alpha = 1, .temperature = kTemperature, .tokens = 1, .loss = KdLoss::Sampled};
    at::Tensor sum = at::zeros_like(p), scratch = at::zeros({kVocabulary, kVocabulary});
    double kl = 0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const TokenDraws draws = drawTokens(teacher, {kRounds, kTemperature, seed}, 0, 0);
        input.teacher = {draws.ids, (draws.counts.to(at::kFloat) / kRounds).log(),
                         draws.negativeEntropy};
        const HeadLoss loss = headLoss(input, options, scratch);
        sum += loss.hiddenGradient.to(at::kDouble) / kTemperature;
        kl += loss.kl;
    }
    const at::Tensor deviation = (p * (1 - p) / static_cast<double>(kRounds * kSeeds)).sqrt();
    EXPECT_LT(((sum / kSeeds - (q - p)) / deviation).abs().max().item<double>(), 4.5);
    const at::Tensor surprise = -q.log();
    const double variance =
        ((p * surprise.pow(2)).sum(1) - (p * surprise).sum(1).pow(2)).sum().item<double>() /
        (kRounds * kSeeds);
    EXPECT_NEAR(kl / kSeeds, (p * (p.log() - q.log())).sum().item<double>(),
                4.5 * std::sqrt(variance));
}

TEST(DistillDraws, RefuseNonFiniteLogits) {
    at::Tensor logits = at::randn({4, 500});
    logits[2][17] = std::nan("");
    EXPECT_THROW(drawTokens(logits, {8, 2, 1}, 0, 0), c10::Error);
}

namespace {

struct CacheFixture {
    test::OneThread oneThread;
    test::TemporaryFolder folder;
    Corpus corpus = test::randomCorpus(20, 24, 300);
    Decoder teacher = test::tinyDecoder(1, {.vocabulary = 300});
    TeacherCacheKey key = test::keyFor(corpus);

    CacheFixture() { key.sampling = TeacherSampling{12, 1.5, 7}; }
    Result<TeacherCache> build(const RunContext& context = {}) {
        return buildTeacherCache(teacher, corpus, key, folder / "cache", context);
    }
    Result<TeacherCache> open() { return TeacherCache::open(folder / "cache", key, corpus); }
};

}  // namespace

TEST(DistillDraws, CacheHoldsThem) {
    CacheFixture fixture;
    const auto cache = fixture.build();
    ASSERT_TRUE(cache) << cache.error().message;
    EXPECT_EQ(cache->refusedSamples(), 0);
    EXPECT_EQ(cache->k(), 12);
    ASSERT_TRUE(cache->sampling());
    for (const std::int64_t sample : {0, 4, 17}) {
        const std::int64_t length = fixture.corpus.length(sample);
        at::Tensor ids = at::empty({1, length - 1}, at::kLong);
        for (std::int64_t i = 0; i + 1 < length; ++i)
            ids[0][i] = static_cast<std::int64_t>(
                fixture.corpus.sample(sample)[static_cast<std::size_t>(i)]);
        const TokenDraws expected =
            drawTokens(fixture.teacher.logits(ids).squeeze(0), *fixture.key.sampling, sample, 0);
        const auto rows = cache->rows(sample, 1.5);
        ASSERT_TRUE(rows) << rows.error().message;
        const TeacherRows filled = rows->narrow(0, length - 1);
        EXPECT_TRUE(at::equal(filled.ids, expected.ids));
        EXPECT_TRUE(
            at::allclose(filled.logProbabilities.exp() * 12, expected.counts.to(at::kFloat), 1e-5));
        EXPECT_TRUE(at::equal(filled.logZ, expected.negativeEntropy));
    }
    EXPECT_EQ(cache->rows(0, 2.0).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(cache->manifest()["key"]["sampling"]["rounds"], 12);
    EXPECT_GT(cache->meanCoverage(), 0);
    EXPECT_LT(cache->meanCoverage(), 1);
}

TEST(DistillDraws, CacheIsOfItsDrawsAlone) {
    CacheFixture fixture;
    ASSERT_TRUE(fixture.build());
    for (const TeacherSampling other :
         {TeacherSampling{11, 1.5, 7}, TeacherSampling{12, 2, 7}, TeacherSampling{12, 1.5, 8}}) {
        TeacherCacheKey key = fixture.key;
        key.sampling = other;
        EXPECT_EQ(TeacherCache::open(fixture.folder / "cache", key, fixture.corpus).error().code,
                  ErrorCode::InvalidInput);
    }
    EXPECT_EQ(TeacherCache::open(fixture.folder / "cache", test::keyFor(fixture.corpus, 12),
                                 fixture.corpus)
                  .error()
                  .code,
              ErrorCode::InvalidInput);
}

TEST(DistillDraws, CancelledBuildGoesOnToTheSameBytes) {
    CacheFixture fixture, straight;
    ASSERT_TRUE(straight.build());
    EXPECT_TRUE(fixture.build(test::StoppingContext(nullptr, 18).context)->empty());
    ASSERT_TRUE(fixture.build());
    for (int block = 0; block < 2; ++block)
        EXPECT_EQ(test::readBytes(teacherBlockPath(fixture.folder / "cache", block)),
                  test::readBytes(teacherBlockPath(straight.folder / "cache", block)));
    EXPECT_EQ(test::readBytes(fixture.folder / "cache/manifest.json"),
              test::readBytes(straight.folder / "cache/manifest.json"));
}

TEST(DistillDraws, CacheRefusesCountsThatMakeNoSense) {
    const TeacherBlockShape shape{23, 12, 300, 12};
    const std::size_t codes = 64 + 16 + shape.entries() * 4,
                      normalisers = codes + shape.entries() * 2;
    const auto put = [](std::string& bytes, std::size_t at, auto value) {
        std::memcpy(bytes.data() + at, &value, sizeof(value));
    };
    const std::pair<const char*, std::function<void(std::string&)>> cases[] = {
        {"do not sum to 1", [&](std::string& b) { put(b, codes, std::uint16_t{13}); }},
        {"not sorted", [&](std::string& b) { put(b, codes + 22, std::uint16_t{12}); }},
        {"do not sum to 1", [&](std::string& b) { put(b, normalisers + 4, 0.5f); }},
        {"do not sum to 1", [&](std::string& b) { put(b, normalisers + 4, -6.0f); }},
        {"not finite", [&](std::string& b) { put(b, normalisers + 4, std::nanf("")); }},
        {"outside the vocabulary",
         [&](std::string& b) { std::memcpy(b.data() + 84, b.data() + 80, 4); }}};
    for (const auto& [message, change] : cases) {
        CacheFixture fixture;
        ASSERT_TRUE(fixture.build());
        const auto path = teacherBlockPath(fixture.folder / "cache", 0);
        std::string bytes = test::readBytes(path);
        change(bytes);
        const std::uint64_t hash = xxh3(bytes.data(), bytes.size() - 8);
        std::memcpy(bytes.data() + bytes.size() - 8, &hash, 8);
        std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
        const auto cache = fixture.open();
        ASSERT_FALSE(cache) << message;
        EXPECT_NE(cache.error().message.find(message), std::string::npos) << cache.error().message;
    }
}

TEST(DistillDraws, CacheRefusesMoreDrawsThanItsEntriesHold) {
    CacheFixture fixture;
    fixture.key.sampling->rounds = 257;
    EXPECT_EQ(fixture.build().error().code, ErrorCode::InvalidInput);
}

}  // namespace skd
