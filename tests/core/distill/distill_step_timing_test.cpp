#include <gtest/gtest.h>

#include "core/distill/distill_fixture.h"
#include "distill/step_timing.h"

namespace skd::test {
namespace {

TEST(StepTimingTest, LeavesTheModelAndTheFolderAlone) {
    TrainingFixture fixture;
    Decoder model = trainingStudent(at::kBFloat16);
    const std::string before = weightsSha256(model);
    const std::filesystem::path scratch = fixture.folder / "scratch";
    const auto times =
        timeSteps(model, fixture.corpus, fixture.cache, fixture.spec, 5, scratch, {});
    ASSERT_TRUE(times) << times.error().message;
    ASSERT_TRUE(*times);
    EXPECT_GT((*times)->seconds.median, 0);
    EXPECT_LE((*times)->seconds.low, (*times)->seconds.median);
    EXPECT_GE((*times)->seconds.high, (*times)->seconds.median);
    EXPECT_GE((*times)->relativeSpread(), 0);
    EXPECT_GT((*times)->checkpoint, 0);
    EXPECT_EQ(weightsSha256(model), before);
    EXPECT_FALSE(std::filesystem::exists(scratch));
}

TEST(StepTimingTest, EndsWhenItIsCancelled) {
    TrainingFixture fixture;
    Decoder model = trainingStudent(at::kFloat);
    const StoppingContext stopping(nullptr, 3);
    const auto times = timeSteps(model, fixture.corpus, fixture.cache, fixture.spec, 1000,
                                 fixture.folder / "scratch", stopping.context);
    ASSERT_TRUE(times) << times.error().message;
    EXPECT_FALSE(*times);
}

TEST(StepTimingTest, RefusesATeacherOfAnotherLoss) {
    TrainingFixture fixture;
    Decoder model = trainingStudent(at::kFloat);
    EXPECT_FALSE(
        timeSteps(model, fixture.corpus, {}, fixture.spec, 2, fixture.folder / "scratch", {}));
}

}  // namespace
}  // namespace skd::test
