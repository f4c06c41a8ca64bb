#include <cmath>

#include "base/text.h"
#include "core/distill/distill_fixture.h"
#include "core/distill/refine_fixture.h"
#include "distill/training_step.h"
#include "simulated_device/device_fixture.h"

/// Teacher cache, distillation and refinement on the device give what they give on the CPU.
namespace skd::test {
namespace {

class DeviceDistill : public DeviceTest {
protected:
    static Decoder moved(const Decoder& decoder) {
        return decoder.to(simulated::device(), decoder.dtype());
    }
    TrainingFixture fixture;
};

TEST_F(DeviceDistill, CachesTheSameTeacher) {
    for (const bool draws : {false, true}) {
        TeacherCacheKey key = keyFor(fixture.corpus, 8);
        if (draws) key.sampling = TeacherSampling{.rounds = 12};
        const auto expected = buildTeacherCache(fixture.teacher, fixture.corpus, key,
                                                fixture.folder / strCat("host", draws), {}),
                   cache = buildTeacherCache(moved(fixture.teacher), fixture.corpus, key,
                                             fixture.folder / strCat("there", draws), {});
        ASSERT_TRUE(cache) << cache.error().message;
        EXPECT_NEAR(cache->meanCoverage(), expected->meanCoverage(), 1e-3);
        const double temperature = draws ? key.sampling->temperature : 2.0;
        for (std::int64_t sample = 0; sample < 3; ++sample) {
            const TeacherRows a = cache->rows(sample, temperature).value(),
                              b = expected->rows(sample, temperature).value();
            // f16 in the cache: a last bit may differ, and then the order of equal entries.
            EXPECT_LT(deviation(a.logZ, b.logZ), 1e-3);
            EXPECT_GT(a.ids.eq(b.ids).to(at::kFloat).mean().item<float>(), 0.98);
        }
    }
}

TEST_F(DeviceDistill, EveryLossHasTheSameGradients) {
    for (const KdLoss loss : {KdLoss::Bucket, KdLoss::Renormalised, KdLoss::Conditional,
                              KdLoss::Sampled, KdLoss::Online}) {
        fixture.spec.loss = loss;
        fixture.spec.microBatch = 2;
        const TeacherCache cache = loss == KdLoss::Online ? TeacherCache() : fixture.cacheForSpec();
        const Decoder teacherThere = moved(fixture.teacher);
        Decoder host = trainingStudent(at::kFloat), there = moved(host);
        const auto signal = [&](const Decoder& teacher) {
            return loss == KdLoss::Online ? TeacherSignal(teacher, "teacher")
                                          : TeacherSignal(cache);
        };
        TrainingStep expected(host, fixture.corpus, signal(fixture.teacher), fixture.spec),
            step(there, fixture.corpus, signal(teacherThere), fixture.spec);
        const std::vector<std::int64_t> samples{0, 4, 7};
        const auto a = step.gradients(samples), b = expected.gradients(samples);
        ASSERT_TRUE(a) << a.error().message;
        EXPECT_NEAR(a->ce, b->ce, 1e-4 * b->ce) << enumName(loss);
        EXPECT_NEAR(a->kl, b->kl, 1e-4 * b->kl + 1e-6) << enumName(loss);
        EXPECT_NEAR(a->gradientNorm, b->gradientNorm, 1e-3 * b->gradientNorm) << enumName(loss);
        step.apply(*a, 1e-2);
        expected.apply(*b, 1e-2);
        for (std::size_t i = 0; i < step.optimiser().size(); ++i)
            EXPECT_LT(deviation(step.optimiser().master(i), expected.optimiser().master(i)), 2e-2)
                << enumName(loss) << " " << step.optimiser().name(i);
    }
}

TEST_F(DeviceDistill, DistilsToTheSamePerplexity) {
    fixture.environment.evaluate = [&](const Decoder& model, std::int64_t) -> Result<double> {
        return fixture.nll(model.to(at::kCPU, at::kFloat));
    };
    Decoder host = trainingStudent(at::kFloat), there = moved(host);
    const auto expected = fixture.run(host);
    fixture.environment.checkpointFolder = fixture.folder / "there";
    const auto report = fixture.run(there);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->steps, expected->steps);
    EXPECT_NEAR(report->bestPerplexity, expected->bestPerplexity, 1e-2 * expected->bestPerplexity);
}

TEST_F(DeviceDistill, ResumesWithTheSameBits) {
    fixture.environment.evaluate = [&](const Decoder& model, std::int64_t) -> Result<double> {
        return fixture.nll(model.to(at::kCPU, at::kFloat));
    };
    const Decoder fresh = moved(trainingStudent(at::kBFloat16));
    const auto shaOf = [](const Decoder& model) {
        Decoder host = model.to(at::kCPU, model.dtype());
        return weightsSha256(host);
    };
    fixture.environment.checkpointFolder = fixture.folder / "whole";
    Decoder whole = fresh.clone();
    ASSERT_TRUE(fixture.run(whole));
    fixture.environment.checkpointFolder = fixture.folder / "stopped";
    Decoder first = fresh.clone(), resumed = fresh.clone();
    StoppingContext stopping(nullptr, 14);
    const auto stopped = fixture.run(first, stopping.context);
    ASSERT_TRUE(stopped) << stopped.error().message;
    ASSERT_TRUE(stopped->cancelled);
    const auto report = fixture.run(resumed);
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_GT(report->resumedFrom, 0);
    EXPECT_EQ(shaOf(resumed), shaOf(whole));
}

TEST_F(DeviceDistill, RefinesBlocksTheSame) {
    RefineFixture refine;
    Decoder host = refine.cut(), there = moved(host);
    const auto expected = refine.run(host);
    refine.environment.folder = refine.folder / "there";
    const auto report = refineBlocks(there, moved(refine.dense), refine.corpus, refine.spec,
                                     refine.environment, {});
    ASSERT_TRUE(report) << report.error().message;
    for (std::size_t i = 0; i < report->after.size(); ++i) {
        EXPECT_NEAR(report->before[i], expected->before[i], 1e-2 * expected->before[i]);
        EXPECT_NEAR(report->after[i], expected->after[i], 2e-2 * expected->after[i]);
    }
}

}  // namespace
}  // namespace skd::test
