// First start, carve, preview, run, recover, compare, export, quit, reopen: one test, the real
// engine.

#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QTest>
#include <QTextBrowser>
#include <QTreeView>
#include <filesystem>

#include "carve/master_fader.h"
#include "run/session.h"
#include "store/run_store.h"
#include "window/export_dialog.h"
#include "window/model_export_dialog.h"
#include "window_test.h"

namespace skd::test {
namespace {

class FirstDay : public WindowTest {
protected:
    /// First start: the recorded run is there, so no page is empty.
    void startForTheFirstTime() {
        open();
        ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() > 0; }));
        ASSERT_TRUE(waitFor([&] { return carve().state().hasAnalysis(); }));
        m_recorded = m_window->runs().model().rowCount();
    }

    /// Open a model, move the master fader by keyboard, and a measured preview follows.
    void carveByKeyboard() {
        m_window->openModel(QString::fromStdString(m_model.string()));
        ASSERT_TRUE(waitFor(
            [&] {
                return m_window->monitor().modelOpen() &&
                       m_window->monitor().state() == RunMonitor::State::Idle;
            },
            kLong))
            << notice();
        EXPECT_EQ(carve().state().layers(), 2);
        ASSERT_TRUE(waitFor(
            [&] { return carve().preview().state() == PreviewRunner::State::Measured; }, kLong))
            << notice();
        const double before = carve().state().price().mlpRemoved;
        auto& master = find<MasterFader>("carve.master");
        for (int i = 0; i < 3; ++i) QTest::keyClick(&master, Qt::Key_PageUp);
        if (carve().state().price().mlpRemoved == before)
            for (int i = 0; i < 6; ++i) QTest::keyClick(&master, Qt::Key_PageDown);
        m_removed = carve().state().price().mlpRemoved;
        EXPECT_NE(m_removed, before);
        ASSERT_TRUE(waitFor(
            [&] {
                return carve().preview().state() == PreviewRunner::State::Measured &&
                       carve().preview().currentTry() >= 0;
            },
            kLong))
            << notice();
        EXPECT_GT(carve().preview().latest()->perplexity, 1);
    }

    /// Prune and recover.
    void pruneAndRecover() {
        QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
        ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
        m_run = m_window->monitor().run();
        EXPECT_EQ(m_window->currentIndex(), 1);  // the window shows what happens
        ASSERT_TRUE(waitFor([&] { return !m_window->monitor().running(); }, kLong)) << notice();
        ASSERT_TRUE(waitFor([&] {
            const int row = m_window->runs().model().indexOf(m_run);
            return row >= 0 && m_window->runs().model().row(row).status == RunStatus::Completed;
        })) << notice();
        const RunRow finished =
            m_window->runs().model().row(m_window->runs().model().indexOf(m_run));
        EXPECT_GT(finished.postPrunePpl, 1);
        EXPECT_GT(finished.postKdPpl, 1);
        EXPECT_NEAR(finished.mlpRemoved, m_removed, 0.02);
        EXPECT_EQ(m_window->selection().current(), m_run);
        ASSERT_TRUE(waitFor([&] {
            return m_window->settled() && !recover().perplexity().plot().series().empty();
        }));
    }

    /// Every page draws something on this display.
    void showEveryPage() {
        for (int page = 0; page < static_cast<int>(m_window->pages().size()); ++page) {
            m_window->showPage(page);
            QTest::qWait(150);
            EXPECT_FALSE(m_window->grab().isNull());
        }
    }

    /// Compare it with the recorded one, and keep the table for a paper.
    void compareAndExportTheTable() {
        m_window->showPage(2);
        m_window->runs().list().selectAll();
        auto& figures = find<QAbstractItemView>("compare.figures");
        ASSERT_TRUE(waitFor(
            [&] { return m_window->settled() && figures.model()->rowCount() == m_recorded + 1; }));
        QApplication::setActiveWindow(
            m_window.get());  // no window manager does it on a bare display
        figures.setFocus();
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
        auto* dialog = m_window->findChild<ExportDialog*>();
        ASSERT_NE(dialog, nullptr);
        const QString table = m_folder.filePath("figures.csv");
        dialog->findChild<QComboBox*>("export.format")
            ->setCurrentIndex(static_cast<int>(ViewFormat::Csv));
        dialog->findChild<QLineEdit*>("export.path")->setText(table);
        QTest::mouseClick(dialog->findChild<QPushButton*>("export.go"), Qt::LeftButton);
        ASSERT_TRUE(waitFor([&] { return QFileInfo::exists(table); }));
        QFile written(table);
        ASSERT_TRUE(written.open(QIODevice::ReadOnly));
        EXPECT_EQ(written.readAll().trimmed().split('\n').size(), m_recorded + 2)
            << "a header and every run";
        dialog->close();
        m_window->runs().selectRun(m_run);
    }

    /// A copy of the run's model for another program, by the dialog; it loads again and says so.
    void exportTheModel() {
        ASSERT_TRUE(waitFor([&] { return m_window->findChild<ExportDialog*>() == nullptr; }));
        m_window->activateWindow();
        ASSERT_TRUE(waitFor([&] { return m_window->isActiveWindow(); }));
        QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = m_window->findChild<ModelExportDialog*>();
        ASSERT_NE(dialog, nullptr);
        EXPECT_EQ(dialog->request().model.path, "run:" + std::to_string(m_run.value()));
        auto& type = *dialog->findChild<QComboBox*>("exportModel.type");
        type.setCurrentIndex(type.findText("f32"));
        auto& folder = *dialog->findChild<QLineEdit*>("exportModel.folder");
        folder.setText(m_folder.filePath("exported"));
        QTest::mouseClick(dialog->findChild<QPushButton*>("exportModel.go"), Qt::LeftButton);
        auto& line = *dialog->findChild<QLabel*>("exportModel.line");
        ASSERT_TRUE(waitFor([&] { return !dialog->runner().busy(); }, kLong));
        EXPECT_TRUE(line.text().startsWith("Written: ")) << line.text().toStdString();
        EXPECT_TRUE(QFileInfo::exists(m_folder.filePath("exported/config.json")));
        auto& facts = *dialog->findChild<QLabel*>("exportModel.facts");
        EXPECT_TRUE(facts.isVisible());
        EXPECT_TRUE(facts.text().contains("16 of 16 greedy tokens")) << facts.text().toStdString();
        EXPECT_TRUE(dialog->findChild<QTextBrowser*>("exportModel.card")
                        ->toPlainText()
                        .contains("How it was made"));
        const auto copies = dialog->findChildren<QPushButton*>("exportModel.copy");
        ASSERT_EQ(copies.size(), 2);
        QTest::mouseClick(copies[1], Qt::LeftButton);
        EXPECT_TRUE(QApplication::clipboard()->text().startsWith("vllm serve /"))
            << QApplication::clipboard()->text().toStdString();
        dialog->close();
    }

    /// Quit and come back: the run is there, and so is the page.
    void quitAndReopen() {
        m_window->showPage(1);
        ASSERT_TRUE(m_window->close());
        m_window.reset();
        open();
        ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() == m_recorded + 1; }));
        EXPECT_EQ(m_window->currentIndex(), 1);
        m_window->runs().selectRun(m_run);
        ASSERT_TRUE(waitFor([&] {
            return m_window->settled() && !recover().perplexity().plot().series().empty();
        }));
        m_window.reset();
    }

    /// The program itself, on the same display, with the same workspace.
    void startTheProgram() {
        QProcess program;
        program.start(SKD_WORKBENCH, {"--workspace", m_path, "--read-only", "--screenshots",
                                      m_folder.filePath("pictures")});
        ASSERT_TRUE(program.waitForFinished(kLong));
        EXPECT_EQ(program.exitCode(), 0) << program.readAllStandardError().toStdString();
        EXPECT_GE(QDir(m_folder.filePath("pictures")).entryList({"*.png"}).size(), 4);
    }

    int m_recorded = 0;    ///< runs of the workspace that ships
    double m_removed = 0;  ///< share of the MLPs that the faders remove
    RunId m_run;
};

