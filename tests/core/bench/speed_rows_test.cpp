#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "bench/bench.h"
#include "core/model/tiny_model.h"

namespace skd::test {
namespace {

class SpeedRows : public testing::Test {
protected:
    void SetUp() override { setenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources", 1); }

    static bench::BenchRequest quickRequest(std::vector<std::string> filters = {}) {
        bench::BenchRequest request;
        request.model.path = modelFixture("workbench").string();
        request.model.dtype = DTypeChoice::F32;
        request.model.threads = 1;
        request.filters = std::move(filters);
        request.rounds = 1;
        request.quick = true;
        return request;
    }
    static std::vector<std::string> namesOf(const bench::BenchReport& report) {
        std::vector<std::string> names;
        for (const bench::BenchRow& row : report.rows) names.push_back(row.name);
        return names;
    }
    static void expectMeasured(const bench::BenchRow& row) {
        ASSERT_FALSE(row.error) << row.error->message;
        ASSERT_TRUE(row.missing.empty()) << row.missing;
        EXPECT_EQ(row.rounds, 1);
        EXPECT_GT(row.ours.seconds.median, 0);
        EXPECT_GT(row.ours.rate, 0);
        EXPECT_FALSE(row.reference.what.empty());
        EXPECT_GT(row.reference.seconds.median, 0);
        EXPECT_FALSE(row.bound.what.empty());
        EXPECT_GT(row.bound.value, 0);
        EXPECT_GT(row.bound.seconds, 0);
        EXPECT_NEAR(row.ratio.median, row.reference.seconds.median / row.ours.seconds.median,
                    1e-9 * row.ratio.median);
        EXPECT_NEAR(row.share, row.bound.seconds / row.ours.seconds.median, 1e-9 * row.share);
        EXPECT_FALSE(row.reached) << "small sizes reach nothing";
    }
};

TEST_F(SpeedRows, AllRunOnATinyModelAndAgreeWithTheirReferences) {
    const auto report = bench::runBench(quickRequest(), {});
    ASSERT_TRUE(report) << report.error().message;
    std::vector<std::string> listed;
    for (const bench::RowOutline& row : bench::benchRows()) listed.push_back(row.name);
    EXPECT_EQ(namesOf(*report), listed);
    for (const bench::BenchRow& row : report->rows) {
        SCOPED_TRACE(row.name);
        expectMeasured(row);
        // A preview's interval is what eight windows of a real text give, which this one has not.
        if (row.name != "preview") {
            EXPECT_EQ(row.details["agrees"], Json(true)) << dumpJson(row.details);
        }
    }
    EXPECT_EQ(report->loadBefore.size(), 3u);
    EXPECT_EQ(report->loadAfter.size(), 3u);
}

TEST_F(SpeedRows, JsonHoldsWhatItsSchemaSays) {
    const auto report = bench::runBench(quickRequest({"linear-narrow-1", "adamw"}), {});
    ASSERT_TRUE(report) << report.error().message;
    const auto json = parseJson(dumpJson(report->toJson()));
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ(memberOf(*json, "format"), Json("sparsekd-bench"));
    for (const char* key : {"version", "libtorch", "processor", "instructions", "threads"})
        EXPECT_TRUE(memberOf(*json, "machine").contains(key)) << key;
    ASSERT_EQ(memberOf(*json, "rows").size(), 2u);
    for (const Json& row : memberOf(*json, "rows")) {
        for (const char* key : {"name", "work", "unit", "units", "rounds", "ours", "reference",
                                "bound", "ratio", "share", "to_reach", "reached", "details"})
            EXPECT_TRUE(row.contains(key)) << key;
        for (const char* side : {"ours", "reference"})
            EXPECT_GT(valueOr(memberOf(memberOf(memberOf(row, side), "seconds"), "median"), 0.0), 0)
                << side;
    }
}

TEST_F(SpeedRows, FiltersChooseByPartsOfNames) {
    const auto report = bench::runBench(quickRequest({"linear-f", "stacked-1"}), {});
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(
        namesOf(*report),
        (std::vector<std::string>{"linear-factored-512", "linear-factored-1", "linear-stacked-1"}));
}

TEST_F(SpeedRows, AFilterThatChoosesNothingNamesTheRows) {
    const auto report = bench::runBench(quickRequest({"adamw", "no-such-row"}), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(report.error().message.find("no-such-row"), std::string::npos);
    for (const bench::RowOutline& row : bench::benchRows())
        EXPECT_NE(report.error().message.find(row.name), std::string::npos) << row.name;
}

TEST_F(SpeedRows, NamesAreUniqueAndEveryRowSaysWhatItComparesWith) {
    std::set<std::string> names;
    for (const bench::RowOutline& row : bench::benchRows()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        for (const std::string& text : {row.work, row.unit, row.reference, row.bound})
            EXPECT_FALSE(text.empty()) << row.name;
    }
    EXPECT_GE(names.size(), 30u);
}

TEST_F(SpeedRows, AModelThatIsMissingIsSaidAndTheOtherRowsAreMeasured) {
    bench::BenchRequest request = quickRequest({"ppl-512", "adamw"});
    request.model.path = "no-such-model";
    const auto report = bench::runBench(request, {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_EQ(report->rows.size(), 2u);
    EXPECT_NE(report->rows[0].missing.find("no-such-model"), std::string::npos);
    EXPECT_FALSE(report->rows[0].error);
    expectMeasured(report->rows[1]);
}

TEST_F(SpeedRows, RoundsAndSidesAreCounted) {
    bench::BenchRequest request = quickRequest({"scoring"});
    request.rounds = 3;
    const auto report = bench::runBench(request, {});
    ASSERT_TRUE(report) << report.error().message;
    const bench::BenchRow& row = report->rows.front();
    EXPECT_EQ(row.rounds, 3);
    EXPECT_LE(row.ours.seconds.low, row.ours.seconds.median);
    EXPECT_GE(row.ours.seconds.high, row.ours.seconds.median);
    EXPECT_NEAR(row.units / row.ours.seconds.median, row.ours.rate, 1e-6 * row.ours.rate);
    request.rounds = 0;
    EXPECT_FALSE(bench::runBench(request, {}));
}

}  // namespace
}  // namespace skd::test
