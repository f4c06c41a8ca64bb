// The window on workspaces at their extremes: nothing in them, or far too much.
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeView>

#include "charts/plot/plot_view.h"
#include "controls/build.h"
#include "controls/fact_list.h"
#include "runs/runs_dock.h"
#include "widgets/support/crowded_workspace.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

class ExtremesTest : public GuiTest {
protected:
    void SetUp() override {
        ASSERT_TRUE(m_folder.isValid());
        m_file = m_folder.filePath("workspace.sqlite").toStdString();
        const Status written = writeCrowdedWorkspace(m_file, {6, 2, 3, 3000});
        ASSERT_TRUE(written) << written.error().message;
        m_theme = std::make_unique<Theme>(*qApp);
        m_theme->apply(ThemeChoice::Dark);
        openWindow();
    }
    PlotView& plot() { return find<PlotView>("recover.perplexity"); }
    QString text(const char* name) { return find<QLabel>(name).text(); }
    /// Selects a run by its name on the Recover page.
    void showRun(const QString& name) {
        m_window->showPage(1);
        const RunsModel& model = m_window->runs().model();
        for (int row = 0; row < model.rowCount(); ++row)
            if (QString::fromStdString(model.row(row).name).contains(name)) {
                m_window->runs().selectRun(model.row(row).id);
                ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
                QTest::qWait(60);
                return;
            }
        FAIL() << name.toStdString();
    }
};

TEST_F(ExtremesTest, RoundsShowTheirTargetsAndWhatTheGateSaid) {
    showRun("two rounds");
    QStringList labels;
    for (const auto& line : plot().annotations().vertical) labels << line.label;
    ASSERT_EQ(labels.size(), 3);
    EXPECT_TRUE(labels[1].startsWith("round 2 · 20") && labels[1].endsWith("gate 0.930 ✓"))
        << labels[1].toStdString();
    EXPECT_TRUE(labels[2].contains("gate 7.85 > 6 ✗") && labels[2].contains("rolled back"))
        << labels[2].toStdString();
    EXPECT_TRUE(text("fact.round").startsWith("3 of 3")) << text("fact.round").toStdString();
    EXPECT_TRUE(text("fact.gate").contains("refused"));
    EXPECT_TRUE(text("fact.step").endsWith("of 180")) << text("fact.step").toStdString();
    EXPECT_TRUE(text("recover.reason").contains("rolled back"));
    EXPECT_FALSE(m_window->grab().isNull());
}

TEST_F(ExtremesTest, NotesInAnyScriptStandOnTheCurve) {
    showRun("two rounds");
    QStringList labels;
    for (const auto& marker : plot().annotations().markers) labels << marker.label;
    EXPECT_TRUE(labels.contains(QStringLiteral("第2ラウンド: 回復が速い")));
    EXPECT_TRUE(labels.contains(QStringLiteral("هنا يبدأ الاستقرار 🎉")));
}

TEST_F(ExtremesTest, ValuesThatAreNoNumbersStandAtTheEdgeAndTheRestIsDrawn) {
    showRun("diverged");
    const PlotSeries& line = plot().series().at(0);
    EXPECT_EQ(line.unplottable(plot().axes()).size(), 1u + 3u + 3u)
        << "step 24, infinities from 48 to 56, the end from 92 on";
    EXPECT_FALSE(line.points(plot().axes()).isEmpty());
    EXPECT_GE(plot().axes().unscaledY(plot().axes().y.high), 4.2e6);
    EXPECT_EQ(text("recover.now"), "–");
    EXPECT_EQ(text("fact.status"), "failed");
    const auto& reason = find<QLabel>("recover.reason");
    EXPECT_TRUE(reason.toolTip().contains("lower distill.learning_rate"));
    EXPECT_LE(reason.height(), 4 * reason.fontMetrics().lineSpacing() + 2);
}

TEST_F(ExtremesTest, RunsOfOneStepAndOfThousandsAreDrawn) {
    showRun("3000 steps");
    EXPECT_EQ(plot().series().at(0).xs().size(), 301u);
    EXPECT_EQ(text("fact.step"), "3,000 of 3,000");
    showRun("one step");
    EXPECT_EQ(plot().series().at(0).xs().size(), 2u);
    EXPECT_TRUE(text("recover.now").startsWith("1.00")) << "millions, in short";
    showRun("no step at all");
    EXPECT_TRUE(plot().series().at(0).empty());
}

TEST_F(ExtremesTest, LongNamesGiveWayAndCanBeReadWhole) {
    showRun("two rounds");
    auto& model = find<QToolButton>("top.model");
    EXPECT_TRUE(model.text().contains(QStringLiteral("…")));
    EXPECT_TRUE(model.toolTip().endsWith("Instruct-v0.3-preview")) << model.toolTip().toStdString();
    EXPECT_LE(model.width(), scaledByText(320));
    const QModelIndex first = m_window->runs().tree().index(0, 0);
    EXPECT_TRUE(
        first.data(Qt::ToolTipRole).toString().contains("cosine schedule, teacher 1.7B · seed 42"));
    m_window->resize(1000, 700);
    m_window->grab();
    auto& device = static_cast<ElidedLabel&>(find<QLabel>("top.device"));
    EXPECT_TRUE(device.elided());
}

