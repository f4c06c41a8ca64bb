#include <gtest/gtest.h>

#include "spec/arm.h"

namespace skd {
namespace {

RunSpec armSpec(const std::vector<std::string>& assignments) {
    Json json = Json::object();
    for (const std::string& assignment : assignments)
        EXPECT_TRUE(applyOverride(json, assignment)) << assignment;
    const auto spec = parseRunSpec(json);
    EXPECT_TRUE(spec);
    return spec.value_or(RunSpec());
}

std::string armName(const std::vector<std::string>& assignments) {
    return enumName(armOf(armSpec(assignments)));
}

TEST(ArmTest, FollowsFromCutLossAndTeacher) {
    EXPECT_EQ(armName({}), "pruned-kd");
    EXPECT_EQ(armName({"distill.alpha=0"}), "pruned-ce");
    EXPECT_EQ(armName({"distill.alpha=1"}), "pruned-kl");
    EXPECT_EQ(armName({"teacher.path=run:3"}), "pruned-corrected");
    EXPECT_EQ(armName({"distill.loss=sampled"}), "pruned-sampled");
    EXPECT_EQ(armName({"distill.alpha=0", "teacher.path=run:3"}), "pruned-ce");
}

TEST(ArmTest, ADenseModelIsTunedWhateverMadeItDense) {
    EXPECT_EQ(armName({"control=dense-ce"}), "tuned-dense-ce");
    EXPECT_EQ(armName({"control=dense-kd"}), "tuned-dense-kd");
    EXPECT_EQ(armName({"control=dense-kl"}), "tuned-dense-kl");
    EXPECT_EQ(armName({"prune.method=none", "distill.alpha=0"}), "tuned-dense-ce");
    EXPECT_EQ(armName({"prune.method=none"}), "tuned-dense-kd");
    EXPECT_EQ(armName({"prune.method=none", "teacher.path=run:3"}), "other");
    EXPECT_TRUE(isTunedDense(Arm::TunedDenseKl));
    EXPECT_FALSE(isTunedDense(Arm::PrunedKl));
}

TEST(ArmTest, OtherComparisonsHaveNoArm) {
    EXPECT_EQ(armName({"control=random-rank"}), "other");
    EXPECT_EQ(armName({"control=no-wikitext"}), "other");
    EXPECT_EQ(armName({"distill.steps=0"}), "other");
    EXPECT_EQ(armName({"prune.method=none", "teacher.student=fresh"}), "other");
}

}  // namespace
}  // namespace skd
