#include "results/transfer_share.h"

#include <gtest/gtest.h>

#include <cmath>

namespace skd::test {
namespace {

using Kind = TransferShare::Kind;

// PPL = 40 (tokens / 1000)^(-1/2) is straight in both logarithms: 20 takes 4,000 tokens.
TEST(TransferShareTest, InvertsAPowerLawExactly) {
    std::vector<DedicatedPoint> students;
    for (const double tokens : {1000.0, 2500.0, 9000.0, 30000.0})
        students.push_back({tokens, 40 / std::sqrt(tokens / 1000)});
    const auto share =
        transferShare({students[2], students[0], students[3], students[1]}, 20, 8000);
    ASSERT_TRUE(share);
    EXPECT_NEAR(share->share, 0.5, 1e-12);
    EXPECT_EQ(share->kind, Kind::Between);
}

TEST(TransferShareTest, SaysBoundsBeyondItsStudents) {
    const std::vector<DedicatedPoint> students{{1000, 40}, {4000, 20}};
    EXPECT_EQ(transferShare(students, 45, 8000)->kind, Kind::AtMost);
    EXPECT_DOUBLE_EQ(transferShare(students, 45, 8000)->share, 0.125);
    EXPECT_EQ(transferShare(students, 19, 8000)->kind, Kind::AtLeast);
    EXPECT_DOUBLE_EQ(transferShare(students, 19, 8000)->share, 0.5);
}

TEST(TransferShareTest, LeavesOutWhatSaysNothing) {
    EXPECT_FALSE(transferShare({}, 20, 8000));
    EXPECT_FALSE(transferShare({{1000, NAN}}, 20, 8000));
    EXPECT_FALSE(transferShare({{1000, 40}}, 20, 0));
    // More tokens and yet worse: no point of the curve.
    const auto share = transferShare({{1000, 40}, {2000, 50}, {4000, 10}}, 20, 1000);
    EXPECT_NEAR(share->share, 2, 1e-12) << "half way between 40 and 10 in logarithms";
}

}  // namespace
}  // namespace skd::test
