#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "results/profile_report.h"
#include "store/measurement_codec.h"

namespace skd::test {
namespace {

/// A forward pass of 1,000 ns: norm 100 with an operator of 40 in it, gate 500, attention 300, gap
/// 100.
ModelProfile smallProfile() {
    ModelProfile model;
    model.name = "quote \" backslash \\ tab \t control \x01 end";
    model.parameters = 12;
    model.wall = {1e-6, 0.9e-6, 1.25e-6};
    model.attributed = 0.9;
    model.modules = {{Module::Norm, 100e-9, 0.1, {100e-9, 90e-9, 110e-9}, 1, 0},
                     {Module::Attention, 300e-9, 0.3, {300e-9, 300e-9, 300e-9}, 1, 64},
                     {Module::MlpGate, 500e-9, 0.5, {500e-9, 500e-9, 500e-9}, 1, 1000},
                     {Module::Gap, 100e-9, 0.1, {100e-9, 100e-9, 100e-9}, 0, 0}};
    model.operators = {{"aten::mm", Module::MlpGate, 450e-9, 0.45, 1},
                       {"aten::mul", Module::Norm, 40e-9, 0.04, 1},
                       {"aten::mm", Module::Attention, 250e-9, 0.25, 2}};
    model.timeline = {{"gap", Module::Gap, 1, 0, 1000, 100, true, false},
                      {"norm", Module::Norm, 1, 50, 150, 60, true, false},
                      {"aten::mul", Module::Norm, 1, 60, 100, 40, false, false},
                      {"mlp_gate", Module::MlpGate, 1, 150, 650, 500, true, false},
                      {"attention", Module::Attention, 1, 650, 950, 300, true, false}};
    model.comparison = {{1, 1, 1}, 1, 2, {1, 1, 1}, 1, {1, 1, 1}};
    return model;
}

ProfileReport smallReport() {
    return {"cpu", "bf16", "by hand", 2, 8, 512, 3, 1, false, {smallProfile(), smallProfile()}};
}

TEST(ProfileReport, SpreadIsMedianAndQuartiles) {
    EXPECT_EQ(Spread::of({5}), (Spread{5, 5, 5}));
    EXPECT_EQ(Spread::of({4, 1, 3, 2}), (Spread{2.5, 1.75, 3.25}));
    EXPECT_EQ(Spread::of({9, 1, 5, 3, 7}), (Spread{5, 3, 7}));
}

TEST(ProfileReport, PaperBucketsAddUpToTheTotal) {
    const ModelProfile model = smallProfile();
    const std::map<PaperBucket, double> buckets = model.paperBuckets();
    EXPECT_DOUBLE_EQ(buckets.at(PaperBucket::Attention), 300e-9);
    EXPECT_DOUBLE_EQ(buckets.at(PaperBucket::Gemm), 500e-9);
    EXPECT_DOUBLE_EQ(buckets.at(PaperBucket::Attention) + buckets.at(PaperBucket::Gemm) +
                         buckets.at(PaperBucket::Rest),
                     model.typicalSeconds());
}

TEST(ProfileReport, PaperBucketOfGemmHoldsEveryProductWithWeights) {
    int products = 0;
    for (const auto& [module, name] : kNames<Module>) {
        const std::string text = name;
        const bool product =
            text.starts_with("mlp_") || text.starts_with("attention_") || text == "head";
        EXPECT_EQ(paperBucket(module) == PaperBucket::Gemm, product) << text;
        EXPECT_EQ(isMlpMatrix(module), text.starts_with("mlp_")) << text;
        products += product;
    }
    EXPECT_EQ(products, 9);
}

TEST(ProfileReport, OperatorsAreMergedOverModules) {
    const std::vector<OperatorTime> lines = smallProfile().byOperator();
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].name, "aten::mm");
    EXPECT_DOUBLE_EQ(lines[0].seconds, 700e-9);
    EXPECT_DOUBLE_EQ(lines[0].share, 0.7);
    EXPECT_EQ(lines[0].calls, 3);
}

TEST(ProfileReport, JsonGivesTheSameReportBack) {
    ProfileReport report = smallReport();
    for (ModelProfile& model : report.models) model.name = "plain";
    const auto read =
        readProfile(*parseJson(dumpJson(profileJson(report, ProfileDetail::Timeline))));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, report);
    const auto summary = readProfile(profileJson(report, ProfileDetail::Summary));
    ASSERT_TRUE(summary);
    for (ModelProfile& model : report.models) model.timeline.clear();
    EXPECT_EQ(*summary, report);
}

TEST(ProfileReport, JsonOfSomethingElseIsRefusedByName) {
    Json json = profileJson(smallReport(), ProfileDetail::Timeline);
    json["models"][1]["modules"][0]["module"] = "flux";
    const auto read = readProfile(json);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("modules.0.module"), std::string::npos)
        << read.error().message;
    EXPECT_FALSE(readProfile(Json::array()));
}

TEST(ProfileTrace, IsOneJsonObjectWithEventsThatNest) {
    const auto trace = parseJson(chromeTrace(smallReport()));
    ASSERT_TRUE(trace) << trace.error().message;
    std::vector<Json> complete;
    std::vector<std::string> processes;
    for (const Json& event : (*trace)["traceEvents"]) {
        if (event["ph"] == "X" && event["pid"] == 0) complete.push_back(event);
        if (event["ph"] == "M" && event["name"] == "process_name")
            processes.push_back(event["args"]["name"].get<std::string>());
    }
    EXPECT_EQ(processes, (std::vector<std::string>{smallProfile().name, smallProfile().name}));
    ASSERT_EQ(complete.size(), 5u);
    for (const Json& a : complete)
        for (const Json& b : complete) {
            const double aBegin = a["ts"], aEnd = aBegin + a["dur"].get<double>(), bBegin = b["ts"],
                         bEnd = bBegin + b["dur"].get<double>();
            const double overlap = std::min(aEnd, bEnd) - std::max(aBegin, bBegin);
            EXPECT_TRUE(overlap < 1e-9 ||
                        std::abs(overlap - std::min(aEnd - aBegin, bEnd - bBegin)) < 1e-9)
                << a << b;
        }
    EXPECT_EQ(complete[0]["dur"], 1.0);  // microseconds
    EXPECT_EQ(complete[2]["cat"], "operator");
    EXPECT_EQ(complete[2]["args"]["self_us"], 0.04);
}

}  // namespace
}  // namespace skd::test
