#include "base/benchmark_report.h"

#include <gtest/gtest.h>

#include <cmath>

namespace skd::test {
namespace {

TEST(Measured, IsMedianAndQuartiles) {
    const Measured odd = Measured::of({5, 1, 4, 2, 3});
    EXPECT_EQ(odd.median, 3);
    EXPECT_EQ(odd.low, 2);
    EXPECT_EQ(odd.high, 4);
    const Measured even = Measured::of({4, 1});
    EXPECT_DOUBLE_EQ(even.median, 2.5);
    EXPECT_DOUBLE_EQ(even.low, 1.75);
    EXPECT_DOUBLE_EQ(Measured::of({7}).high, 7);
    EXPECT_TRUE(std::isnan(Measured::of({}).median));
}

TEST(BenchmarkReport, SaysWhatWasMeasuredAndWhatNot) {
    BenchmarkReport report;
    report.models.push_back({"dense", 10, 6, 0, 20, 20, {}});
    report.models[0].cells.push_back({.batch = 16, .peakBytes = std::nan("")});
    const Json json = *parseJson(dumpJson(report.toJson()));
    const Json& cell = json["models"][0]["batches"][0];
    EXPECT_EQ(cell["batch"], 16);
    EXPECT_TRUE(cell["peak_bytes"].is_null());
    for (const char* key : {"ttft_ms", "tpot_ms", "prefill_speedup", "decode_speedup"})
        for (const char* part : {"median", "low", "high"}) EXPECT_TRUE(cell[key][part].is_number()) << key;
}

}  // namespace
}  // namespace skd::test
