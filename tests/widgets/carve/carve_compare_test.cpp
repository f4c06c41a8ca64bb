#include <QLabel>
#include <QMenu>

#include "base/hash.h"
#include "carve/fader_bank.h"
#include "charts/plot/plot_view.h"
#include "charts/views/heat_map.h"
#include "controls/choice_button.h"
#include "spec/run_spec.h"
#include "store/run_writer.h"
#include "style/format.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

/// The synthetic workspace, and one more run that was cut after its spectra had changed.
class CarveCompareTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window.reset();
        addRun("svd-15 · seed 42", 42, 208);
        addRun(
            "a run whose name is so long that nobody would ever want to read all of it in a menu",
            1, 192);
        openWindow();
    }
    void addRun(const char* name, std::int64_t seed, std::int64_t rank) {
        auto analysis = std::make_shared<Analysis>(*syntheticAnalysis(layers()));
        std::vector<RankRow> ranks;
        for (MatrixSpectrum& matrix : analysis->matrices) {
            for (double& sigma : matrix.weighted) sigma *= 1.5;
            ranks.push_back({matrix.info.name, rank});
        }
        const auto writer = RunWriter::open(m_file);
        ASSERT_TRUE(writer);
        RunSpec spec;
        spec.name = name;
        spec.seed = seed;
        const Json json = toJson(spec);
        const auto id = (*writer)->createRun(name, json, sha256Hex(dumpJson(json)));
        ASSERT_TRUE(id);
        ASSERT_TRUE((*writer)->markStarted(*id, Json::object()));
        ASSERT_TRUE((*writer)->saveAnalysis(*id, *analysis));
        ASSERT_TRUE((*writer)->saveRanks(*id, ranks));
        ASSERT_TRUE((*writer)->markStatus(
            *id, RunStatus::Completed, "all steps done",
            readRunSummary(
                {{"dense_ppl", 36.0}, {"post_prune_ppl", 71.5}, {"mlp_removed", 0.41}})));
        m_last = *id;
    }
    ChoiceButton& compare() { return find<ChoiceButton>("carve.compare"); }
    QStringList names() {
        QStringList names;
        for (const ChoiceButton::Choice& choice : compare().choices()) names << choice.tip;
        return names;
    }
    void choose(RunId run) {
        for (QAction* action : compare().menu()->actions())
            if (action->data().toLongLong() == run.value()) action->trigger();
    }
    RunId m_last;
};

TEST_F(CarveCompareTest, TheMenuListsRunsOfThisModelNewestFirstAndTellsThemApart) {
    const QStringList all = names();
    ASSERT_EQ(all.size(), 8);  // none, the two above, and five of the workspace that were cut
    EXPECT_TRUE(all[1].startsWith("a run whose name"));
    EXPECT_LT(compare().choices()[1].text.size(), all[1].size()) << "long names end in an ellipsis";
    EXPECT_TRUE(all[2].contains("svd-15 · seed 42 · run")) << all[2].toStdString();
    EXPECT_EQ(QSet<QString>(all.begin(), all.end()).size(), all.size());
    EXPECT_FALSE(all.join(' ').contains("dense + KD")) << "nothing was cut there";
}

TEST_F(CarveCompareTest, TheChosenRunStandsBehindFadersCellsAndCut) {
    auto& faders = find<FaderBank>("carve.faders");
    auto& map = find<HeatMap>("carve.heatmap");
    auto& plot = find<PlotView>("carve.spectrum");
    EXPECT_FALSE(faders.faders()[3].behind.has_value());
    EXPECT_EQ(map.viewTable().header.size(), 4);
    const std::size_t lines = plot.annotations().vertical.size();
    choose(m_last);
    ASSERT_TRUE(faders.faders()[3].behind.has_value());
    EXPECT_TRUE(faders.faders()[3].text.contains("a run whose name"));
    EXPECT_EQ(map.viewTable().header.size(), 7);
    EXPECT_EQ(map.viewTable().cell(2, 4).shown, "192");
    ASSERT_EQ(plot.annotations().vertical.size(), lines + 1);
    EXPECT_DOUBLE_EQ(plot.annotations().vertical.back().value, 192);
    EXPECT_TRUE(plot.annotations().vertical.back().label.endsWith("192"));
    carve().state().setRanks({map.current()}, 192);
    EXPECT_EQ(carve().reference().compareText(map.current()).left(9), "here 192,");
    choose(RunId(0));
    EXPECT_FALSE(faders.faders()[3].behind.has_value());
    EXPECT_EQ(plot.annotations().vertical.size(), lines);
}

