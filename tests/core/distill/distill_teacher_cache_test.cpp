#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/hash.h"
#include "base/text.h"
#include "core/distill/distill_fixture.h"
#include "distill/kept_logits.h"
#include "distill/teacher_cache.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::keyFor;

constexpr std::int64_t kCachedVocabulary = 300, kSamples = 40, kCachedLength = 24;

struct TeacherCacheFixture {
    test::TemporaryFolder folder;
    Corpus corpus = test::randomCorpus(kSamples, kCachedLength, kCachedVocabulary);
    Decoder teacher = test::tinyDecoder(1, {.vocabulary = kCachedVocabulary});
    test::Recorder recorder;

    test::OneThread oneThread;

    Result<TeacherCache> build(int polls = -1) {
        const test::StoppingContext stopping(&recorder, polls);
        return buildTeacherCache(teacher, corpus, keyFor(corpus), folder / "cache",
                                 stopping.context);
    }
    Result<TeacherCache> open() {
        return TeacherCache::open(folder / "cache", keyFor(corpus), corpus);
    }
    [[nodiscard]] std::filesystem::path block(std::int64_t index) const {
        return teacherBlockPath(folder / "cache", index);
    }
};

/// Changes a block's bytes and gives it a trailer that fits, as a faulty writer would.
template <class Change>
void rewriteBlock(const std::filesystem::path& path, Change change) {
    std::string bytes = test::readBytes(path);
    change(bytes);
    const std::size_t payload = bytes.size() - 8;
    const std::uint64_t hash = xxh3(bytes.data(), payload);
    std::memcpy(bytes.data() + payload, &hash, 8);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST(DistillTeacherCache, HoldsTheTeachersProbabilities) {
    TeacherCacheFixture fixture;
    const auto cache = fixture.build();
    ASSERT_TRUE(cache) << cache.error().message;
    EXPECT_EQ(cache->samples(), kSamples);
    EXPECT_EQ(cache->refusedSamples(), 0);
    for (const std::int64_t sample : {0, 4, 17, 39}) {
        const std::int64_t length = fixture.corpus.length(sample);
        at::Tensor ids = at::empty({1, length - 1}, at::kLong);
        for (std::int64_t i = 0; i + 1 < length; ++i)
            ids[0][i] = static_cast<std::int64_t>(
                fixture.corpus.sample(sample)[static_cast<std::size_t>(i)]);
        const TopKRows expected = topKRowsReference(fixture.teacher.logits(ids).squeeze(0), 8);
        for (std::size_t t = 0; t < kTemperatureGrid.size(); ++t) {
            const TeacherRows rows = cache->rows(sample, kTemperatureGrid[t]).value();
            EXPECT_EQ(rows.ids.size(0), kCachedLength - 1);
            const TeacherRows filled = rows.narrow(0, length - 1);
            EXPECT_TRUE(at::equal(filled.ids, expected.ids));
            const at::Tensor p = filled.logProbabilities.exp(),
                             exact = expected.logProbabilities.exp();
            EXPECT_LT(((p - exact) / exact).abs().max().item<double>(), 5e-4);
            EXPECT_LT((p.sum(1) - exact.sum(1)).abs().max().item<double>(), 2e-6);
            EXPECT_LT((filled.logZ - expected.logZ.select(1, static_cast<std::int64_t>(t)))
                          .abs()
                          .max()
                          .item<double>(),
                      1e-5);
        }
    }
    EXPECT_EQ(cache->rows(0, 2.5).error().code, ErrorCode::InvalidInput);
    EXPECT_GT(cache->meanCoverage(), 0.0);
    EXPECT_LT(cache->meanCoverage(), 1.0);
    EXPECT_EQ(cache->manifest()["tokens"].get<std::int64_t>(), fixture.corpus.tokens() - kSamples);
}

/// A corpus larger than its text repeats samples; each is read by the teacher once, also where a
/// build continues from its blocks.
TEST(DistillTeacherCache, RepeatedSamplesAreReadOnce) {
    TeacherCacheFixture fixture;
    std::vector<TokenId> ids;
    std::vector<std::uint32_t> lengths;
    for (std::int64_t i = 0; i < kSamples; ++i) {
        const auto row = fixture.corpus.sample(i % 15);
        ids.insert(ids.end(), row.begin(), row.end());
        lengths.push_back(static_cast<std::uint32_t>(fixture.corpus.length(i % 15)));
    }
    const Corpus once = fixture.corpus.first(15);
    fixture.corpus = Corpus(kCachedLength, ids, lengths);
    int passes = 0;
    fixture.teacher.inputObserver = [&](std::size_t layer, MatrixKind kind, const at::Tensor&) {
        passes += layer == 0 && kind == MatrixKind::Gate;
    };
    const auto cache = fixture.build();
    ASSERT_TRUE(cache) << cache.error().message;
    EXPECT_EQ(passes, 15);
    std::filesystem::remove(fixture.block(2));
    ASSERT_TRUE(fixture.build());
    EXPECT_EQ(passes, 15) << "samples 32 to 39 are in the blocks before";
    const auto alone = buildTeacherCache(fixture.teacher, once, keyFor(once),
                                         fixture.folder / "once", RunContext{});
    ASSERT_TRUE(alone) << alone.error().message;
    for (std::int64_t i = 0; i < kSamples; ++i) {
        const TeacherRows rows = cache->rows(i, 2.0).value(),
                          own = alone->rows(i % 15, 2.0).value();
        EXPECT_TRUE(at::equal(rows.ids, own.ids) && at::equal(rows.logZ, own.logZ)) << i;
        EXPECT_TRUE(at::equal(rows.logProbabilities, own.logProbabilities)) << i;
    }
}

TEST(DistillTeacherCache, CodesProbabilitiesMonotonicallyAndClosely) {
    double worst = 0;
    for (float logP = 0; logP > -30; logP -= 0.001f)
        worst =
            std::fmax(worst, std::fabs(decodeLogProbability(encodeLogProbability(logP)) - logP));
    EXPECT_LT(worst, 6e-4);
    EXPECT_LT(std::fabs(decodeLogProbability(encodeLogProbability(-0.01f)) + 0.01f), 1.1e-5);
    for (int code = 1; code < 65536; ++code) {
        ASSERT_LT(decodeLogProbability(static_cast<std::uint16_t>(code)),
                  decodeLogProbability(static_cast<std::uint16_t>(code - 1)));
        ASSERT_EQ(encodeLogProbability(decodeLogProbability(static_cast<std::uint16_t>(code))),
                  code);
    }
    EXPECT_EQ(encodeLogProbability(-1e9f), 65535);
}

TEST(DistillTeacherCache, IsReusedAndOnlyForTheSameKey) {
    TeacherCacheFixture fixture;
    ASSERT_TRUE(fixture.build());
    const auto progress = fixture.recorder.count<Progress>();
    const auto again = fixture.build();
    ASSERT_TRUE(again);
    EXPECT_EQ(fixture.recorder.count<Progress>(), progress);
    EXPECT_EQ(again->sha256(), fixture.open()->sha256());
    TeacherCacheKey other = keyFor(fixture.corpus);
    other.modelSha256 = "another";
    const auto refused = TeacherCache::open(fixture.folder / "cache", other, fixture.corpus);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(refused.error().message.find("model"), std::string::npos);
}

TEST(DistillTeacherCache, CancelledBuildGoesOnFromItsBlocks) {
    TeacherCacheFixture fixture;
    const auto cancelled = fixture.build(25);  // in the second block of 16
    ASSERT_TRUE(cancelled);
    EXPECT_TRUE(cancelled->empty());
    EXPECT_TRUE(std::filesystem::exists(fixture.block(0)));
    EXPECT_FALSE(std::filesystem::exists(fixture.block(1)));
    EXPECT_EQ(fixture.open().error().code, ErrorCode::NotFound);
    const auto written = std::filesystem::last_write_time(fixture.block(0));
    const auto cache = fixture.build();
    ASSERT_TRUE(cache);
    EXPECT_EQ(std::filesystem::last_write_time(fixture.block(0)), written);
    TeacherCacheFixture straight;
    ASSERT_TRUE(straight.build());
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(test::readBytes(fixture.block(i)), test::readBytes(straight.block(i)));
    EXPECT_EQ(test::readBytes(fixture.folder / "cache/manifest.json"),
              test::readBytes(straight.folder / "cache/manifest.json"));
}

TEST(DistillTeacherCache, NoticesEveryFlipAndCut) {
    TeacherCacheFixture fixture;
    ASSERT_TRUE(fixture.build());
    const std::string sound = test::readBytes(fixture.block(1));
    for (std::size_t at = 0; at < sound.size(); at += 997) {
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ 4);
        std::ofstream(fixture.block(1), std::ios::binary | std::ios::trunc) << flipped;
        const auto cache = fixture.open();
        ASSERT_FALSE(cache) << at;
        ASSERT_EQ(cache.error().code, ErrorCode::Corrupt);
        ASSERT_NE(cache.error().message.find("16 of 40 samples"), std::string::npos)
            << cache.error().message;
    }
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{63}, sound.size() / 2, sound.size() - 1}) {
        std::ofstream(fixture.block(1), std::ios::binary | std::ios::trunc)
            << sound.substr(0, size);
        EXPECT_EQ(fixture.open().error().code, ErrorCode::Corrupt) << size;
    }
    std::filesystem::remove(fixture.block(1));
    EXPECT_EQ(fixture.open().error().code, ErrorCode::NotFound);
    EXPECT_TRUE(fixture.build());
    EXPECT_EQ(test::readBytes(fixture.block(1)), sound);
}

