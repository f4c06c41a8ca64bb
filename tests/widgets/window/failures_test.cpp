// What people read when files are full, read-only or gone; and that nothing is lost by it.
#include <sys/resource.h>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <csignal>

#include "runs/runs_dock.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"
#include "window/notice_bar.h"
#include "window/startup.h"

namespace skd::test {
namespace {

class FailuresTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().clear();
        GuiTest::SetUp();
    }
    [[nodiscard]] QString notice() { return m_window->notices().text(); }
    [[nodiscard]] QString file() const { return QString::fromStdString(m_file.string()); }
};

TEST_F(FailuresTest, WhatARunFailedOfStaysOnTheScreenUntilTheNextOne) {
    m_session->say(RunStarted{RunId(9), "r", Json::object(), false});
    m_session->say(RunFailed{
        RunId(9),
        {ErrorCode::NoSpace, "w.sqlite: the disk is full; free some space and resume run 9"}});
    ASSERT_TRUE(waitFor([&] { return m_window->notices().isVisible(); }));
    EXPECT_TRUE(notice().contains("the disk is full"));
    EXPECT_FALSE(m_window->monitor().running());
    m_session->say(RunStarted{RunId(9), "r", Json::object(), true});
    EXPECT_TRUE(waitFor([&] { return !m_window->notices().isVisible(); }));
}

TEST_F(FailuresTest, AWorkspaceThatIsGoneIsSaidAndWhatIsShownStays) {
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() == 7; }));
    m_window->findChild<HealthWatch*>()->look();
    QTest::qWait(50);
    EXPECT_FALSE(m_window->notices().isVisible());
    const QString away = file() + ".away";
    ASSERT_TRUE(QFile::rename(file(), away));
    m_window->findChild<HealthWatch*>()->look();
    ASSERT_TRUE(waitFor([&] { return notice().contains("no longer there"); }));
    EXPECT_TRUE(notice().contains(file()));
    EXPECT_EQ(m_window->runs().model().rowCount(), 7);
    m_window->showPage(1);
    EXPECT_TRUE(waitFor([&] { return m_window->settled(); }));  // the open file is still read
    ASSERT_TRUE(QFile::rename(away, file()));
    m_window->findChild<HealthWatch*>()->look();
    EXPECT_TRUE(waitFor([&] { return !m_window->notices().isVisible(); }));
}

TEST_F(FailuresTest, AModelFolderThatIsDeletedWhileLoadedIsSaid) {
    const QString folder = m_folder.filePath("model");
    ASSERT_TRUE(QDir().mkpath(folder));
    m_window->openModel(folder);
    openModel();
    QTest::qWait(50);
    EXPECT_FALSE(m_window->notices().isVisible());
    ASSERT_TRUE(QDir(folder).removeRecursively());
    m_window->findChild<HealthWatch*>()->look();
    ASSERT_TRUE(waitFor([&] { return notice().contains(folder); })) << notice().toStdString();
    EXPECT_TRUE(m_window->monitor().modelOpen());
    carve().state().solve(RankPreset::Uniform, 0.4);  // carving goes on
    EXPECT_GT(carve().state().price().mlpRemoved, 0.2);
    ASSERT_TRUE(QDir().mkpath(folder));
    m_window->findChild<HealthWatch*>()->look();
    EXPECT_TRUE(waitFor([&] { return !m_window->notices().isVisible(); }));
}

TEST_F(FailuresTest, LittleRoomOnTheDiskIsSaidBeforeItIsFull) {
    m_window->findChild<HealthWatch*>()->setLowDisk(~0ull);
    m_window->findChild<HealthWatch*>()->look();
    EXPECT_TRUE(waitFor([&] { return notice().contains("free on the disk"); }));
    m_window->findChild<HealthWatch*>()->setLowDisk(1);
    m_window->findChild<HealthWatch*>()->look();
    EXPECT_TRUE(waitFor([&] { return !m_window->notices().isVisible(); }));
}

TEST_F(FailuresTest, AFolderThatCannotBeWrittenToIsShownReadOnlyWithTheReason) {
    m_window.reset();
    QFile::remove(file() + ".lock");
    ASSERT_TRUE(QDir().mkpath(
        file() + ".lock"));  // no lock can be taken: as in a read-only folder, for root too
    const auto opened = openWorkspace(file(), false);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(opened->workspace->readOnly());
    EXPECT_TRUE(opened->remark.startsWith("Read-only: ")) << opened->remark.toStdString();
    EXPECT_TRUE(opened->remark.contains(".lock"));
    const auto store = RunStore::open(m_file);
    ASSERT_TRUE(store);
    EXPECT_EQ((*store)->runs()->size(), 7u);
    const auto none = openWorkspace(m_folder.filePath("missing/new.sqlite"), true);
    EXPECT_FALSE(none);
}

TEST_F(FailuresTest, AFolderThatIsNoWorkspaceIsRefusedNotShownEmpty) {
    m_window.reset();
    const QString other = m_folder.filePath("other.sqlite");
    QFile text(other);
    ASSERT_TRUE(text.open(QIODevice::WriteOnly));
    text.write("not a database at all, but long enough to be looked at as one by SQLite");
    text.close();
    EXPECT_FALSE(openWorkspace(other, false));
}

/// The kernel refuses to let any file grow: what a full disk does to SQLite, without one.
TEST_F(FailuresTest, AFullDiskWhileWritingIsAnErrorAndEverythingEarlierIsThere) {
    m_window.reset();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    Result<std::int64_t> status = 0;
    {
        auto writer = RunWriter::open(m_file);
        ASSERT_TRUE(writer) << writer.error().message;
        const rlimit tight{QFileInfo(file()).size() > 4096 ? 4096ul : 512ul, before.rlim_max};
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
        status = (*writer)->apply(SetNotes{RunId(1), std::string(200'000, 'x')});
        ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    }
    EXPECT_FALSE(status);
    if (!status) {
        EXPECT_TRUE(status.error().message.find("workspace.sqlite") != std::string::npos)
            << status.error().message;
    }
    openWindow();
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().rowCount() == 7; }));
    EXPECT_EQ(m_window->runs().model().row(m_window->runs().model().indexOf(RunId(1))).notes, "");
}

TEST_F(FailuresTest, ADamagedLayoutBecomesTheDefaultOne) {
    QSettings settings;
    settings.setValue("layout/geometry", QByteArray("nonsense"));
    settings.setValue("layout/state", QByteArray(2000, '\x7f'));
    settings.setValue("layout/page", "no such page");
    openWindow();
    m_window->restoreLayout();
    EXPECT_TRUE(m_window->runs().isVisible());
    EXPECT_EQ(m_window->currentIndex(), 0);
    EXPECT_TRUE(settings.value("layout/opening").toBool());
    m_window->saveLayout();
    EXPECT_FALSE(settings.value("layout/opening").toBool());
}

}  // namespace
}  // namespace skd::test
