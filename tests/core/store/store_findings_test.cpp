// What is read out of a recorded run: its answers, its learning-rate ramps, its forecast.

#include <gtest/gtest.h>

#include <cmath>

#include "store/answer_events.h"
#include "store/ramp_curves.h"
#include "store/run_forecast.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd::test {
namespace {

AnswerSet answersOf(const char* stage, std::int64_t round, const char* text) {
    return {stage, round, 4, 42, {{"Why?", text, 3, "length", true}}};
}

class StoreFindings : public testing::Test {
protected:
    void SetUp() override {
        m_writer = std::move(*RunWriter::open(m_folder / "w"));
        m_store = std::move(*RunStore::open(m_folder / "w"));
    }
    static RunSpec specOf(double target, const char* model = "some/model") {
        RunSpec spec;
        spec.model.path = model;
        spec.prune.target = target;
        spec.distill.steps = 90;
        spec.distill.batch = 4;
        spec.corpus.sequenceLength = 250;
        return spec;
    }
    /// A run whose live perplexity follows floor + 9000 t^-0.6, after a cut at step `cut`.
    RunId record(const RunSpec& spec, double floor, std::int64_t cut = 0,
                 RunStatus status = RunStatus::Completed) {
        const RunId run = *m_writer->createRun("r", toJson(spec), "hash");
        std::vector<MetricRow> rows{{"ppl.dense", 0, 36.0},
                                    {"ppl.dense_live", 0, 33.0},
                                    {"ppl.post_prune", 0, 500},
                                    {"ppl.post_prune", cut, 400}};
        if (cut > 0) rows.push_back({"ppl.live", 0, 32.0});
        rows.push_back({"ppl.live", cut, 400});
        for (std::int64_t i = 1; i <= 20; ++i)
            rows.push_back({"ppl.live", cut + 4 * i,
                            floor + 9000 * std::pow(4000.0 * static_cast<double>(i), -0.6)});
        m_writer->appendMetrics(run, rows);
        EXPECT_TRUE(m_writer->markStatus(run, status, "", {}));
        return run;
    }
    const TemporaryFolder m_folder;
    std::unique_ptr<RunWriter> m_writer;
    std::unique_ptr<RunStore> m_store;
};

TEST_F(StoreFindings, AnswersStayWithTheSummaryAndWithEvents) {
    const RunId run = *m_writer->createRun("r", toJson(specOf(0.2)), "hash");
    RunSummary summary;
    summary.answers = {answersOf("dense", 0, "so"), answersOf("cut", 1, "no")};
    ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Cancelled, "stopped", summary));
    for (const auto& [stage, set] :
         {std::pair{"answer", answersOf("recovered", 1, "first")},
          std::pair{"evaluate", answersOf("dense", 0, "of no stage that answers")},
          std::pair{"answer", answersOf("recovered", 1, "told again")}})
        ASSERT_TRUE(m_writer->appendEvent(
            run, "stage_finished",
            {{"stage", stage}, {"seconds", 1.0}, {"result", writeRecord(set)}}));
    ASSERT_TRUE(m_writer->appendEvent(run, "stage_finished", {{"stage", "answer"}}));
    const auto details = m_store->details(run);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->summary.answers, readRunSummary(toJson(summary)).answers);
    const auto known = knownAnswers(details->summary, *m_store->events(run));
    ASSERT_EQ(known.size(), 3u);
    EXPECT_EQ(known[0].answers[0].text, "so");
    EXPECT_EQ(known[2].answers[0].text, "told again");
    EXPECT_TRUE(known[2].answers[0].chat);
    EXPECT_EQ(known[2].seed, 42);
}

TEST_F(StoreFindings, RampsAreToldApartAndKnowTheirRounds) {
    const Series rates{{0, 1, 2, 10, 11}, {1e-6, 1e-4, 1e-2, 1e-6, 1e-4}},
        losses{{0, 1, 2, 10, 11}, {4, 3, std::nan(""), 5, 4}},
        means{{0, 1, 2, 10, 11}, {4, 3.4, std::nan(""), 5, 4.4}}, chosen{{0, 10}, {2e-5, 3e-5}};
    RunSummary summary;
    summary.rounds.resize(2);
    summary.rounds[0].learningRate = 2e-5;
    summary.rounds[0].learningRateReason = "because";
    const auto curves = rampCurves({rates, losses, means, chosen}, summary);
    ASSERT_EQ(curves.size(), 2u);
    EXPECT_EQ(curves[0].rates.size(), 3u);
    EXPECT_EQ(curves[0].reason, "because");
    EXPECT_EQ(curves[1].losses, (std::vector<double>{5, 4}));
    EXPECT_EQ(curves[1].smoothed, (std::vector<double>{5, 4.4}));
    EXPECT_EQ(curves[1].chosen, 3e-5) << "of a round that is not over";
    EXPECT_EQ(curves[1].reason, "");
    const Series none;
    EXPECT_TRUE(rampCurves({none, none, none, none}, summary).empty());
    EXPECT_TRUE(std::isnan(rampCurves({rates, losses, means, none}, {})[0].chosen));
}

TEST_F(StoreFindings, TheForecastIsOfTheLastCutAndOfTheLiveSlice) {
    const RunId once = record(specOf(0.2), 30), twice = record(specOf(0.2), 30, 90);
    for (const RunId run : {once, twice}) {
        const auto forecast = forecastOf(*m_store, *m_store->details(run));
        ASSERT_TRUE(forecast && *forecast);
        EXPECT_EQ((*forecast)->target, 33.0);
        EXPECT_EQ((*forecast)->trained, 80'000) << "4 x 250 tokens a step since the cut";
        EXPECT_NEAR(std::log((*forecast)->tokens.tokens / 624'025), 0, 0.1);
    }
    EXPECT_EQ(plannedTokens(specOf(0.2)), 90'000);
}

TEST_F(StoreFindings, EarlierRunsOfTheSameModelAreWhatANewOneIsMeasuredBy) {
    record(specOf(0.3, "other/model"), 30);
    record(specOf(0.2), 30, 0, RunStatus::Interrupted);
    RunSpec dense = specOf(0.4);
    dense.control = Control::DenseKd;
    record(dense, 30);
    const RunId deep = record(specOf(0.5), 30), flat = record(specOf(0.15), 30);
    const auto past = pastRecoveries(*m_store, 50);
    ASSERT_TRUE(past);
    ASSERT_EQ(past->size(), 3u);
    EXPECT_EQ(nearestRecovery(*past, specOf(0.45))->run, deep);
    EXPECT_EQ(nearestRecovery(*past, specOf(0.2))->run, flat);
    EXPECT_EQ(nearestRecovery(*past, specOf(0.2, "third/model")), nullptr);
    EXPECT_EQ(nearestRecovery(*past, dense), nullptr) << "nothing is cut";
    RunSpec cutOnly = specOf(0.2);
    cutOnly.distill.steps = 0;
    EXPECT_EQ(nearestRecovery(*past, cutOnly), nullptr);
    EXPECT_EQ(pastRecoveries(*m_store, 1)->size(), 1u) << "of the newest";
}

}  // namespace
}  // namespace skd::test
