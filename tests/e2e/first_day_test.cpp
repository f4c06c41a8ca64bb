// First start, carve, preview, run, recover, replay, export, quit, reopen: one test, the real engine.
#include <gtest/gtest.h>

#include <QAction>
#include <QDir>
#include <QGuiApplication>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "charts/master_fader.h"
#include "main_window.h"
#include "notice_bar.h"
#include "pages/carve_page.h"
#include "pages/recover_page.h"
#include "run/session.h"
#include "runs_dock.h"
#include "startup.h"
#include "store/run_store.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

constexpr int kLong = 120'000;  ///< ms; the machine may be busy with other tests

class FirstDay : public testing::Test {
protected:
    void SetUp() override {
        QSettings().clear();
        qputenv("XDG_DATA_HOME", m_folder.filePath("data").toUtf8());
        qputenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources");
        qputenv("OMP_NUM_THREADS", "1");
        m_model = m_folder.filePath("tiny").toStdString();
        fs::copy(SKD_FIXTURES "/models/workbench", m_model, fs::copy_options::recursive);
        // Rotary positions have no weights: the usual windows of 512 tokens fit once the config allows them.
        std::ostringstream config;
        config << std::ifstream(m_model / "config.json").rdbuf();
        Json json = Json::parse(config.str());
        json["max_position_embeddings"] = 1024;
        std::ofstream(m_model / "config.json") << json.dump(2);
        m_theme = std::make_unique<Theme>(*qApp);
        m_theme->apply(ThemeChoice::Dark);
    }
    void TearDown() override { m_window.reset(); }

    void open() {
        const auto path = defaultWorkspace();
        ASSERT_TRUE(path) << path.error().message;
        m_path = *path;
        auto opened = openWorkspace(m_path, false);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(opened->remark.isEmpty()) << opened->remark.toStdString();
        m_window = std::make_unique<MainWindow>(std::move(opened->workspace), *m_theme);
        m_window->restoreLayout();
        m_window->resize(1440, 900);
        m_window->show();
        ASSERT_TRUE(QTest::qWaitForWindowExposed(m_window.get()));
        ASSERT_TRUE(waitFor([&] { return m_window->settled(); }));
    }
    template <class Predicate>
    [[nodiscard]] bool waitFor(Predicate ready, int patience = 15'000) {
        return QTest::qWaitFor([&] { return ready() || !m_window->notices().text().isEmpty(); }, patience) && ready();
    }
    [[nodiscard]] std::string notice() { return m_window->notices().text().toStdString(); }
    [[nodiscard]] CarvePage& carve() { return *qobject_cast<CarvePage*>(m_window->pages()[0].second); }
    [[nodiscard]] RecoverPage& recover() { return *qobject_cast<RecoverPage*>(m_window->pages()[1].second); }
    template <class W>
    [[nodiscard]] W& find(const char* name) {
        W* widget = m_window->findChild<W*>(QLatin1String(name));
        if (widget == nullptr) throw std::runtime_error(std::string("there is no widget ") + name);
        return *widget;
    }

    QTemporaryDir m_folder;
    fs::path m_model;
    QString m_path;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<MainWindow> m_window;
};

