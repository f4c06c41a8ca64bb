#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QSlider>
#include <QTreeView>
#include <cmath>
#include <limits>

#include "charts/plot/plot_view.h"
#include "runs/filter_line.h"
#include "runs/runs_dock.h"
#include "style/format.h"
#include "widgets/support/gui_fixture.h"
#include "widgets/support/loop_watch.h"

namespace skd::test {
namespace {

class RecoverPageTest : public GuiTest {
protected:
    void SetUp() override {
        GuiTest::SetUp();
        m_window->showPage(1);
        ASSERT_TRUE(waitFor([&] {
            return m_window->settled() && !plot().series().empty() && !plot().series()[0].empty();
        }));
    }
    PlotView& plot() { return find<PlotView>("recover.perplexity"); }
    QString text(const char* name) { return find<QLabel>(name).text(); }
    void begin(std::int64_t run) {
        m_session->say(RunStarted{RunId(run), "live run", Json::object(), false});
    }
};

TEST_F(RecoverPageTest, ARecordedRunIsDrawnWithDenseLineAndCollapse) {
    EXPECT_EQ(plot().series()[0].xs().size(), 25u);
    EXPECT_DOUBLE_EQ(plot().series()[0].xs().back(), 120);
    ASSERT_EQ(plot().annotations().horizontal.size(), 1u);
    EXPECT_EQ(plot().annotations().horizontal[0].label, "dense 37.4");
    EXPECT_TRUE(plot().annotations().markers.at(0).dropLine);
    EXPECT_EQ(text("recover.now"), "42.0");
    EXPECT_EQ(find<QListWidget>("recover.checkpoints").count(), 4);
    EXPECT_FALSE(find<PlotView>("recover.kd.grad_norm").series()[0].empty());
    const QString title = recover().perplexity().accessibleName();
    EXPECT_TRUE(title.contains("wikitext-2-valid-rest")) << title.toStdString();
}

TEST_F(RecoverPageTest, BlockRefinementHasAChartWhereARunRefines) {
    auto& refinement = find<PlotView>("recover.refine.loss");
    EXPECT_TRUE(refinement.isHidden());
    begin(100);
    m_session->say(StageStarted{RunId(100), Stage::Refine, ""});
    m_session->say(MetricBatch{RunId(100),
                               {{"ppl.dense", 0, 36},
                                {"ppl.pruned_live", 0, 900},
                                {"refine.loss", 0, 0.5},
                                {"refine.loss", 1, 0.25},
                                {"ppl.live", 0, 60}}});
    ASSERT_TRUE(waitFor([&] { return !refinement.isHidden() && !refinement.series().empty(); }));
    EXPECT_EQ(refinement.series()[0].ys(), (std::vector<double>{0.5, 0.25}));
    ASSERT_FALSE(plot().annotations().markers.empty());
    EXPECT_DOUBLE_EQ(plot().annotations().markers[0].y, 900) << "the collapse is the cut's";
}

TEST_F(RecoverPageTest, AnElasticRunHasALinePerSizeAndAFrontThatMoves) {
    auto& front = find<PlotView>("recover.front");
    EXPECT_FALSE(front.isVisible()) << "a run of one size has none";
    begin(100);
    m_session->say(StageStarted{RunId(100), Stage::Distill, ""});
    m_session->say(MetricBatch{RunId(100),
                               {{"ppl.live", 0, 90},
                                {"ppl.live@15", 0, 60},
                                {"ppl.live@35", 0, 90},
                                {"ppl.live@65", 0, 300}}});
    ASSERT_TRUE(waitFor([&] { return front.isVisible() && !front.series().empty(); }));
    ASSERT_TRUE(waitFor([&] { return plot().series().size() == 4; }));
    EXPECT_EQ(plot().series()[1].style.name, formatPercent(0.15, 0) + " removed");
    EXPECT_EQ(front.series()[0].xs(), (std::vector<double>{0.15, 0.35, 0.65}));
    EXPECT_EQ(front.series()[0].ys(), (std::vector<double>{60, 90, 300}));
    m_session->say(
        MetricBatch{RunId(100), {{"ppl.live@35", 40, 70}, {"elastic.cosine", 40, -0.1}}});
    // The cut stands behind; what was not measured again keeps its last value.
    ASSERT_TRUE(waitFor([&] { return front.series().size() == 2; }));
    EXPECT_EQ(front.series()[0].ys(), (std::vector<double>{60, 90, 300}));
    EXPECT_EQ(front.series()[1].ys(), (std::vector<double>{60, 70, 300}));
    EXPECT_TRUE(find<PlotView>("recover.elastic.cosine").isVisible());
    auto& slider = find<QSlider>("recover.front.step");
    EXPECT_EQ(slider.value(), slider.maximum()) << "it follows the run";
    slider.setFocus();
    QTest::keyClick(&slider, Qt::Key_Home);
    EXPECT_EQ(text("recover.front.text"), "step 0");
    EXPECT_EQ(front.series().back().ys(), (std::vector<double>{60, 90, 300}));
    m_session->say(MetricBatch{RunId(100), {{"ppl.live@65", 80, 200}}});
    ASSERT_TRUE(waitFor([&] { return slider.maximum() == 2; }));
    EXPECT_EQ(slider.value(), 0) << "who looks back is not pulled away";
}

TEST_F(RecoverPageTest, SeveralSelectedRunsAreLaidOverEachOther) {
    auto& runs = m_window->runs();
    const QModelIndex other = runs.tree().index(1, 0);
    runs.list().selectionModel()->select(other, QItemSelectionModel::Select);
    ASSERT_TRUE(
        waitFor([&] { return plot().series().size() == 2 && !plot().series()[1].empty(); }));
    EXPECT_NE(plot().series()[0].style.color, plot().series()[1].style.color);
    EXPECT_EQ(plot().series()[1].style.name, "svd-15 · seed 123");
}

TEST_F(RecoverPageTest, SmoothingKeepsTheRawLineBehind) {
    const std::vector<double> raw = plot().series()[0].ys();
    recover().perplexity().setSmoothing(0.6);
    ASSERT_EQ(plot().series().size(), 2u);
    EXPECT_EQ(plot().series()[0].ys(), raw);
    EXPECT_LT(plot().series()[0].style.color.alphaF(), 0.5);
    EXPECT_NEAR(plot().series()[1].ys()[1], (0.6 * raw[0] + raw[1]) / 1.6, 1e-9);
    recover().perplexity().setSmoothing(0);
    EXPECT_EQ(plot().series().size(), 1u);
}

TEST_F(RecoverPageTest, ACheckpointIsAMarkerToGoOnFrom) {
    const auto& markers = plot().annotations().markers;
    EXPECT_EQ(markers.size(), 2u + 4u) << "collapse, end and four checkpoints";
    recover().continueFrom(RunId(7), 30);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(m_session->started[0].model.path, "run:7@30");
    EXPECT_EQ(m_session->started[0].prune.method, PruneMethod::None);
}

TEST_F(RecoverPageTest, ContinuingFromTheCheckpointThatIsSelected) {
    auto& list = find<QListWidget>("recover.checkpoints");
    auto& button = find<QPushButton>("recover.continue");
    EXPECT_EQ(button.text(), "Continue from step 80") << "the newest, where none is selected";
    list.setFocus();
    QTest::keyClick(&list, Qt::Key_Down);
    QTest::keyClick(&list, Qt::Key_Down);
    const QString chosen = list.currentItem()->text();
    EXPECT_EQ(button.text(), "Continue from " + chosen);
    QTest::mouseClick(&button, Qt::LeftButton);
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(QString::fromStdString(m_session->started[0].model.path), "run:7@" + chosen.mid(5));
    EXPECT_TRUE(find<QLabel>("status.context").text().contains("is queued"));
    QTest::keyClick(&list, Qt::Key_Return);
    EXPECT_EQ(m_session->started.size(), 2u) << "Enter on the list does the same";
}

TEST_F(RecoverPageTest, ACheckpointOnTheCurveOffersToContinue) {
    const PlotAxes& axes = plot().axes();
    const auto& marker = plot().annotations().markers.at(2);
    QTest::mouseClick(&plot(), Qt::LeftButton, {}, axes.pixel(marker.x, marker.y).toPoint());
    auto* menu = m_window->findChild<QMenu*>("recover.menu");
    ASSERT_NE(menu, nullptr);
    menu->actions().front()->trigger();
    ASSERT_EQ(m_session->started.size(), 1u);
    EXPECT_EQ(QString::fromStdString(m_session->started[0].model.path),
              QStringLiteral("run:7@%1").arg(marker.x));
    menu->close();
}

TEST_F(RecoverPageTest, ANoteIsWrittenAtTheCursorAndTakenBackWithCtrlZ) {
    plot().setFocus();
    QTest::keyClick(&plot(), Qt::Key_Right);
    QTest::keyClick(&plot(), Qt::Key_Right);
    ASSERT_TRUE(plot().cursorAt(0).has_value());
    QTest::keyClick(&plot(), Qt::Key_N);
    auto* dialog = m_window->findChild<QInputDialog*>("recover.note");
    ASSERT_NE(dialog, nullptr);
    auto* line = dialog->findChild<QLineEdit*>();
    QTest::keyClicks(line, "teacher changes here");
    QTest::keyClick(line, Qt::Key_Return);
    ASSERT_EQ(m_session->edits.size(), 1u);
    const AnnotationRow& note = std::get<Annotate>(m_session->edits[0]).annotation;
    EXPECT_EQ(note.text, "teacher changes here");
    EXPECT_EQ(note.step, std::llround(*plot().cursorAt(0)));
    EXPECT_EQ(note.run, RunId(7));
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier);
    ASSERT_EQ(m_session->edits.size(), 2u);
    EXPECT_EQ(std::get<RemoveAnnotation>(m_session->edits[1]).annotation, AnnotationId(1));
    QTest::keyClick(m_window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_EQ(m_session->edits.size(), 3u);
    EXPECT_EQ(std::get<Annotate>(m_session->edits[2]).annotation.text, "teacher changes here");
}

TEST_F(RecoverPageTest, ZoomsAreAStackWithAWayBackAndForward) {
    const auto drag = [&](double from, double to) {
        const int y = plot().height() / 2;
        const QPoint a(static_cast<int>(plot().axes().pixelX(from)), y),
            b(static_cast<int>(plot().axes().pixelX(to)), y);
        QTest::mousePress(&plot(), Qt::LeftButton, {}, a);
        QTest::mouseMove(&plot(), b);
        QTest::mouseRelease(&plot(), Qt::LeftButton, {}, b);
    };
    const Range all = plot().axes().x;
    drag(30, 110);
    const Range first = plot().axes().x;
    EXPECT_NEAR(first.low, 30, 1);
    drag(50, 80);
    const Range second = plot().axes().x;
    EXPECT_NEAR(second.high, 80, 1);
    QTest::keyClick(&plot(), Qt::Key_Backspace);
    EXPECT_EQ(plot().axes().x, first);
    QTest::keyClick(&plot(), Qt::Key_Backspace);
    EXPECT_EQ(plot().axes().x, all);
    QTest::keyClick(&plot(), Qt::Key_Backspace, Qt::ShiftModifier);
    QTest::keyClick(&plot(), Qt::Key_Backspace, Qt::ShiftModifier);
    EXPECT_EQ(plot().axes().x, second);
    QTest::mouseDClick(&plot(), Qt::LeftButton, {}, plot().rect().center());
    EXPECT_EQ(plot().axes().x, all);
    EXPECT_EQ(plot().zoomDepth(), 0u);
    drag(0, 20);
    EXPECT_GE(plot().axes().unscaledY(plot().axes().y.high), plot().series()[0].ys().front())
        << "a zoom keeps extremes";
}

TEST_F(RecoverPageTest, CursorsMoveByKeysAndAreInTheExportedPicture) {
    const auto picture = [&] {
        QImage image(800, 400, QImage::Format_RGB32);
        image.fill(Qt::white);
        QPainter painter(&image);
        plot().paintView(painter, QRectF(0, 0, 800, 400), paperColors());
        return image;
    };
    plot().setFocus();
    const QImage plain = picture();
    for (int i = 0; i < 3; ++i) QTest::keyClick(&plot(), Qt::Key_Left);
    for (int i = 0; i < 3; ++i) QTest::keyClick(&plot(), Qt::Key_Right, Qt::ShiftModifier);
    EXPECT_LT(*plot().cursorAt(0), *plot().cursorAt(1));
    EXPECT_TRUE(plot().cursorText().startsWith("A "));
    plot().grab();
    EXPECT_TRUE(plot().accessibleDescription().contains("A ")) << "what they measure is said, too";
    const QImage measured = picture();
    EXPECT_NE(plain, measured);
    QTest::keyClick(&plot(), Qt::Key_Escape);
    EXPECT_FALSE(plot().cursorAt(0) || plot().cursorAt(1));
    EXPECT_EQ(picture(), plain);
    plot().setHandle(60);
    EXPECT_NE(picture(), plain) << "a handle is exported as well";
}

TEST_F(RecoverPageTest, NotesAreKeptInTheWorkspace) {
    recover().note(RunId(7), 40, "  overfits ");
    ASSERT_EQ(m_session->edits.size(), 1u);
    const AnnotationRow& kept = std::get<Annotate>(m_session->edits[0]).annotation;
    EXPECT_EQ(kept.text, "overfits");
    EXPECT_EQ(kept.step, 40);
    recover().note(RunId(7), 40, "   ");
    EXPECT_EQ(m_session->edits.size(), 1u);
}

TEST_F(RecoverPageTest, TwoCursorsMeasure) {
    EXPECT_EQ(plot().cursorText(), "");
    const auto& first = plot().series()[0];
    plot().placeCursor(0, first.xs().front());
    plot().placeCursor(1, first.xs().back());
    const QString text = plot().cursorText();
    EXPECT_TRUE(text.startsWith("A 0 → B 120 (120)")) << text.toStdString();
    EXPECT_TRUE(text.contains("−")) << text.toStdString();
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(RecoverPageTest, LiveEventsBecomeTheCurve) {
    begin(100);
    m_session->say(MetricBatch{RunId(100), {{"ppl.dense_live", 0, 36.0}, {"ppl.live", 0, 194.4}}});
    for (std::int64_t step = 1; step <= 76; ++step) {
        MetricBatch batch{RunId(100),
                          {{"kd.ce", step, 2.11},
                           {"kd.kl", step, 0.098},
                           {"kd.loss", step, 1.2},
                           {"kd.grad_norm", step, 0.84}}};
        if (step % 10 == 0 || step == 76)
            batch.points.push_back(
                {"ppl.live", step, 36 + 158.4 * std::exp(-static_cast<double>(step) / 30)});
        m_session->say(batch);
    }
    m_session->say(CheckpointSaved{RunId(100), 70, "checkpoints/70", true});
    ASSERT_TRUE(
        waitFor([&] { return !plot().series().empty() && plot().series()[0].xs().size() == 9; }));
    EXPECT_EQ(m_window->selection().current(), RunId(100));
    EXPECT_DOUBLE_EQ(plot().series()[0].xs().back(), 76);
    EXPECT_EQ(plot().annotations().horizontal[0].label, "dense 36.0");
    EXPECT_TRUE(waitFor([&] { return text("recover.now") == "48.6"; }))
        << text("recover.now").toStdString();
    EXPECT_TRUE(text("recover.undone").startsWith("92.1"));
    EXPECT_EQ(text("fact.loss"), "2.11 / 0.098");
    EXPECT_EQ(find<QListWidget>("recover.checkpoints").item(0)->text(), "step 70 · best");
    EXPECT_EQ(find<PlotView>("recover.kd.ce").series()[0].xs().size(), 76u);
}

TEST_F(RecoverPageTest, NonFinitePerplexitiesAreMarkedAndTheRestIsDrawn) {
    begin(100);
    m_session->say(MetricBatch{RunId(100),
                               {{"ppl.live", 0, 100.0},
                                {"ppl.live", 1, INFINITY},
                                {"ppl.live", 2, std::nan("")},
                                {"ppl.live", 3, 80.0}}});
    ASSERT_TRUE(waitFor([&] { return plot().series()[0].xs().size() == 4; }));
    m_window->grab();
    EXPECT_EQ(plot().series()[0].unplottable(plot().axes()), (std::vector<double>{1, 2}));
    EXPECT_EQ(plot().series()[0].points(plot().axes()).size(), 2);
}

TEST_F(RecoverPageTest, PauseResumeAndStopReachTheEngine) {
    begin(100);
    auto& pause = find<QPushButton>("top.pause");
    ASSERT_TRUE(waitFor([&] { return pause.isEnabled(); }));
    QTest::mouseClick(&pause, Qt::LeftButton);
    m_session->say(RunPaused{RunId(100), true});
    ASSERT_TRUE(waitFor([&] { return pause.accessibleName() == "Resume"; }));
    QTest::mouseClick(&pause, Qt::LeftButton);
    m_session->say(RunPaused{RunId(100), false});
    ASSERT_TRUE(waitFor([&] { return pause.accessibleName() == "Pause"; }));
    QTest::mouseClick(&find<QPushButton>("top.stop"), Qt::LeftButton);
    EXPECT_EQ(m_session->calls, (std::vector<std::string>{"pause", "go on", "stop"}));
    EXPECT_TRUE(text("top.line").contains("stopping"));
    m_session->say(RunFinished{RunId(100), Outcome::Cancelled, "stopped", {}});
    EXPECT_TRUE(waitFor([&] { return find<QPushButton>("top.run").isEnabled(); }));
}

TEST_F(RecoverPageTest, ProgressShowsStepTimeLeftAndRate) {
    begin(100);
    m_session->say(StageStarted{RunId(100), Stage::Distill, ""});
    m_session->say(Progress{RunId(100), Stage::Distill, 76, 120, 512, 134, "steps"});
    ASSERT_TRUE(waitFor([&] { return text("top.line").contains("76"); }));
    EXPECT_EQ(text("top.line"),
              "live run · distilling · step 76 / 120 · 2 m 14 s left · 512.0 steps/s");
}

TEST_F(RecoverPageTest, ALiveEvaluationDoesNotPassForTheDistillationsProgress) {
    begin(100);
    m_session->say(StageStarted{RunId(100), Stage::Distill, "distillation"});
    m_session->say(Progress{RunId(100), Stage::Distill, 30, 90, 1.5, 40, "steps"});
    ASSERT_TRUE(waitFor([&] { return text("top.line").contains("step 30 / 90"); }));
    m_session->say(Progress{RunId(100), Stage::Evaluate, 3584, 3584, 680, 0, "tokens"});
    QTest::qWait(100);
    EXPECT_TRUE(text("top.line").contains("step 30 / 90")) << text("top.line").toStdString();
    EXPECT_EQ(text("fact.status"), "running");
}

TEST_F(RecoverPageTest, AnInterruptedRunCanBeContinued) {
    auto& runs = m_window->runs();
    runs.filterLine().setText("status = interrupted");
    runs.selectRun(RunId(5));
    auto& resume = find<QPushButton>("recover.resume");
    ASSERT_TRUE(waitFor([&] { return resume.isVisible(); }));
    QTest::mouseClick(&resume, Qt::LeftButton);
    EXPECT_EQ(m_session->calls, std::vector<std::string>{"resume 5"});
}

TEST_F(RecoverPageTest, AMillionMetricPointsNeverBlockTheWindow) {
    double worst = std::numeric_limits<double>::infinity();
    for (std::int64_t run = 100; run < 103 && worst > 50; ++run) {  // others use the caches too
        const std::int64_t steps = 500'000 + run;                   // of this run alone
        begin(run);
        ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }));
        MetricBatch batch{RunId(run), {}};
        for (std::int64_t i = 0; i < steps; ++i) {
            const auto x = static_cast<double>(i);
            batch.points.push_back({"kd.ce", i, 3 + std::sin(x)});
            batch.points.push_back({"ppl.live", i, 50 + 10 * std::sin(x / 1000)});
        }
        m_session->say(batch);
        const LoopWatch watch;
        ASSERT_TRUE(waitFor([&] { return std::ssize(plot().series()[0].xs()) == steps; }, 20000));
        worst = std::min(worst, watch.worst());
    }
    EXPECT_LE(worst, 50);
}

}  // namespace
}  // namespace skd::test
