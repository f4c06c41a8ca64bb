#include <gtest/gtest.h>

#include "spec/run_spec.h"

namespace skd {
namespace {

TEST(Validate, ABudgetDoesNotPayForFurtherMeasures) {
    RunSpec spec;
    spec.inference.batches = {1};
    EXPECT_TRUE(validate(spec));
    spec.distill.budget = 150'000;
    ASSERT_FALSE(validate(spec));
    EXPECT_NE(validate(spec).error().message.find("\"inference\""), std::string::npos);
    spec.inference = {.profileBatch = 1};
    EXPECT_FALSE(validate(spec));
    spec.inference = {};
    spec.tasks.files = {"arc_easy=resource:tasks/arithmetic.jsonl"};
    EXPECT_TRUE(validate(spec)) << "tasks are not of the budget";
    spec.consistency.answers = 8;
    ASSERT_FALSE(validate(spec));
    EXPECT_NE(validate(spec).error().message.find("consistency.answers"), std::string::npos);
    spec.distill.budget = 0;
    EXPECT_TRUE(validate(spec));
    spec.consistency.prompts.clear();
    EXPECT_FALSE(validate(spec));
}

}  // namespace
}  // namespace skd
