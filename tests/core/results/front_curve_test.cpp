#include "results/front_curve.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace skd::test {
namespace {

using Values = std::vector<std::pair<double, double>>;

void expectValues(const FrontCurve& curve, const Values& wanted) {
    for (const auto& [removed, ppl] : wanted)
        EXPECT_NEAR(curve.pplAt(removed), ppl, 1e-10 * ppl) << removed;
}

// exp(PchipInterpolator(removed, log(ppl))(x)) of SciPy 1.17.1.
TEST(FrontCurve, SaysWhatSciPySays) {
    expectValues(
        FrontCurve({{0.15, 45.4}, {0.25, 61.0}, {0.35, 76.5}, {0.51, 115.0}, {0.65, 177.0}}),
        {{0.16, 46.9081669465995},
         {0.2, 53.110809121045335},
         {0.3, 68.46271286297639},
         {0.42, 90.72343471459304},
         {0.5, 111.85354596999136},
         {0.6, 150.46531838990447},
         {0.649, 176.4120903571235}});
    expectValues(FrontCurve({{0.1, 30}, {0.2, 25}, {0.3, 40}, {0.5, 40}}),
                 {{0.12, 27.581629921749972},
                  {0.15, 25.699616883633702},
                  {0.25, 31.62277660168379},
                  {0.4, 40}});
    expectValues(FrontCurve({{0.1, 20}, {0.2, 60}, {0.6, 61}}),
                 {{0.15, 40.790240379194266}, {0.3, 60.50377413975921}, {0.5, 60.95996399316577}});
    expectValues(FrontCurve({{0.1, 20}, {0.2, 25}, {0.6, 10}}),
                 {{0.15, 23.2545869089739}, {0.3, 24.203299363684327}, {0.5, 16.088523785157417}});
}

TEST(FrontCurve, OfTwoPointsIsTheChord) {
    const FrontCurve curve({{0.1, 20}, {0.3, 80}});
    EXPECT_NEAR(curve.pplAt(0.2), 40, 1e-12);
}

TEST(FrontCurve, RisesWhereItsPointsRise) {
    const FrontCurve curve({{0.15, 30}, {0.25, 30.1}, {0.35, 70}, {0.51, 70.5}, {0.65, 900}});
    double last = 0;
    for (double removed = 0.15; removed < 0.65; removed += 0.001) {
        EXPECT_GE(curve.pplAt(removed), last) << removed;
        last = curve.pplAt(removed);
    }
}

TEST(FrontCurve, KnowsNothingBeyondItsPoints) {
    const FrontCurve curve({{0.35, 40}, {0.15, 20, 0.3}, {0.25, std::nan("")}, {0.2, -1}});
    ASSERT_EQ(curve.points().size(), 2u);
    EXPECT_TRUE(std::isnan(curve.pplAt(0.14)) && std::isnan(curve.pplAt(0.36)));
    EXPECT_EQ(curve.pplAt(0.15), 20) << "a point is what was measured, not a power of e";
    ASSERT_NE(curve.pointAt(0.15), nullptr);
    EXPECT_EQ(curve.pointAt(0.15)->standardError, 0.3);
    EXPECT_EQ(curve.neighboursOf(0.15).first, nullptr);
    EXPECT_EQ(curve.neighboursOf(0.36).first, nullptr);
    EXPECT_EQ(curve.neighboursOf(0.3).first->removed, 0.15);
    EXPECT_EQ(curve.neighboursOf(0.3).second->removed, 0.35);
    EXPECT_TRUE(std::isnan(FrontCurve().pplAt(0.3)));
    EXPECT_TRUE(std::isnan(FrontCurve({{0.3, 40}}).pplAt(0.31)));
}

}  // namespace
}  // namespace skd::test