TEST(DistillTeacherCache, WhatIsDamagedIsMadeAgain) {
    TeacherCacheFixture fixture;
    const auto cache = fixture.build();
    ASSERT_TRUE(cache);
    const auto manifest = fixture.folder / "cache/manifest.json";
    const std::string sound = test::readBytes(fixture.block(1)), about = test::readBytes(manifest);
    const std::size_t sampleBytes =
        TeacherBlockShape{kCachedLength - 1, 8, kCachedVocabulary}.sampleBytes();
    int damaged = 0;
    const auto expectMadeAgain = [&](const std::string& what) {
        ASSERT_FALSE(fixture.open()) << what;
        const auto again = fixture.build();
        ASSERT_TRUE(again) << what << ": " << again.error().message;
        EXPECT_EQ(again->sha256(), cache->sha256()) << what;
        EXPECT_EQ(test::readBytes(fixture.block(1)), sound) << what;
        EXPECT_EQ(test::readBytes(manifest), about) << what;
        EXPECT_EQ(fixture.recorder.lines("teacher cache is made again"), ++damaged) << what;
    };
    for (const auto& [path, bytes] : {std::pair(fixture.block(1), sound), {manifest, about}})
        for (std::size_t i = 0; i < 8; ++i) {
            std::string flipped = bytes;
            const std::size_t at = i * (bytes.size() - 1) / 7;
            flipped[at] = static_cast<char>(flipped[at] ^ 1);
            std::ofstream(path, std::ios::binary | std::ios::trunc) << flipped;
            expectMadeAgain(strCat(path.string(), ", a flip at ", at));
            std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes.substr(0, at);
            expectMadeAgain(strCat(path.string(), " cut at ", at));
        }
    rewriteBlock(fixture.block(1), [&](std::string& b) { std::memset(&b[64], 0, sampleBytes); });
    expectMadeAgain("a sealed block with an empty sample");
    rewriteBlock(fixture.block(1), [&](std::string& b) {
        std::memcpy(b.data() + 64 + sampleBytes + 16, b.data() + 64 + 16, sampleBytes - 16);
    });
    expectMadeAgain("a sealed block with a copy");
}