TEST_F(CarveCompareTest, AFaderAtTheSameRanksCoversTheMarkerBehindIt) {
    choose(m_last);
    carve().state().restoreRanks(carve().reference().ranks(), "the same");
    for (const FaderBank::Fader& fader : find<FaderBank>("carve.faders").faders())
        EXPECT_DOUBLE_EQ(*fader.behind, fader.position);
}

TEST_F(CarveCompareTest, ThePriceCardNamesItsFigures) {
    auto& line = find<QLabel>("price.compared");
    EXPECT_FALSE(line.isVisible());
    choose(m_last);
    EXPECT_TRUE(line.isVisible());
    EXPECT_TRUE(line.text().endsWith(": " + formatPercent(0.41) + " · PPL 71.5"))
        << line.text().toStdString();
    EXPECT_TRUE(line.toolTip().contains("ever want to read all of it"));
    EXPECT_LE(line.fontMetrics().horizontalAdvance(line.text()), line.width() + 1);
}

TEST_F(CarveCompareTest, SpectraThatDifferAreOverlaidAndNamed) {
    auto& plot = find<PlotView>("carve.spectrum");
    const std::size_t curves = plot.series().size();
    choose(m_last);  // the page shows the newest analysis, which is this run's: no second curve
    QTest::qWait(100);
    EXPECT_EQ(plot.series().size(), curves);
    choose(RunId(7));  // of the workspace: spectra before they changed
    ASSERT_TRUE(waitFor([&] { return plot.series().size() == curves + 1; }));
    EXPECT_NEAR(plot.series()[0].ys()[10] * 1.5,
                carve().state().plan().spectrum(carve().state().selection().current())[10], 0.001);
    EXPECT_TRUE(plot.series()[0].style.name.contains("svd-15"));
}

TEST_F(CarveCompareTest, TheChoiceSurvivesARefreshAndASavedView) {
    choose(RunId(6));
    RunFinished finished;
    finished.run = RunId(3);
    m_session->say(finished);
    QTest::qWait(150);
    EXPECT_EQ(carve().reference().chosen(), 6);
    EXPECT_EQ(compare().value(), 6);
    const Json view = carve().viewState();
    choose(RunId(0));
    carve().restoreView(view);
    EXPECT_EQ(carve().reference().chosen(), 6);
    EXPECT_EQ(compare().value(), 6);
}

TEST_F(CarveCompareTest, AViewWithoutRanksSelectsAndLeavesTheRanks) {
    const std::vector<std::int64_t> ranks = carve().state().snapshot().ranks;
    ASSERT_GT(ranks.size(), 4u);
    carve().restoreView({{"selection", {2u, 4u}}, {"matrix", 4u}});
    EXPECT_EQ(carve().state().selection().matrices(), (std::vector<std::size_t>{2, 4}));
    EXPECT_EQ(carve().state().selection().current(), 4u);
    EXPECT_EQ(carve().state().snapshot().ranks, ranks);
    carve().restoreView({{"ranks", {1, 2}}, {"selection", {0u}}, {"matrix", 0u}});
    EXPECT_EQ(carve().state().selection().current(), 4u) << "of another model";
}

TEST_F(CarveCompareTest, AnotherModelHasNoRunsToCompareWith) {
    choose(m_last);
    auto other = std::make_shared<Analysis>(*syntheticAnalysis(4));
    other->model.weightsSha256 = "other";
    for (MatrixSpectrum& matrix : other->matrices) matrix.info.name += ".other";
    m_session->say(AnalysisReady{RunId{}, other});
    ASSERT_TRUE(waitFor([&] { return carve().state().layers() == 4; }));
    EXPECT_EQ(names().size(), 1);
    EXPECT_FALSE(carve().reference().active());
    EXPECT_FALSE(find<FaderBank>("carve.faders").faders()[0].behind.has_value());
}

}  // namespace
}  // namespace skd::test