TEST_F(FirstDay, FromTheFirstStartToTheNext) {
    // First start: the recorded run is there, so no page is empty.
    open();
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() > 0; }));
    ASSERT_TRUE(waitFor([&] { return carve().state().hasAnalysis(); }));
    const int recorded = m_window->runs().model().rowCount();

    // Open a model, move the master fader by keyboard, and a measured preview follows.
    m_window->openModel(QString::fromStdString(m_model.string()));
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().modelOpen() && m_window->monitor().state() == RunMonitor::State::Idle; }, kLong)) << notice();
    EXPECT_EQ(carve().state().layers(), 2);
    ASSERT_TRUE(waitFor([&] { return carve().preview().state() == PreviewRunner::State::Measured; }, kLong)) << notice();
    const double before = carve().state().price().mlpRemoved;
    auto& master = find<MasterFader>("carve.master");
    for (int i = 0; i < 3; ++i) QTest::keyClick(&master, Qt::Key_PageUp);
    if (carve().state().price().mlpRemoved == before)
        for (int i = 0; i < 6; ++i) QTest::keyClick(&master, Qt::Key_PageDown);
    const double removed = carve().state().price().mlpRemoved;
    EXPECT_NE(removed, before);
    ASSERT_TRUE(waitFor([&] { return carve().preview().state() == PreviewRunner::State::Measured && carve().preview().currentTry() >= 0; }, kLong)) << notice();
    EXPECT_GT(carve().preview().latest()->perplexity, 1);

    // Prune and recover.
    QTest::mouseClick(&find<QPushButton>("top.run"), Qt::LeftButton);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
    const RunId run = m_window->monitor().run();
    EXPECT_EQ(m_window->currentIndex(), 1);  // the window shows what happens
    ASSERT_TRUE(waitFor([&] { return !m_window->monitor().running(); }, kLong)) << notice();
    ASSERT_TRUE(waitFor([&] {
        const int row = m_window->runs().model().indexOf(run);
        return row >= 0 && m_window->runs().model().row(row).status == RunStatus::Completed;
    })) << notice();
    const RunRow finished = m_window->runs().model().row(m_window->runs().model().indexOf(run));
    EXPECT_GT(finished.postPrunePpl, 1);
    EXPECT_GT(finished.postKdPpl, 1);
    EXPECT_NEAR(finished.mlpRemoved, removed, 0.02);
    EXPECT_EQ(m_window->selection().current(), run);
    ASSERT_TRUE(waitFor([&] { return m_window->settled() && !recover().perplexity().plot().series().empty(); }));

    // Every page draws something on this display.
    for (int page = 0; page < static_cast<int>(m_window->pages().size()); ++page) {
        m_window->showPage(page);
        QTest::qWait(150);
        EXPECT_FALSE(m_window->grab().isNull());
    }

    // A copy of the model for other programs.
    ExportTask task;
    task.request.model.path = "run:" + std::to_string(run.value());
    task.request.out = fs::path(m_folder.path().toStdString()) / "exported";
    task.request.workspace = m_path.toStdString();
    bool done = false;
    std::string failure;
    QObject::connect(&m_window->workspace().events(), &EventBridge::taskFinished, m_window.get(), [&](const TaskFinished&) { done = true; });
    QObject::connect(&m_window->workspace().events(), &EventBridge::taskFailed, m_window.get(), [&](const TaskFailed& e) { failure = e.error.message; });
    m_window->workspace().session()->startTask(task);
    ASSERT_TRUE(waitFor([&] { return done || !failure.empty(); }, kLong));
    EXPECT_EQ(failure, "");
    EXPECT_TRUE(fs::exists(fs::path(m_folder.path().toStdString()) / "exported" / "config.json"));

    // Quit and come back: the run is there, and so is the page.
    m_window->showPage(1);
    ASSERT_TRUE(m_window->close());
    m_window.reset();
    open();
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() == recorded + 1; }));
    EXPECT_EQ(m_window->currentIndex(), 1);
    m_window->runs().selectRun(run);
    ASSERT_TRUE(waitFor([&] { return m_window->settled() && !recover().perplexity().plot().series().empty(); }));
    m_window.reset();

    // The program itself, on the same display, with the same workspace.
    QProcess program;
    program.start(SKD_WORKBENCH, {"--workspace", m_path, "--read-only", "--screenshots", m_folder.filePath("pictures")});
    ASSERT_TRUE(program.waitForFinished(kLong));
    EXPECT_EQ(program.exitCode(), 0) << program.readAllStandardError().toStdString();
    EXPECT_GE(QDir(m_folder.filePath("pictures")).entryList({"*.png"}).size(), 4);
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
