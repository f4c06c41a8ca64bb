#include "spec/run_reference.h"

#include <gtest/gtest.h>

#include <vector>

#include "spec/elastic_spec.h"

namespace skd::test {
namespace {

struct ReferenceCase {
    const char* text;
    std::int64_t run;
    std::optional<std::int64_t> step;
    std::optional<double> removed;
};

TEST(RunReferences, AreRunStepAndSize) {
    const std::vector<ReferenceCase> cases{
        {"run:12", 12, {}, {}},        {"run:12@40", 12, 40, {}},      {"run:1@0", 1, 0, {}},
        {"run:3@42%", 3, {}, 0.42},    {"run:3@42.5%", 3, {}, 0.425},  {"run:3@0%", 3, {}, 0.0},
        {"run:3@40@42%", 3, 40, 0.42}, {"run:3@0@0.25%", 3, 0, 0.0025}};
    for (const ReferenceCase& wanted : cases) {
        const auto read = parseRunReference(wanted.text);
        ASSERT_TRUE(read && *read) << wanted.text;
        EXPECT_EQ(**read, (RunReference{RunId(wanted.run), wanted.step, wanted.removed}))
            << wanted.text;
        EXPECT_EQ((*read)->text(), wanted.text);
    }
    EXPECT_FALSE(*parseRunReference("SmolLM2"));
    EXPECT_FALSE(*parseRunReference("models/run:3@42%"));
}

TEST(RunReferences, ThatContinueWronglySayHowToWriteThem) {
    for (const char* wrong : {"run:",          "run:x",
                              "run:0",         "run:1@",
                              "run:1@x",       "run:-1",
                              "run:1@4 ",      "run:1@%",
                              "run:1@42%%",    "run:1@100%",
                              "run:1@-1%",     "run:1@1e1%",
                              "run:1@nan%",    "run:1@ 42%",
                              "run:1@42%@40",  "run:1@40@41",
                              "run:1@41%@42%", "run:1@42%x",
                              "run:1@@42%",    "run:1%",
                              "run:1@40@42%@", "run:99999999999999999999"}) {
        const auto read = parseRunReference(wrong);
        ASSERT_FALSE(read) << wrong;
        EXPECT_EQ(read.error().code, ErrorCode::InvalidInput);
        EXPECT_NE(read.error().message.find("run:12@42%"), std::string::npos);
    }
}

/// What a reference spells is the size that was meant, to the bit.
TEST(RunReferences, SpellEverySizeExactly) {
    for (int thousandths = 0; thousandths < 100000; thousandths += 7) {
        const double removed = thousandths / 100000.0;
        EXPECT_EQ(removedFraction(removedPercent(removed)), removed) << thousandths;
    }
    EXPECT_EQ(removedPercent(0.15), "15");
    EXPECT_EQ(removedPercent(0.425), "42.5");
    const auto range = parseSizeRange("15..57");
    ASSERT_TRUE(range);
    EXPECT_EQ(removedPercent(range->smallest), "57");
}

}  // namespace
}  // namespace skd::test