TEST(DistillTeacherCache, ABlockThatIsCutWhileItIsOpenIsAnError) {
    TeacherCacheFixture fixture;
    const auto cache = fixture.build();
    ASSERT_TRUE(cache);
    ASSERT_TRUE(cache->rows(20, 1));
    std::filesystem::resize_file(fixture.block(1), 70);
    EXPECT_EQ(cache->rows(20, 1).error().code, ErrorCode::Corrupt);
    EXPECT_TRUE(cache->rows(3, 1)) << "of another block";
}

TEST(DistillTeacherCache, AManifestOfAnEarlierVersionHasTheSameIdentity) {
    TeacherCacheFixture fixture;
    const auto cache = fixture.build();
    ASSERT_TRUE(cache);
    const std::string text = dumpJson(cache->manifest(), 2) + "\n";
    fixture.folder.write("cache/manifest.json", text);
    const auto earlier = fixture.open();
    ASSERT_TRUE(earlier) << earlier.error().message;
    EXPECT_EQ(earlier->sha256(), sha256Hex(text));
    EXPECT_EQ(earlier->sha256(), cache->sha256());
}

TEST(DistillTeacherCache, RefusesSamplesThatMakeNoSenseByKind) {
    const TeacherBlockShape shape{kCachedLength - 1, 8, kCachedVocabulary};
    const std::size_t codes = 16 + shape.entries() * 4, normalisers = codes + shape.entries() * 2,
                      sampleBytes = shape.sampleBytes();
    const auto put = [](std::string& bytes, std::size_t at, auto value) {
        std::memcpy(bytes.data() + at, &value, sizeof(value));
    };
    const std::pair<const char*, std::function<void(std::string&)>> cases[] = {
        {"outside the vocabulary",
         [&](std::string& b) { put(b, 64 + 16, std::int32_t{kCachedVocabulary}); }},
        {"outside the vocabulary", [&](std::string& b) { put(b, 64 + 16, std::int32_t{-1}); }},
        {"not sorted", [&](std::string& b) { put(b, 64 + codes, std::uint16_t{65000}); }},
        {"do not sum to 1",
         [&](std::string& b) {
             for (int j = 0; j < 8; ++j)
                 put(b, 64 + codes + 2 * static_cast<std::size_t>(j), std::uint16_t{0});
         }},
        {"do not sum to 1", [&](std::string& b) { put(b, 64 + normalisers, 0.999f); }},
        {"not finite", [&](std::string& b) { put(b, 64 + normalisers + 4, std::nanf("")); }},
        {"empty", [&](std::string& b) { std::memset(b.data() + 64, 0, sampleBytes); }},
        {"another corpus", [&](std::string& b) { b[64] = static_cast<char>(b[64] ^ 1); }},
        {"a copy", [&](std::string& b) {
             std::memcpy(b.data() + 64 + sampleBytes + 16, b.data() + 64 + 16, sampleBytes - 16);
         }}};
    for (const auto& [message, change] : cases) {
        TeacherCacheFixture fixture;
        ASSERT_TRUE(fixture.build());
        rewriteBlock(fixture.block(0), change);
        const auto cache = fixture.open();
        ASSERT_FALSE(cache) << message;
        EXPECT_EQ(cache.error().code, ErrorCode::Corrupt);
        EXPECT_NE(cache.error().message.find("1 of 40 samples"), std::string::npos)
            << cache.error().message;
        EXPECT_NE(cache.error().message.find(message), std::string::npos) << cache.error().message;
    }
}