TEST_F(FirstDay, FromTheFirstStartToTheNext) {
    ASSERT_NO_FATAL_FAILURE(startForTheFirstTime());
    ASSERT_NO_FATAL_FAILURE(carveByKeyboard());
    ASSERT_NO_FATAL_FAILURE(pruneAndRecover());
    ASSERT_NO_FATAL_FAILURE(showEveryPage());
    ASSERT_NO_FATAL_FAILURE(compareAndExportTheTable());
    ASSERT_NO_FATAL_FAILURE(exportTheModel());
    ASSERT_NO_FATAL_FAILURE(quitAndReopen());
    ASSERT_NO_FATAL_FAILURE(startTheProgram());
}

TEST_F(FirstDay, ASecondWindowLooksOnAndSaysWhy) {
    open();
    auto second = openWorkspace(m_path, false);
    ASSERT_TRUE(second) << second.error().message;
    EXPECT_TRUE(second->workspace->readOnly());
    EXPECT_TRUE(second->remark.contains("in use by process")) << second->remark.toStdString();
    MainWindow looking(std::move(second->workspace), *m_theme);
    looking.show();
    EXPECT_TRUE(QTest::qWaitFor([&] { return looking.runs().model().rowCount() > 0; }, 15'000));
    EXPECT_FALSE(looking.monitor().canRun());
}

}  // namespace
}  // namespace skd::test
