// The ramp that found a learning rate, and the forecast of a recovery: on Recover and on New run.

#include <QLabel>
#include <QLineEdit>
#include <cmath>

#include "charts/plot/plot_view.h"
#include "controls/build.h"
#include "runs/runs_dock.h"
#include "spec/run_spec.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

/// Run 8 of the synthetic workspace: ramps of two rounds, then perplexities of a power law.
class RecoveryFindingsTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window.reset();
        record();
        openWindow();
        m_window->showPage(1);
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    void record() {
        const auto writer = std::move(*RunWriter::open(m_file));
        RunSpec spec;
        spec.distill.steps = 90;
        spec.distill.batch = 4;
        spec.corpus.sequenceLength = 250;
        const RunId run = *writer->createRun("with a ramp", toJson(spec), "hash");
        ASSERT_EQ(run, RunId(8));
        std::vector<MetricRow> rows{
            {"ppl.dense_live", 0, 33.0, 1}, {"ppl.post_prune", 0, 400, 1}, {"ppl.live", 0, 400, 1}};
        for (std::int64_t i = 1; i <= 20; ++i)
            rows.push_back({"ppl.live", 4 * i,
                            30 + 9000 * std::pow(4000.0 * static_cast<double>(i), -0.6), 1});
        for (std::int64_t round = 0; round < 2; ++round)
            for (std::int64_t i = 0; i < 5; ++i) {
                const std::int64_t step = 10 * round + i;
                const double loss = 4 - 0.1 * static_cast<double>(i + round);
                rows.push_back({"kd.ramp_rate", step, std::pow(10.0, i - 6), 1});
                rows.push_back({"kd.ramp_loss", step, loss, 1});
                rows.push_back({"kd.ramp_smoothed", step, loss + 0.01, 1});
            }
        rows.push_back({"kd.ramp_chosen", 10, 1e-4, 1});
        writer->appendMetrics(run, rows);
        RunSummary summary;
        summary.rounds.resize(2);
        summary.rounds[0].learningRate = 1e-5;
        summary.rounds[1].learningRate = 1e-4;
        summary.rounds[1].learningRateReason = "its loss descends most steeply at 0.0001";
        ASSERT_TRUE(writer->markStatus(run, RunStatus::Completed, "", summary));
    }
    QString text(const char* name) { return find<QLabel>(name).text().replace(QChar(0x202F), ' '); }
};

TEST_F(RecoveryFindingsTest, TheLastRampIsDrawnWithTheRateThatWasChosen) {
    auto& plot = find<PlotView>("recover.ramp");
    ASSERT_TRUE(waitFor([&] { return plot.isVisible() && plot.series().size() == 2; }));
    EXPECT_EQ(plot.series()[0].xs(), (std::vector<double>{-6, -5, -4, -3, -2}));
    EXPECT_DOUBLE_EQ(plot.series()[0].ys().front(), 3.9) << "of the second round";
    EXPECT_DOUBLE_EQ(plot.series()[1].ys().front(), 3.91);
    ASSERT_EQ(plot.annotations().vertical.size(), 1u);
    EXPECT_DOUBLE_EQ(plot.annotations().vertical[0].value, -4);
    EXPECT_EQ(plot.annotations().vertical[0].label, "1.0e-4");
    EXPECT_EQ(text("recover.ramp.chosen"), "1.0e-4: its loss descends most steeply at 0.0001");
    EXPECT_FALSE(m_window->grab().isNull());
    m_window->runs().selectRun(RunId(7));
    EXPECT_TRUE(waitFor([&] { return m_window->settled() && !plot.isVisible(); }))
        << "a run whose rate was given has no ramp";
}

TEST_F(RecoveryFindingsTest, TheCurveSaysWhenItWillBeAtTheDenseLevel) {
    auto& forecast = find<ElidedLabel>("recover.forecast");
    ASSERT_TRUE(waitFor([&] { return forecast.isVisible(); }));
    // (9000 / (33 - 30))^(1 / 0.6) = 624,025
    EXPECT_EQ(text("recover.forecast"), "dense level after about 624 k tokens (624 k to 624 k)");
    m_window->runs().selectRun(RunId(3));  // dense + KD: nothing to recover from
    EXPECT_TRUE(waitFor([&] { return m_window->settled() && !forecast.isVisible(); }));
    m_window->runs().selectRun(RunId(8));
    EXPECT_TRUE(waitFor([&] { return forecast.isVisible(); }));
}

TEST_F(RecoveryFindingsTest, ANewRunIsToldWhatAnEarlierOneOfTheModelNeeds) {
    m_window->activateWindow();
    QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
    ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    auto& forecast = find<QLabel>("start.forecast");
    ASSERT_TRUE(waitFor([&] { return forecast.isVisible(); }));
    EXPECT_TRUE(text("start.forecast")
                    .startsWith("Run 8, 15 % removed: dense level after about 624 k tokens"))
        << text("start.forecast").toStdString();
    auto& model = find<QLineEdit>("field.model.path");
    model.setFocus();
    model.selectAll();
    QTest::keyClicks(&model, "another-model");
    EXPECT_TRUE(waitFor([&] { return !forecast.isVisible(); })) << "it says nothing of another one";
}

TEST_F(RecoveryFindingsTest, ALiveRampIsDrawnBeforeItsRoundIsOver) {
    auto& plot = find<PlotView>("recover.ramp");
    m_session->say(RunStarted{RunId(100), "live run", Json::object(), false});
    MetricBatch batch{RunId(100), {}};
    for (std::int64_t i = 0; i < 3; ++i) {
        batch.points.push_back({"kd.ramp_rate", i, std::pow(10.0, i - 6)});
        batch.points.push_back({"kd.ramp_loss", i, 3.0});
        batch.points.push_back({"kd.ramp_smoothed", i, 3.0});
    }
    batch.points.push_back({"kd.ramp_chosen", 0, 1e-5});
    m_session->say(batch);
    ASSERT_TRUE(waitFor([&] {
        return m_window->selection().current() == RunId(100) && plot.isVisible() &&
               !plot.series().empty() && plot.series()[0].xs().size() == 3;
    }));
    EXPECT_EQ(text("recover.ramp.chosen"), "1.0e-5");
}

}  // namespace
}  // namespace skd::test
