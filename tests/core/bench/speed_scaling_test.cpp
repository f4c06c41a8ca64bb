#include <gtest/gtest.h>

#include <cmath>

#include "bench/scaling.h"
#include "bench/step_profile.h"
#include "bench/turns.h"
#include "core/model/tiny_model.h"
#include "support/temporary_folder.h"
#include "support/xml_checker.h"

namespace skd::test {
namespace {

TEST(SpeedScaling, FitsTheExponentOfAPower) {
    std::vector<bench::ScalingPoint> points;
    for (const double size : {3.0, 10.0, 70.0, 500.0})
        points.push_back({size, {0.02 * std::pow(size, 1.7), 0, 0}});
    EXPECT_NEAR(bench::fittedExponent(points), 1.7, 1e-12);
    points.resize(1);
    EXPECT_TRUE(std::isnan(bench::fittedExponent(points)));
}

TEST(SpeedScaling, EverySeriesHasPointsAndTheChartIsAPicture) {
    bench::BenchRequest request;
    request.model.dtype = DTypeChoice::F32;
    request.model.threads = 2;
    request.rounds = 1;
    request.quick = true;
    const auto report = bench::runScaling(request, {});
    ASSERT_TRUE(report) << report.error().message;
    std::vector<std::string> names;
    for (const bench::ScalingSeries& series : report->series) {
        names.push_back(series.name);
        EXPECT_GE(series.points.size(), 2u) << series.name;
        for (const bench::ScalingPoint& point : series.points) {
            EXPECT_GT(point.size, 0) << series.name;
            EXPECT_GT(point.seconds.median, 0) << series.name;
        }
        EXPECT_TRUE(std::isfinite(series.exponent)) << series.name;
    }
    EXPECT_EQ(names, bench::scalingNames());
    EXPECT_EQ(xmlProblem(report->toSvg()), "");
    EXPECT_EQ(memberOf(report->toJson(), "series").size(), names.size());
    request.filters = {"no-such-series"};
    const auto refused = bench::runScaling(request, {});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("vocabulary"), std::string::npos);
}

TEST(SpeedProfile, AStepIsTheSumOfItsParts) {
    setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1);
    bench::StepProfileRequest request;
    request.model.path = modelFixture("workbench").string();
    request.model.dtype = DTypeChoice::F32;
    request.samples = 2;
    request.length = 24;
    request.topK = 4;
    request.rounds = 1;
    const auto profile = bench::profileStep(request, {});
    ASSERT_TRUE(profile) << profile.error().message;
    double seconds = 0, share = 0;
    std::map<std::string, bench::StepPart> parts;
    for (const bench::StepPart& part : profile->parts) {
        seconds += part.seconds.median;
        share += part.share;
        parts[part.name] = part;
    }
    EXPECT_NEAR(seconds, profile->wall.median, 1e-9);
    EXPECT_NEAR(share, 1, 1e-9);
    for (const char* name :
         {"teacher_rows", "forward.mlp_down", "forward.attention", "head", "backward.mlp_down",
          "backward.attention", "backward.norm", "gradients", "adamw"})
        EXPECT_GT(parts[name].seconds.median, 0) << name;
    EXPECT_DOUBLE_EQ(parts["backward.mlp_down"].flops, 2 * parts["forward.mlp_down"].flops);
    EXPECT_GT(profile->boundShare, 0);
    request.samples = 0;
    EXPECT_FALSE(bench::profileStep(request, {}));
}

TEST(SpeedTurns, AnswersEachLineAndRefusesOthers) {
    const TemporaryFolder folder;
    Json ids = Json::array();
    for (int i = 0; i < 200; ++i) ids.push_back(i % 50);
    bench::TurnRequest request;
    request.model.path = modelFixture("workbench").string();
    request.model.dtype = DTypeChoice::F32;
    request.ids = folder.write("ids.json", dumpJson(ids)).string();
    request.window = 32;
    request.windows = 2;
    request.samples = 2;
    request.length = 16;
    request.topK = 4;
    request.prompt = 8;
    request.generate = 3;
    const std::string text = folder.write("text", "some words").string();
    std::istringstream in("eval\nstep\nprefill\ndecode\ntokenize " + text + "\ngemm\nquit\neval\n");
    std::ostringstream out;
    ASSERT_TRUE(bench::takeTurns(request, in, out));
    std::vector<Json> replies;
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) replies.push_back(*parseJson(line));
    ASSERT_EQ(replies.size(), 7u) << out.str();
    EXPECT_EQ(replies[0], Json({{"ready", true}}));
    for (std::size_t i = 1; i < 6; ++i)
        EXPECT_GT(valueOr(memberOf(replies[i], "seconds"), 0.0), 0) << i;
    EXPECT_EQ(memberOf(replies[1], "scored"), Json(62)) << "all but the first of each window";
    EXPECT_EQ(memberOf(replies[5], "bytes"), Json(10));
    EXPECT_GT(valueOr(memberOf(replies[6], "gflops"), 0.0), 0);
    std::istringstream wrong("sleep\n");
    const Status refused = bench::takeTurns(request, wrong, out);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("sleep"), std::string::npos);
    request.window = 1000;
    EXPECT_FALSE(bench::takeTurns(request, in, out)) << "there are 200 ids";
}

}  // namespace
}  // namespace skd::test