TEST(DistillTeacherCache, PassesOverAFewBadSamples) {
    const test::OneThread oneThread;
    const test::TemporaryFolder folder;
    const Corpus corpus = test::randomCorpus(1200, 4, kCachedVocabulary);
    const Decoder teacher = test::tinyDecoder(1, {.vocabulary = kCachedVocabulary});
    ASSERT_TRUE(buildTeacherCache(teacher, corpus, keyFor(corpus, 4), folder / "c", {}));
    rewriteBlock(teacherBlockPath(folder / "c", 0),
                 [](std::string& bytes) { bytes[64 + 16 + 3] = 1; });
    const auto cache = TeacherCache::open(folder / "c", keyFor(corpus, 4), corpus);
    ASSERT_TRUE(cache) << cache.error().message;
    EXPECT_EQ(cache->refusedSamples(), 1);
    EXPECT_FALSE(cache->isUsable(0));
    EXPECT_TRUE(cache->isUsable(1));
}

TEST(DistillTeacherCache, RefusesAManifestOfSomethingElse) {
    TeacherCacheFixture fixture;
    ASSERT_TRUE(fixture.build());
    const auto path = fixture.folder / "cache/manifest.json";
    const std::string sound = test::readBytes(path);
    const std::pair<const char*, ErrorCode> cases[] = {
        {"", ErrorCode::Corrupt},
        {"{}", ErrorCode::Corrupt},
        {"[1]", ErrorCode::Corrupt},
        {"{\"format\":\"sparsekd-teacher-cache\",\"key\":{},\"version\":9}", ErrorCode::Newer}};
    for (const auto& [text, code] : cases) {
        fixture.folder.write("cache/manifest.json", text);
        EXPECT_EQ(fixture.open().error().code, code) << text;
    }
    fixture.folder.write("cache/manifest.json", sound);
    EXPECT_TRUE(fixture.open());
}

TEST(DistillTeacherCache, RefusesAWrongKAndATooSmallVocabulary) {
    TeacherCacheFixture fixture;
    TeacherCacheKey key = keyFor(fixture.corpus, 301);
    EXPECT_EQ(buildTeacherCache(fixture.teacher, fixture.corpus, key, fixture.folder / "d", {})
                  .error()
                  .code,
              ErrorCode::InvalidInput);
    const Corpus wide = test::randomCorpus(20, 8, 1000);
    EXPECT_EQ(buildTeacherCache(fixture.teacher, wide, keyFor(wide), fixture.folder / "e", {})
                  .error()
                  .code,
              ErrorCode::InvalidInput);
}

}  // namespace skd
