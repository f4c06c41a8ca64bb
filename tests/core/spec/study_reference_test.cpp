#include <gtest/gtest.h>

#include "base/json.h"
#include "spec/study_plan.h"

namespace skd::test {
namespace {

StudySpec studyOf(const std::string& text) {
    const auto json = parseJson(text);
    EXPECT_TRUE(json) << json.error().message;
    auto spec = parseStudySpec(json.value_or(Json::object()));
    EXPECT_TRUE(spec) << spec.error().message;
    return spec.value_or(StudySpec());
}

TEST(StudyReference, MayNameASliceOfAnElasticVariant) {
    for (const std::string end : {"@42%", "@40@42.5%", "@40", "", "@4 x@42%"}) {
        const auto plan = planStudy(studyOf(
            R"({"name": "s", "seeds": [5], "variants": [{"name": "all@sizes"},
            {"name": "all@sizes@4 x"}, {"name": "student",
            "overrides": {"model.path": "variant:all@sizes)" +
            end + R"("}}]})"));
        ASSERT_TRUE(plan) << end << ": " << plan.error().message;
        for (std::size_t i = 0; i < plan->runs.size(); ++i) {
            if (plan->runs[i].variant != "student") continue;
            const bool other = end.starts_with("@4 x");
            EXPECT_EQ(plan->runs[plan->runs[i].needs.at(0)].variant,
                      other ? "all@sizes@4 x" : "all@sizes");
            EXPECT_EQ(resolved(*plan, i, [](std::size_t) { return RunId(7); }).model.path,
                      "run:7" + (other ? "@42%" : end));
        }
    }
}

}  // namespace
}  // namespace skd::test
