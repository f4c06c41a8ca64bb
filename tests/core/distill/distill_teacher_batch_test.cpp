#include <gtest/gtest.h>

#include "core/distill/distill_fixture.h"
#include "distill/device/teacher_batch.h"

namespace skd::test {
namespace {

/// The teacher's logits of one sample by itself.
at::Tensor logitsOfSample(const Decoder& teacher, const Corpus& corpus, std::int64_t sample) {
    const std::int64_t rows = corpus.length(sample) - 1;
    at::Tensor ids = at::empty({1, rows}, at::kLong);
    std::copy_n(corpus.sample(sample).begin(), rows, ids.mutable_data_ptr<std::int64_t>());
    return teacher.logits(ids).squeeze(0);
}

struct BatchedTeacher {
    Decoder teacher = tinyDecoder(4);
    Corpus corpus = randomCorpus(9, 14, 64);
    TeacherCacheKey key = keyFor(corpus, 8);
};

}  // namespace

/// A device's pass over samples of several lengths, run on the CPU, against each by itself.
TEST(DistillTeacherBatch, KeepsTheLargestOfEachSample) {
    const BatchedTeacher fixture;
    const std::vector<std::int64_t> samples{0, 4, 5, 8};  // every fifth one is padded
    const TeacherBatch batch = runTeacher(fixture.teacher, fixture.corpus, fixture.key, samples);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::int64_t begin = batch.begins[i], count = batch.begins[i + 1] - begin;
        ASSERT_EQ(count, fixture.corpus.length(samples[i]) - 1);
        const TopKRows expected =
            topKRows(logitsOfSample(fixture.teacher, fixture.corpus, samples[i]), 8);
        EXPECT_TRUE(at::equal(batch.top.ids.narrow(0, begin, count), expected.ids));
        EXPECT_LT((batch.top.logProbabilities.narrow(0, begin, count) - expected.logProbabilities)
                      .abs()
                      .max()
                      .item<double>(),
                  1e-5);
        EXPECT_LT(
            (batch.top.logZ.narrow(0, begin, count) - expected.logZ).abs().max().item<double>(),
            2e-5);
    }
}

/// The same uniforms hit the same tokens; sums in another order move a bound by some 1e-7 of it.
TEST(DistillTeacherBatch, DrawsTheSameTokens) {
    BatchedTeacher fixture;
    fixture.key.sampling = TeacherSampling{.rounds = 20, .temperature = 2, .seed = 5};
    const TeacherBatch batch = runTeacher(fixture.teacher, fixture.corpus, fixture.key, {3, 7});
    const std::int64_t begin = batch.begins[1], count = batch.begins[2] - begin;
    const TokenDraws expected =
        drawTokens(logitsOfSample(fixture.teacher, fixture.corpus, 7), *fixture.key.sampling, 7, 0);
    EXPECT_TRUE(at::equal(batch.draws.ids.narrow(0, begin, count), expected.ids));
    EXPECT_TRUE(at::equal(batch.draws.counts.narrow(0, begin, count), expected.counts));
    EXPECT_LT((batch.draws.negativeEntropy.narrow(0, begin, count) - expected.negativeEntropy)
                  .abs()
                  .max()
                  .item<double>(),
              1e-5);
    EXPECT_LT((batch.draws.mass.narrow(0, begin, count) - expected.mass).abs().max().item<double>(),
              1e-5);
}

TEST(DistillTeacherBatch, EqualLogitsAreInTheOrderOfIds) {
    at::Tensor logits = at::zeros({2, 30});
    logits[1].narrow(0, 10, 5).fill_(2);
    const TopKRows rows = topKTogether(logits, 5);
    EXPECT_TRUE(at::equal(rows.ids[1], at::arange(10, 15, at::kInt)));
    EXPECT_NO_THROW(checkKept(rows));
    logits[0][3] = NAN;
    EXPECT_THROW(checkKept(topKTogether(logits, 5)), c10::Error);
    EXPECT_THROW(countDraws(drawTogether(logits, 1, at::full({2, 3}, 0.5, at::kDouble))),
                 c10::Error);
}

}  // namespace skd::test
