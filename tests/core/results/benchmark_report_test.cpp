#include "results/benchmark_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "store/measurement_codec.h"

namespace skd::test {
namespace {

TEST(Measured, IsMedianAndQuartiles) {
    const Spread odd = Spread::of({5, 1, 4, 2, 3});
    EXPECT_EQ(odd.median, 3);
    EXPECT_EQ(odd.low, 2);
    EXPECT_EQ(odd.high, 4);
    const Spread even = Spread::of({4, 1});
    EXPECT_DOUBLE_EQ(even.median, 2.5);
    EXPECT_DOUBLE_EQ(even.low, 1.75);
    EXPECT_DOUBLE_EQ(Spread::of({7}).high, 7);
    EXPECT_TRUE(std::isnan(Spread::of({}).median));
}

BenchmarkReport report() {
    BenchmarkReport report{128, 32,   7, 2, "bf16", "cpu", {20e9, 19e9, 21e9}, "weights and growth",
                           {},  false};
    for (const char* name : {"dense", "run:3"}) {
        BenchmarkModel model{name, 135'000'000, 80'000'000, 0.25, 270e6, 270e6, {}};
        for (const std::int64_t batch : {1, 16})
            model.cells.push_back({batch,
                                   {100.0 * static_cast<double>(batch), 99, 101.5},
                                   {20, 19.5, 21},
                                   {1.1, 1.05, 1.125},
                                   {1.25, 1.2, 1.3},
                                   1280,
                                   50,
                                   0.7,
                                   3e8,
                                   1e6});
        report.models.push_back(model);
    }
    return report;
}

TEST(BenchmarkReport, SaysWhatWasMeasuredAndWhatNot) {
    BenchmarkReport unknown = report();
    unknown.models[0].cells[0].peakBytes = std::nan("");
    const Json json = *parseJson(dumpJson(benchmarkJson(unknown)));
    const Json& cell = json["models"][0]["batches"][0];
    EXPECT_EQ(cell["batch"], 1);
    EXPECT_TRUE(cell["peak_bytes"].is_null());
    EXPECT_TRUE(json["definition"].is_string());
    for (const char* key : {"ttft_ms", "tpot_ms", "prefill_speedup", "decode_speedup"})
        for (const char* part : {"median", "low", "high"})
            EXPECT_TRUE(cell[key][part].is_number()) << key;
}

TEST(BenchmarkReport, JsonGivesTheSameReportBack) {
    const Json json = benchmarkJson(report());
    for (const Json& form : {json, *parseJson(dumpJson(json))}) {
        const auto read = readBenchmark(form);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(dumpJson(benchmarkJson(*read)), dumpJson(json));
        EXPECT_EQ(read->threads, 2);
        EXPECT_EQ(read->models.at(1).cells.at(1).ttftMs.median, 1600);
        EXPECT_EQ(read->models[1].cells[1].decodeSpeedup.high, 1.3);
    }
}

TEST(BenchmarkReport, WhatWasNotMeasuredComesBackAsUnknown) {
    BenchmarkReport unknown = report();
    unknown.models[1].cells[0].peakBytes = unknown.models[1].cells[0].boundShare = std::nan("");
    unknown.bandwidth = Spread::of({});
    for (const Json& form :
         {benchmarkJson(unknown), *parseJson(dumpJson(benchmarkJson(unknown)))}) {
        const auto read = readBenchmark(form);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_TRUE(std::isnan(read->models[1].cells[0].peakBytes));
        EXPECT_TRUE(std::isnan(read->models[1].cells[0].boundShare));
        EXPECT_TRUE(std::isnan(read->bandwidth.median));
        EXPECT_EQ(read->models[0].cells[0].peakBytes, 3e8);
    }
}

TEST(BenchmarkReport, BrokenDocumentsNameTheField) {
    Json json = benchmarkJson(report());
    json["models"][1]["batches"][0]["ttft_ms"] = "fast";
    const auto read = readBenchmark(json);
    ASSERT_FALSE(read);
    EXPECT_NE(read.error().message.find("models.1.batches.0.ttft_ms"), std::string::npos)
        << read.error().message;
    EXPECT_FALSE(readBenchmark(Json::array()));
    EXPECT_FALSE(readBenchmark(Json{{"speed", 1}}));
}

}  // namespace
}  // namespace skd::test
