#include "window/startup.h"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include "store/run_store.h"
#include "store/run_writer.h"
#include "widgets/support/synthetic_workspace.h"

namespace skd {
namespace {

class StartupTest : public testing::Test {
protected:
    void SetUp() override {
        qputenv("XDG_DATA_HOME", m_folder.filePath("data").toUtf8());
        qputenv("SPARSEKD_RESOURCES", m_folder.filePath("resources").toUtf8());
        QDir().mkpath(m_folder.filePath("resources/corpus"));
        QDir().mkpath(m_folder.filePath("resources/demo"));
    }
    void TearDown() override {
        qunsetenv("XDG_DATA_HOME");
        qunsetenv("SPARSEKD_RESOURCES");
    }
    QTemporaryDir m_folder;
};

TEST_F(StartupTest, TheFirstStartCopiesTheRecordedWorkspace) {
    ASSERT_TRUE(test::writeSyntheticWorkspace(
        m_folder.filePath("resources/demo/workspace.sqlite").toStdString(), 2));
    const Result<QString> path = defaultWorkspace();
    ASSERT_TRUE(path) << path.error().message;
    const auto store = RunStore::open(path->toStdString());
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->runs()->size(), 7u);
}

TEST_F(StartupTest, LaterStartsKeepThePersonsOwn) {
    ASSERT_TRUE(test::writeSyntheticWorkspace(
        m_folder.filePath("resources/demo/workspace.sqlite").toStdString(), 2));
    const QString path = *defaultWorkspace();
    QFile::remove(path);
    QFile own(path);
    ASSERT_TRUE(own.open(QIODevice::WriteOnly));
    own.write("mine");
    own.close();
    EXPECT_EQ(*defaultWorkspace(), path);
    EXPECT_EQ(QFileInfo(path).size(), 4);
}

TEST_F(StartupTest, WithoutARecordedWorkspaceAnEmptyOneIsMade) {
    const Result<QString> path = defaultWorkspace();
    ASSERT_TRUE(path);
    EXPECT_FALSE(QFileInfo::exists(*path));
}

TEST_F(StartupTest, AWorkspaceThatIsInUseOpensReadOnlyAndSaysWhy) {
    const QString path = m_folder.filePath("w.sqlite");
    const auto owner = RunWriter::open(path.toStdString());
    ASSERT_TRUE(owner) << owner.error().message;
    const Result<OpenedWorkspace> opened = openWorkspace(path, false);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_TRUE(opened->workspace->readOnly());
    EXPECT_TRUE(opened->remark.startsWith("Read-only: ")) << opened->remark.toStdString();
}

TEST_F(StartupTest, ReadOnlyNeedsAFile) {
    const Result<OpenedWorkspace> opened = openWorkspace(m_folder.filePath("none.sqlite"), true);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
}

TEST(ThemeChoice, NamesComeBack) {
    for (ThemeChoice choice : {ThemeChoice::System, ThemeChoice::Light, ThemeChoice::Dark})
        EXPECT_EQ(themeChoiceFrom(QLatin1String(themeChoiceName(choice))), choice);
}

}  // namespace
}  // namespace skd