TEST_F(ExtremesTest, FactsKeepTheirHeightInALowWindow) {
    showRun("two rounds");
    m_window->resize(1280, 720);
    QTest::qWait(50);
    m_window->grab();
    const auto& facts = *find<QLabel>("fact.status").parentWidget()->parentWidget();
    EXPECT_GE(facts.height(), facts.sizeHint().height());
    for (ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
        m_theme->apply(theme);
        QTest::qWait(30);
        EXPECT_LE(recover().height(), recover().parentWidget()->height()) << "nothing to scroll";
    }
    for (const char* name : {"fact.status", "fact.gate", "fact.whole"}) {
        const auto& fact = find<QLabel>(name);
        EXPECT_GE(fact.height(), fact.sizeHint().height()) << name;
    }
    const auto& list = find<QListWidget>("recover.checkpoints");
    EXPECT_GE(list.viewport()->height(), 3 * list.sizeHintForRow(0));
}

TEST_F(ExtremesTest, TheWindowKeepsASizeAtWhichItCanBeUsed) {
    showRun("two rounds");
    m_window->resize(300, 200);
    QTest::qWait(50);
    EXPECT_GE(m_window->width(), 800);
    EXPECT_GE(m_window->height(), 500);
    const auto& run = find<QPushButton>("top.run");
    EXPECT_GE(run.width(), run.minimumSizeHint().width());
}

TEST_F(ExtremesTest, TheTradeOffSaysHowManyRunsHaveNoPlaceOnIt) {
    m_window->showPage(m_window->pageIndex("compare"));
    ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    EXPECT_TRUE(waitFor([&] {
        return text("compare.left") == "5 runs without these figures are not drawn";
    })) << text("compare.left").toStdString();
}

class EmptyTest : public GuiTest {
protected:
    void SetUp() override {
        ASSERT_TRUE(m_folder.isValid());
        m_file = m_folder.filePath("workspace.sqlite").toStdString();
        ASSERT_TRUE(writeEmptyWorkspace(m_file));
        m_theme = std::make_unique<Theme>(*qApp);
        m_theme->apply(ThemeChoice::Light);
    }
    void openWith(ReadOnlyReason reason) {
        m_window = std::make_unique<MainWindow>(
            std::make_unique<Workspace>(m_file, nullptr, reason), *m_theme);
        m_window->resize(1280, 800);
        m_window->show();
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    void showPage(const char* id) {
        m_window->showPage(m_window->pageIndex(QLatin1String(id)));
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
        m_window->grab();
    }
    /// What stands in a view that has no rows.
    QString note(const char* view) {
        const auto* note = find<QAbstractItemView>(view).findChild<QLabel*>("emptyNote");
        return note != nullptr && note->isVisible() ? note->text() : QString();
    }
};

TEST_F(EmptyTest, EveryEmptyCardSaysWhatWouldFillIt) {
    openWith(ReadOnlyReason::Asked);
    EXPECT_TRUE(find<QLabel>("runs.empty").isVisible());
    showPage("recover");
    EXPECT_TRUE(find<QLabel>("recover.reason").text().contains("selected"));
    EXPECT_FALSE(find<QPushButton>("recover.resume").isVisible());
    EXPECT_FALSE(find<QPushButton>("recover.continue").isVisible());
    showPage("compare");
    EXPECT_TRUE(note("compare.figures").contains("Select runs"));
    showPage("profile");
    EXPECT_TRUE(note("profile.table").contains("measured"));
    showPage("data");
    EXPECT_TRUE(note("data.caches").contains("checkpoints"));
}

TEST_F(EmptyTest, PagesSayWhyTheWorkspaceIsReadOnly) {
    openWith(ReadOnlyReason::Asked);
    showPage("new-run");
    EXPECT_TRUE(
        find<QLabel>("start.readOnly").text().startsWith("This window was opened read-only"));
    m_window.reset();
    openWith(ReadOnlyReason::OtherProcess);
    showPage("new-run");
    EXPECT_TRUE(
        find<QLabel>("start.readOnly").text().startsWith("Another process runs the engine"));
    showPage("profile");
    EXPECT_TRUE(find<QLabel>("profile.line").text().startsWith("Another process runs the engine"));
    m_window.reset();
    openWith(ReadOnlyReason::NotWritable);
    EXPECT_TRUE(m_window->workspace().readOnlyText().contains("cannot be written to"));
}

TEST_F(EmptyTest, TheStatusBarSpeaksOfThePageInFront) {
    openWith(ReadOnlyReason::Asked);
    showPage("compare");
    EXPECT_NE(find<QLabel>("status.context").text(), "");
    showPage("data");
    EXPECT_EQ(find<QLabel>("status.context").text(), "");
}

}  // namespace
}  // namespace skd::test
