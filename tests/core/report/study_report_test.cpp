#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/files.h"
#include "base/text.h"
#include "report/comparison.h"
#include "report/report.h"
#include "report/row_figures.h"
#include "report/statistics.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"
#include "support/xml_checker.h"

namespace skd::test {
namespace {

/// A study with invented figures: rounds, controls, a failed run, a rolled-back round, markup in
/// names.
class StudyReportTest : public testing::Test {
protected:
    void SetUp() override {
        const std::string text =
            *readFile(std::filesystem::path(SKD_FIXTURES) / "study" / "synthetic.json");
        const Json all = *parseJson(text);
        study = *parseStudySpec(all["study"]);
        {
            const auto writer = std::move(*RunWriter::open(folder / "w"));
            id = *writer->openStudy(study.name, toJson(study), studyHash(study));
            const StudyPlan plan = *planStudy(study);
            for (const Json& one : all["runs"]) addRun(*writer, plan, one);
        }
        load();
    }
    void addRun(RunWriter& writer, const StudyPlan& plan, const Json& one) {
        for (const PlannedRun& planned : plan.runs) {
            if (planned.variant != one["variant"] || planned.seed != one["seed"]) continue;
            const RunId run = *writer.createRun(planned.spec.name, toJson(planned.spec), "hash",
                                                {id, planned.variant});
            const bool failed = one.contains("error");
            std::vector<MetricRow> live;
            for (std::size_t i = 0; one.contains("live") && i < one["live"].size(); ++i)
                live.push_back({"ppl.live", static_cast<std::int64_t>(i) * 10,
                                one["live"][i].get<double>(), 1});
            live.push_back({"ppl.dense_live", 0, 36, 1});
            writer.appendMetrics(run, live);
            ASSERT_TRUE(
                writer.markStatus(run, failed ? RunStatus::Failed : RunStatus::Completed,
                                  failed ? one["error"].get<std::string>() : "all stages done",
                                  readRunSummary(one["summary"])));
        }
    }
    void load() {
        const auto store = std::move(*RunStore::open(folder / "w"));
        auto loaded = loadStudy(*store, id);
        ASSERT_TRUE(loaded) << loaded.error().message;
        results = std::move(*loaded);
        for (StudyRun& run : results.runs)
            run.seconds = run.id.value() == 0 ? 0 : 90;  // the clock's own figure is not the test's
    }
    StudyRun& run(const std::string& variant, std::int64_t seed) {
        for (StudyRun& one : results.runs)
            if (one.variant == variant && one.seed == seed) return one;
        throw std::runtime_error("no such run");
    }
    const TemporaryFolder folder;
    StudySpec study;
    StudyId id;
    StudyResults results;
};

TEST_F(StudyReportTest, MarkdownIsTheStoredOne) {
    const std::string made = toMarkdown(makeReport(results));
    const auto file = std::filesystem::path(SKD_FIXTURES) / "study" / "report.md";
    if (std::getenv("SKD_UPDATE_GOLDEN") != nullptr) {
        ASSERT_TRUE(writeFileAtomically(file, made));
    }
    EXPECT_EQ(made, *readFile(file))
        << "after checking the change by eye: run this test once with SKD_UPDATE_GOLDEN=1";
}

TEST_F(StudyReportTest, HtmlAndFiguresAreWellFormed) {
    const Report report = makeReport(results);
    EXPECT_EQ(xmlProblem(toHtml(report)), "");
    ASSERT_EQ(report.figures.size(), 3u);
    for (const ReportFigure& figure : report.figures) {
        EXPECT_EQ(xmlProblem(figure.svg), "") << figure.id;
        for (const char* part : {"role=\"img\"", "<title", "<desc", "prefers-color-scheme:dark"})
            EXPECT_NE(figure.svg.find(part), std::string::npos) << figure.id << part;
        EXPECT_FALSE(figure.twin.rows.empty());
        EXPECT_EQ(figure.svg.find("nan"), std::string::npos) << figure.id;
        EXPECT_EQ(figure.svg.find("inf"), std::string::npos) << figure.id;
    }
    EXPECT_EQ(toHtml(report).find("<script"), std::string::npos);
    EXPECT_EQ(toHtml(report).find("http://www.w3.org/1999/xhtml") == std::string::npos, false);
}

TEST_F(StudyReportTest, TheDenseLevelOfTheLiveCurveIsRead) {
    EXPECT_EQ(run("Dense+KD", 1).denseLive, 36);
    EXPECT_EQ(run("Dense+KD", 1).live.values, (std::vector<double>{36, 33, 29}));
}

TEST_F(StudyReportTest, RowsAreMeansOverSeedsWithoutRolledBackRounds) {
    const std::vector<RowFigures> rows = rowFigures(results);
    ASSERT_EQ(rows.size(), 4u);
    EXPECT_DOUBLE_EQ(rows[0].final.mean, 36) << "dense";
    EXPECT_DOUBLE_EQ(rows[1].final.mean, 30) << "Dense+KD: 29 and 31";
    EXPECT_DOUBLE_EQ(rows[1].final.deviation, std::sqrt(2.0));
    EXPECT_DOUBLE_EQ(rows[2].pruned.mean, 65);
    EXPECT_EQ(rows[3].final.count, 1) << "the other seed's second round was rolled back";
    EXPECT_DOUBLE_EQ(rows[3].removed.mean, 0.35);
}

TEST_F(StudyReportTest, SaysInPlainWordsWhenCrossEntropyExplainsTheGain) {
    const auto finding = [&] {
        const auto findings = controlFindings(results);
        return findings.empty() ? std::string() : findings.front();
    };
    EXPECT_NE(finding().find("Dense+CE-only explains Dense+KD's gain"), std::string::npos)
        << finding();
    EXPECT_NE(finding().find("91.7 %"), std::string::npos) << "5.5 of 6: " << finding();
    for (const std::int64_t seed : {1, 2}) run("Dense+CE-only", seed).summary.postKdPpl = 29.0;
    EXPECT_NE(finding().find("at least as good as Dense+KD"), std::string::npos) << finding();
    for (const std::int64_t seed : {1, 2}) run("Dense+CE-only", seed).summary.postKdPpl = 33.0;
    EXPECT_NE(finding().find("does not explain Dense+KD's gain: it reaches 50.0 % of it"),
              std::string::npos)
        << finding();
    for (const std::int64_t seed : {1, 2}) run("Dense+KD", seed).summary.postKdPpl = 36.5;
    EXPECT_NE(finding().find("does not improve on the dense model"), std::string::npos)
        << finding();
}

TEST_F(StudyReportTest, AControlThatLosesIsSaidToLose) {
    run("Dense+KD-only", 1).summary.postKdPpl = 38.5;
    const auto findings = controlFindings(results);
    ASSERT_GE(findings.size(), 2u);
    EXPECT_EQ(findings[1],
              "Dense+KD-only (KL without cross-entropy) loses 2.500 of perplexity (36.00 → 38.50) "
              "where Dense+KD gains; an identical teacher has no gradient at the start.");
}

TEST_F(StudyReportTest, SaysWhichTextsAndHowManySamplesAreDistinct) {
    for (StudyRun& one : results.runs) {
        one.summary.corpus = CorpusSummary{200, 256, 51'200, 16};
        if (one.summary.quality) one.summary.quality->tokens = 1905;
    }
    const std::string made = toMarkdown(makeReport(results));
    for (const char* text :
         {"200 samples of 256 tokens, 16 distinct (12.5 passes): 30 % c4",
          "| selection text | first 2,048 tokens of the held-out validation text, "
          "resource:held-out/wikitext-2-valid-rest.txt |",
          "Measured on the first 2,048 tokens of the held-out validation text, 1,905 scored "
          "tokens; the perplexities of the main table are of the evaluation text."})
        EXPECT_NE(made.find(text), std::string::npos) << text;
    EXPECT_NE(toHtml(makeReport(results)).find("perplexity on the held-out validation text"),
              std::string::npos);
    for (StudyRun& one : results.runs) one.spec.eval.selection.clear();
    EXPECT_NE(toHtml(makeReport(results)).find("perplexity on the evaluation text"),
              std::string::npos)
        << "as runs of version 0.1.0 chose";
}

TEST_F(StudyReportTest, AControlThatWasPrunedIsNone) {
    run("Dense+CE-only", 1).summary.mlpRemoved = 0.3;
    std::string all;
    for (const std::string& warning : reportWarnings(results)) all += warning + "\n";
    EXPECT_NE(all.find("Dense+CE-only (seed 1) is a control without pruning, but 30.0 %"),
              std::string::npos)
        << all;
    for (const std::string& finding : controlFindings(results))
        EXPECT_EQ(finding.find("CE-only"), std::string::npos) << finding;
}

TEST_F(StudyReportTest, JudgesTheTeacherSwapBySeedPairs) {
    results.study.table.layout = TableLayout::TeacherSwap;
    results.study.table.rows = {{"dense teacher", "Dense+CE-only", 0, "", false, 0, {}, ""},
                                {"better teacher", "Dense+KD", 0, "", false, 0, {}, ""}};
    const auto judge = [&](double first, double second) {
        run("Dense+CE-only", 1).summary.postKdPpl = 100.0;
        run("Dense+CE-only", 2).summary.postKdPpl = 200.0;
        run("Dense+KD", 1).summary.postKdPpl = 100.0 * first;
        run("Dense+KD", 2).summary.postKdPpl = 200.0 * second;
        return teacherSwapFindings(results).front();
    };
    EXPECT_NE(
        judge(0.92, 0.94).find("effect appears: paired change of the student's perplexity −7.00 %"),
        std::string::npos)
        << judge(0.92, 0.94);
    EXPECT_NE(judge(0.80, 1.10).find("does not appear"), std::string::npos)
        << "the seeds disagree: " << judge(0.80, 1.10);
    EXPECT_NE(judge(1.02, 1.03).find("does not appear"), std::string::npos);
    run("Dense+KD", 1).status = run("Dense+KD", 2).status = RunStatus::Interrupted;
    EXPECT_NE(teacherSwapFindings(results).front().find("cannot be judged yet"), std::string::npos);
}

TEST_F(StudyReportTest, CriteriaHaveTheirFiguresAndThePapersOwnVerdict) {
    const std::vector<Criterion> criteria = reproductionCriteria(results);
    ASSERT_EQ(criteria.size(), 3u);
    EXPECT_EQ(criteria[0].verdict, Verdict::Pass);
    EXPECT_EQ(criteria[1].verdict, Verdict::Fail) << "41 is above 1.05 x 36";
    EXPECT_EQ(criteria[2].verdict, Verdict::Pass);
    for (const Criterion& c : criteria) EXPECT_TRUE(c.paper.starts_with("pass")) << c.paper;
    for (const std::int64_t seed : {1, 2})
        run("SparseKD <1 & 2>", seed).summary.rounds[0].postKdPpl = 60.0;
    EXPECT_EQ(reproductionCriteria(results)[0].verdict, Verdict::Fail)
        << "hardly anything taken back";
    for (const std::int64_t seed : {1, 2})
        run("SparseKD <1 & 2>", seed).summary.rounds[1].postKdPpl = 50.0;
    EXPECT_EQ(reproductionCriteria(results)[2].verdict, Verdict::Fail) << "less pruned is worse";
}

TEST_F(StudyReportTest, WarnsOfWhateverLimitsTheFigures) {
    std::string all;
    for (const std::string& warning : reportWarnings(results)) all += warning + "\n";
    for (const char* word :
         {"Another model: this is tiny", "Scaled to 0.5", "Round 2 of", "rolled back",
          "Failed: Dense+KD-only (seed 2): out of memory", "bf16"})
        EXPECT_NE(all.find(word), std::string::npos) << word << " is not in:\n" << all;
}

TEST_F(StudyReportTest, MarksRunsThatWereComputedInDifferentTypes) {
    const auto warns = [this](const std::string& text) {
        const auto all = reportWarnings(results);
        return std::any_of(all.begin(), all.end(), [&](const std::string& one) {
            return one.find(text) != std::string::npos;
        });
    };
    EXPECT_FALSE(warns("in bf16 and in f32"));
    run("Dense+KD", 1).summary.arithmetic = "f32";
    EXPECT_TRUE(warns("in bf16 and in f32"));
    RunDetails bf16, f32;
    bf16.spec["model"]["dtype"] = "bf16";
    f32.spec["model"]["dtype"] = "auto";
    f32.summary.arithmetic = "f32";
    EXPECT_EQ(compareDetails({"a", "b"}, {bf16, f32}).differences.rows.back(),
              (std::vector<std::string>{"arithmetic", "bf16", "f32"}));
    EXPECT_TRUE(compareDetails({"a", "b"}, {f32, f32}).differences.rows.empty());
}

TEST_F(StudyReportTest, AnEmptyStudyHasAReport) {
    for (StudyRun& one : results.runs)
        one = StudyRun{RunId(), one.variant, one.variantIndex, one.seed, one.spec};
    const Report report = makeReport(results);
    EXPECT_TRUE(report.figures.empty());
    EXPECT_EQ(xmlProblem(toHtml(report)), "");
    EXPECT_NE(toMarkdown(report).find("8 of 8 runs are not complete"), std::string::npos);
}

TEST_F(StudyReportTest, CsvHasOneRowPerRunWithEveryFigure) {
    run("Dense+KD", 1).summary.denseBlocks = {{1, 2}, {3, 4}, false, "", {}};
    const std::string csv = toCsv(results);
    EXPECT_EQ(csv.find("blocks"), std::string::npos) << "those are in the JSON file";
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 9);
    EXPECT_NE(csv.find("rounds.1.post_kd_ppl"), std::string::npos);
    EXPECT_NE(csv.find("SparseKD <1 & 2>"), std::string::npos);
    EXPECT_TRUE(csv.starts_with("run_id,variant,seed,status,seconds,dense_ppl"));
}

TEST_F(StudyReportTest, FilesAreWritten) {
    const auto files = writeReport(results, folder / "out", {"md", "html", "csv", "json"});
    ASSERT_TRUE(files) << files.error().message;
    EXPECT_EQ(files->size(), 7u);
    for (const std::string& file : *files) EXPECT_TRUE(std::filesystem::exists(file)) << file;
    EXPECT_TRUE(parseJson(*readFile(folder / "out/report.json")));
    EXPECT_EQ(writeReport(results, folder / "out", {"pdf"}).error().code, ErrorCode::InvalidInput);
}

TEST_F(StudyReportTest, ComparesRunsOfSeveralWorkspaces) {
    const std::string file = (folder / "w").string();
    const auto comparison = compareRuns({"1", file + ":2"}, file);
    ASSERT_TRUE(comparison) << comparison.error().message;
    bool removed = false;
    for (const auto& row : comparison->figures.rows)
        removed = removed || row == std::vector<std::string>{"dense PPL", "36.00", "36.00"};
    EXPECT_TRUE(removed);
    std::vector<std::string> fields;
    for (const auto& row : comparison->differences.rows) fields.push_back(row[0]);
    EXPECT_EQ(fields,
              (std::vector<std::string>{"name", "control", "prune.target", "schedule.rounds"}));
    EXPECT_EQ(compareRuns({"1"}, file).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(compareRuns({"1", "x"}, file).error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(compareRuns({"1", "99"}, file).error().code, ErrorCode::NotFound);
}

TEST(StudyStatistics, AgreeWithClosedForms) {
    const Statistic s = summarise({2, 4, 4, 4, 5, 5, 7, 9});
    EXPECT_DOUBLE_EQ(s.mean, 5);
    EXPECT_DOUBLE_EQ(s.deviation, std::sqrt(32.0 / 7));
    EXPECT_EQ(s.low, 2);
    EXPECT_EQ(s.high, 9);
    // n numbers 1..n: variance n(n + 1) / 12.
    std::vector<double> numbers;
    for (int i = 1; i <= 100; ++i) numbers.push_back(i);
    EXPECT_NEAR(summarise(numbers).deviation, std::sqrt(100.0 * 101 / 12), 1e-12);
    const Statistic shifted = summarise({1e9 + 1, 1e9 + 2, 1e9 + 3});
    EXPECT_DOUBLE_EQ(shifted.deviation, 1) << "no cancellation";
    constexpr double kInf = std::numeric_limits<double>::infinity();
    EXPECT_EQ(summarise({1, kInf, std::nan("")}).dropped, 2);
    EXPECT_EQ(summarise(std::vector<double>(38, 36.00211)).deviation, 0) << "equal values";
    EXPECT_TRUE(std::isnan(summarise({3}).deviation));
    EXPECT_TRUE(std::isnan(summarise({}).mean));
}

TEST(StudyStatistics, FiguresHaveFourSignificantDigits) {
    EXPECT_EQ(figureText(41.4617), "41.46");
    EXPECT_EQ(figureText(506746.7), "506,747");
    EXPECT_EQ(figureText(0.12345), "0.1235");
    EXPECT_EQ(figureText(1259754.0), "1,259,754");
    EXPECT_EQ(figureText(std::nan("")), "–");
    EXPECT_EQ(figureText(std::numeric_limits<double>::infinity()), "∞");
    EXPECT_EQ(shareText(0.15023), "15.0 %");
    EXPECT_EQ(changeText(-0.4128), "−41.3 %");
    EXPECT_EQ(figureText(summarise({29, 31})), "30.00 ± 1.414");
}

TEST(StudyAxis, TicksAreRoundAndCoverTheValues) {
    for (const auto& [low, high] : std::vector<std::pair<double, double>>{
             {0, 65}, {3, 3.2}, {-7, 12}, {5, 5}, {0, 0}, {1e-6, 3e-6}, {20, 20.1}}) {
        const SvgAxis axis = makeAxis({low, high}, false, 7);
        EXPECT_LE(axis.low, low);
        EXPECT_GE(axis.high, high);
        EXPECT_GE(axis.ticks.size(), 2u);
        EXPECT_LE(axis.ticks.size(), 12u);
        EXPECT_NEAR(axis.place(axis.low), 0, 1e-12);
        EXPECT_NEAR(axis.place(axis.high), 1, 1e-12);
    }
    for (const auto& [low, high] : std::vector<std::pair<double, double>>{
             {20, 1e6}, {30, 45}, {1, 10}, {21.06, 682}, {35, 35}, {1e-3, 1e9}}) {
        const SvgAxis axis = makeAxis({low, high, -5, 0, std::nan("")}, true, 7);
        EXPECT_GT(axis.low, 0) << low;
        EXPECT_LE(axis.low, low);
        EXPECT_GE(axis.high, high);
        EXPECT_GE(axis.ticks.size(), 2u) << low << " " << high;
        EXPECT_LE(axis.ticks.size(), 14u) << low << " " << high;
    }
    EXPECT_NEAR(makeAxis({1, 10000}, true, 7).place(100), 0.5, 1e-9);
    EXPECT_EQ(makeAxis({0, 65}, false, 7).ticks,
              (std::vector<double>{0, 10, 20, 30, 40, 50, 60, 70}));
    EXPECT_EQ(tickText(0.15), "0.15");
    EXPECT_EQ(tickText(20), "20");
    EXPECT_EQ(tickText(500'000), "500,000");
}

TEST(StudyAxis, TextIsEscaped) {
    EXPECT_EQ(escapeXml("a<b> & \"c\" 'd'\x01"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; ");
    EXPECT_EQ(xmlProblem("<p>" + escapeXml("\xFF<&") + "</p>"), "");
}

TEST(XmlChecker, FindsWhatIsWrong) {
    EXPECT_EQ(xmlProblem("<a x=\"1\"><b/>t &amp; u</a>"), "");
    for (const char* broken :
         {"<a>", "<a></b>", "<a><b></a></b>", "<a x=1/>", "<a x=\"1\" x=\"2\"/>", "<a>&nbsp;</a>",
          "<a/><b/>", "<a>a & b</a>", "<a x=\"<\"/>", "text", "<a><p id=\"i\"/><p id=\"i\"/></a>"})
        EXPECT_NE(xmlProblem(broken), "") << broken;
}

}  // namespace
}  // namespace skd::test
