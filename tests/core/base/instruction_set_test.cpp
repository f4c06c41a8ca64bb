#include "base/instruction_set.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace skd::test {
namespace {

TEST(InstructionSet, IsTheMachinesOwnWithoutALimit) {
    EXPECT_EQ(limitedInstructionSet(nullptr, InstructionSet::Avx2).value(), InstructionSet::Avx2);
    EXPECT_EQ(limitedInstructionSet("", InstructionSet::Avx512).value(), InstructionSet::Avx512);
}

TEST(InstructionSet, IsWhatTheLimitNames) {
    for (const InstructionSet set :
         {InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512})
        EXPECT_EQ(limitedInstructionSet(instructionSetName(set), InstructionSet::Avx512).value(),
                  set);
}

TEST(InstructionSet, RefusesWhatTheMachineDoesNotHave) {
    const auto refused = limitedInstructionSet("avx512", InstructionSet::Avx2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(refused.error().message.find("it goes up to avx2"), std::string::npos)
        << refused.error().message;
}

TEST(InstructionSet, RefusesAnUnknownWord) {
    for (const char* word : {"sse9", "AVX2", "avx2 "})
        EXPECT_FALSE(limitedInstructionSet(word, InstructionSet::Avx512)) << word;
}

TEST(InstructionSet, LimitsTheLibrariesToTheSameSet) {
    for (const InstructionSet set :
         {InstructionSet::Baseline, InstructionSet::Avx2, InstructionSet::Avx512})
        for (const auto& [name, value] : libraryLimits(set)) {
            const std::string word = value;
            EXPECT_EQ(word.find("bf16"), std::string::npos) << name;
            EXPECT_EQ(word.find("BF16"), std::string::npos) << name;
        }
    EXPECT_STREQ(libraryLimits(InstructionSet::Avx2)[0].value, "avx2");
}

/// prepareProcess has run in this binary's main.
TEST(InstructionSet, OfThisProcessFollowsTheEnvironment) {
    const char* limit = std::getenv("SKD_ISA");
    EXPECT_EQ(instructionSet(), limitedInstructionSet(limit, machineInstructionSet()).value());
    if (limit == nullptr || *limit == '\0') return;
    EXPECT_FALSE(hasBfloat16Instructions());
    for (const auto& [name, value] : libraryLimits(instructionSet()))
        EXPECT_STREQ(std::getenv(name), value);
}

}  // namespace
}  // namespace skd::test
