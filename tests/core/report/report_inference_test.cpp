#include <gtest/gtest.h>

#include <cmath>

#include "core/report/invented_study.h"
#include "report/report.h"
#include "spec/presets.h"
#include "store/measurement_codec.h"

namespace skd::test {
namespace {

StudySpec presetOf(const std::string& name) {
    const auto study = readStudySpec(SKD_SOURCE_DIR "/resources/presets/" + name + ".json");
    if (!study) throw std::runtime_error(study.error().message);
    return *study;
}

/// A preset whose runs are complete and have timed what is invented here.
StudyResults resultsOf(const std::string& name) {
    StudyResults results;
    results.study = presetOf(name);
    const auto plan = planStudy(results.study);
    if (!plan) throw std::runtime_error(plan.error().message);
    for (const PlannedRun& planned : plan->runs) {
        StudyRun& run = results.runs.emplace_back();
        run.variant = planned.variant;
        run.variantIndex = planned.variantIndex;
        run.seed = planned.seed;
        run.spec = planned.spec;
        run.id = RunId(static_cast<std::int64_t>(results.runs.size()));
        run.status = RunStatus::Completed;
        run.environment = {{"processor", "an invented one"}};
    }
    return results;
}

BenchmarkCell cellOf(std::int64_t batch, double ttft, double prefill) {
    BenchmarkCell cell;
    cell.batch = batch;
    cell.ttftMs = {ttft, ttft - 1, ttft + 1};
    cell.tpotMs = {10, 9, 11};
    cell.prefillSpeedup = {prefill, prefill, prefill};
    cell.decodeSpeedup = {1, 1, 1};
    cell.peakBytes = 2.5e9;
    return cell;
}

void benchmark(StudyRun& run, double ttft) {
    BenchmarkReport report{128, 32, 7, 2, "f32", "cpu", {}, "resident set", {}, false};
    report.models.push_back({"dense", 600'000'000, 264'000'000, 0, 1, 1, {}});
    report.models.push_back({"final", 500'000'000, 164'000'000, 0.4, 1, 1, {}});
    for (const std::int64_t batch : {1, 16, 64}) {
        report.models[0].cells.push_back(cellOf(batch, 200, 1));
        report.models[1].cells.push_back(cellOf(batch, ttft, 200 / ttft));
    }
    run.summary.benchmark = *parseJson(dumpJson(benchmarkJson(report)));
    run.summary.mlpRemoved = 0.4;
}

void profile(StudyRun& run, double gemm) {
    ProfileReport report{"cpu", "f32", "by clock", 2, 64, 512, 7, 1, false, {}};
    for (const double milliseconds : {200.0, gemm}) {
        ModelProfile model;
        model.modules = {{.module = Module::Attention, .seconds = 0.1},
                         {.module = Module::MlpGate, .seconds = milliseconds / 1000},
                         {.module = Module::Gap, .seconds = 0.05}};
        report.models.push_back(model);
    }
    report.models[1].comparison.speedUp = {1.4, 1.4, 1.4};
    report.models[1].comparison.mlpTime = {0.5, 0.5, 0.5};
    report.models[1].comparison.ceiling = 2.5;
    run.summary.profile = *parseJson(dumpJson(profileJson(report, ProfileDetail::Summary)));
    run.summary.mlpRemoved = 0.4;
}

/// The cell of a row under the n-th column of a name, from 0.
std::string cellAt(const ReportTable& table, std::size_t row, const std::string& header,
                   std::size_t nth = 0) {
    for (std::size_t i = 0; i < table.header.size(); ++i)
        if (table.header[i] == header && nth-- == 0) return table.rows.at(row).at(i);
    return "no column " + header;
}

TEST(TimedTables, InferenceStandsBesideThePapersFigures) {
    StudyResults results = resultsOf("table-vii");
    benchmark(results.runs[0], 160);
    const ReportTable table = makeReport(results).main;
    ASSERT_EQ(table.rows.size(), 9u);
    EXPECT_EQ(cellAt(table, 1, "TTFT ms"), "160.0 (159.0–161.0)");
    EXPECT_EQ(cellAt(table, 1, "prefill"), "1.25× (1.25×–1.25×)");
    EXPECT_EQ(cellAt(table, 1, "parameters"), "500 M");
    EXPECT_EQ(cellAt(table, 1, "memory"), "2.50 GB");
    EXPECT_EQ(cellAt(table, 1, "paper", 2), "34.10") << "the paper's TTFT of R4 at batch 1";
    EXPECT_EQ(cellAt(table, 8, "paper", 2), "219.8");
    EXPECT_EQ(cellAt(table, 0, "TTFT ms"), "200.0 (199.0–201.0)") << "the dense model of that run";
    EXPECT_EQ(cellAt(table, 2, "TTFT ms"), "–") << "R8 has not run";
    EXPECT_TRUE(anyContains(table.notes, "an invented one"));
    EXPECT_TRUE(anyContains(table.notes, "42.4 %, not 35 %")) << "the paper's slip";
    EXPECT_TRUE(anyContains(table.notes, "RTX 5070 Ti"));
}

TEST(TimedTables, DenseTimesOfTwoRunsAreAveraged) {
    StudyResults results = resultsOf("table-vii");
    benchmark(results.runs[0], 160);
    benchmark(results.runs[1], 100);
    BenchmarkReport second = *readBenchmark(results.runs[1].summary.benchmark);
    second.models[0].cells[0].ttftMs.median = 220;
    results.runs[1].summary.benchmark = benchmarkJson(second);
    const ReportTable table = makeReport(results).main;
    EXPECT_EQ(cellAt(table, 0, "TTFT ms"), "210.0 ± 14.14") << "200 and 220: deviation 14.14";
    EXPECT_EQ(cellAt(table, 2, "prefill"), "2.00× (2.00×–2.00×)");
}

TEST(TimedTables, KernelsHaveThePapersBuckets) {
    StudyResults results = resultsOf("table-viii");
    profile(results.runs[0], 100);
    const ReportTable table = makeReport(results).main;
    ASSERT_EQ(table.rows.size(), 3u);
    EXPECT_EQ(cellAt(table, 0, "FFN/GEMM ms"), "200.0 (57 %)") << "200 of 350";
    EXPECT_EQ(cellAt(table, 1, "FFN/GEMM ms"), "100.0 (40 %)") << "100 of 250";
    EXPECT_EQ(cellAt(table, 1, "attention ms"), "100.0 (40 %)");
    EXPECT_EQ(cellAt(table, 1, "rest ms"), "50.00 (20 %)");
    EXPECT_EQ(cellAt(table, 1, "total ms"), "250.0");
    EXPECT_EQ(cellAt(table, 0, "speed-up"), "–");
    EXPECT_EQ(cellAt(table, 1, "ceiling"), "2.50×");
    EXPECT_EQ(cellAt(table, 1, "paper", 1), "496.0 (18 %)");
    EXPECT_TRUE(anyContains(table.notes, "that expression is 2.20"));
}

TEST(TimedTables, SpeedUpsNameWhatIsNotMeasured) {
    StudyResults results = resultsOf("table-x");
    benchmark(results.runs[0], 160);
    profile(results.runs[0], 100);
    const ReportTable table = makeReport(results).main;
    ASSERT_EQ(table.rows.size(), 4u);
    EXPECT_EQ(cellAt(table, 0, "prefill"), "–");
    EXPECT_EQ(cellAt(table, 0, "paper"), "attention, 2–4×, A100");
    EXPECT_EQ(cellAt(table, 3, "prefill"), "1.25× (1.25×–1.25×)");
    EXPECT_EQ(cellAt(table, 3, "MLP products"), "2.00×");
}

TEST(TimedTables, WithoutRunsThePapersColumnStands) {
    for (const char* name : {"table-vii", "table-viii", "table-x"}) {
        StudyResults results = resultsOf(name);
        for (StudyRun& run : results.runs) run.status = RunStatus::Queued;
        const Report report = makeReport(results);
        EXPECT_FALSE(report.main.rows.empty()) << name;
        EXPECT_FALSE(anyContains(report.warnings, "single seed")) << name;
        for (const auto& row : report.main.rows) EXPECT_EQ(row.size(), report.main.header.size());
    }
}

/// What the presets print of the paper is consistent with itself as far as the paper is: its
/// speed-ups are the quotients of its own times, rounded to two digits.
TEST(TimedTables, ThePapersSpeedUpsAreThoseOfItsTimes) {
    const StudySpec study = presetOf("table-vii");
    PaperFigures dense;
    for (const StudyTableRow& row : study.table.rows) {
        if (row.dense) dense = row.paper;
        const auto quotient = [&](const char* time) { return dense.at(time) / row.paper.at(time); };
        EXPECT_NEAR(quotient("ttft_ms"), row.paper.at("prefill"), 0.006) << row.label << row.batch;
        EXPECT_NEAR(quotient("tpot_ms"), row.paper.at("decode"), 0.006) << row.label << row.batch;
    }
}

/// The slips that the notes name, worked out again from what the presets print.
TEST(TimedTables, TheSlipsAreThoseOfThePapersFigures) {
    const auto& rows = presetOf("table-vii").table.rows;
    constexpr double kMlp = 28.0 * 3 * 1024 * 3072;  // Qwen3-0.6B: layers, matrices, sizes
    const auto share = [&](std::size_t row) {
        return (rows[0].paper.at("parameters") - rows[row].paper.at("parameters")) / kMlp;
    };
    EXPECT_NEAR(share(1), 0.424, 0.0005);
    EXPECT_NEAR(share(2), 0.617, 0.0005);
    EXPECT_NEAR(1 - rows[8].paper.at("memory_gb") / rows[6].paper.at("memory_gb"), 0.055, 0.0005);
    const auto& kernels = presetOf("table-viii").table.rows;
    const auto figure = [&](std::size_t row, const char* name) {
        return kernels[row].paper.at(name);
    };
    EXPECT_NEAR(1 / (0.16 + 0.84 * 0.35), 2.20, 0.005);
    EXPECT_NEAR(figure(0, "total_ms") / figure(2, "total_ms"), 1.20, 0.005);
    const double gemm = figure(0, "gemm_ms"), total = figure(0, "total_ms");
    EXPECT_NEAR(total / (total - gemm + figure(2, "gemm_ms")), 1.17, 0.005);
    EXPECT_NEAR(total / (total - 0.65 * gemm), 1.53, 0.005);
    EXPECT_NEAR(gemm / figure(2, "gemm_ms"), 1.38, 0.005);
    const double rest[] = {957, 912, 899};
    for (std::size_t row = 0; row < 3; ++row)
        EXPECT_EQ(figure(row, "total_ms") - figure(row, "gemm_ms") - figure(row, "attention_ms"),
                  rest[row]);
}

}  // namespace
}  // namespace skd::test
