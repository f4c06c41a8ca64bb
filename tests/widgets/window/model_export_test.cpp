// Export model…: what is asked of the engine, what is said meanwhile and in the end.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QTextBrowser>

#include "base/hash.h"
#include "runs/runs_dock.h"
#include "store/run_writer.h"
#include "widgets/support/gui_fixture.h"
#include "window/model_export_dialog.h"

namespace skd::test {
namespace {

class ModelExportTest : public GuiTest {
protected:
    void SetUp() override {
        QSettings().clear();
        GuiTest::SetUp();
        m_window.reset();
        writeElasticRun();
        openWindow();
        ASSERT_TRUE(waitFor([&] {
            return m_window->runs().model().indexOf(m_elastic) >= 0 && m_window->settled();
        }));
    }
    void writeElasticRun() {
        auto writer = RunWriter::open(m_file);
        ASSERT_TRUE(writer) << writer.error().message;
        RunSpec spec;
        spec.name = "elastic";
        const Json json = toJson(spec);
        const auto run = (*writer)->createRun(spec.name, json, sha256Hex(dumpJson(json)));
        ASSERT_TRUE(run) << run.error().message;
        RunSummary summary;
        summary.elastic.emplace();
        summary.elastic->largest = 0.15;
        summary.elastic->smallest = 0.65;
        summary.elastic->selection = 0.35;
        ASSERT_TRUE((*writer)->markStatus(*run, RunStatus::Completed, "done", summary));
        m_elastic = *run;
    }
    /// The dialog over a run, as its menu opens it.
    ModelExportDialog& open(RunId run) {
        Q_EMIT m_window->runs().exportRequested(run);
        auto* dialog = m_window->findChild<ModelExportDialog*>();
        if (dialog == nullptr) throw std::runtime_error("there is no dialog");
        return *dialog;
    }
    void choose(const char* list, const QString& text) {
        auto& box = find<QComboBox>(list);
        box.setCurrentIndex(box.findText(text, Qt::MatchStartsWith));
    }
    void click(const char* button) {
        QTest::mouseClick(&find<QPushButton>(button), Qt::LeftButton);
    }
    QString line() { return find<QLabel>("exportModel.line").text(); }
    ExportRequest asked(std::size_t number) {
        return std::get<ExportTask>(m_session->tasks.at(number)).request;
    }

    RunId m_elastic;
};

TEST_F(ModelExportTest, AsksForAProgramOrAFormat) {
    open(RunId(1));
    const QString there = m_folder.filePath("there");
    auto& folder = find<QLineEdit>("exportModel.folder");
    EXPECT_TRUE(folder.text().endsWith("run1-vllm")) << folder.text().toStdString();
    EXPECT_FALSE(find<QDoubleSpinBox>("exportModel.size").isVisible());
    auto& types = find<QComboBox>("exportModel.type");
    EXPECT_EQ(types.currentText(), "bf16");
    EXPECT_EQ(types.findText("q8_0"), -1) << "only GGUF files quantise";
    choose("exportModel.for", "llama.cpp");
    EXPECT_GE(types.findText("q8_0"), 0);
    EXPECT_TRUE(folder.text().endsWith("run1-llama.cpp")) << "follows until it is typed";
    choose("exportModel.type", "q8_0");
    folder.setText(there);
    click("exportModel.go");
    ASSERT_EQ(m_session->tasks.size(), 1u);
    EXPECT_EQ(asked(0).target, ExportTarget::LlamaCpp);
    EXPECT_EQ(asked(0).type, ExportType::Q8_0);
    EXPECT_EQ(asked(0).model.path, "run:1");
    EXPECT_EQ(asked(0).out, there.toStdString());
    EXPECT_EQ(asked(0).workspace, m_file);
    EXPECT_FALSE(asked(0).replace);
    EXPECT_TRUE(asked(0).check);
    m_session->say(TaskFinished{1, Json(), {}, true});
    ASSERT_TRUE(waitFor([&] { return line().startsWith("Stopped"); }));
    QDir().mkpath(there);
    choose("exportModel.for", "format hf-dense");
    EXPECT_EQ(types.currentText(), "bf16") << "the type before is none of this format's";
    folder.setText(there);
    EXPECT_TRUE(find<QCheckBox>("exportModel.replace").isEnabled());
    find<QCheckBox>("exportModel.replace").setChecked(true);
    click("exportModel.go");
    ASSERT_EQ(m_session->tasks.size(), 2u);
    EXPECT_FALSE(asked(1).target);
    EXPECT_EQ(asked(1).format, ExportFormat::HfDense);
    EXPECT_TRUE(asked(1).replace);
}

TEST_F(ModelExportTest, OfAnElasticRunASizeIsChosen) {
    open(m_elastic);
    auto& size = find<QDoubleSpinBox>("exportModel.size");
    ASSERT_TRUE(waitFor([&] { return size.isVisible(); }));
    EXPECT_EQ(size.minimum(), 15);
    EXPECT_EQ(size.maximum(), 65);
    EXPECT_EQ(size.value(), 35) << "the size that stands for the run";
    size.setValue(42);
    const std::string run = std::to_string(m_elastic.value());
    EXPECT_TRUE(find<QLineEdit>("exportModel.folder")
                    .text()
                    .endsWith(QString::fromStdString("run" + run + "-42pc-vllm")));
    click("exportModel.go");
    EXPECT_EQ(asked(0).model.path, "run:" + run + "@42%");
}

TEST_F(ModelExportTest, ProgressThenTheCardWithCommandsToCopy) {
    ModelExportDialog& dialog = open(RunId(1));
    EXPECT_EQ(&open(RunId(2)), &dialog) << "one at a time";
    find<QLineEdit>("exportModel.folder").setText(m_folder.filePath("out"));
    click("exportModel.go");
    EXPECT_FALSE(find<QPushButton>("exportModel.go").isEnabled());
    m_session->say(TaskStarted{1, "export run:1"});
    m_session->say(TaskProgress{1, "30 / 120 tensors", 0.25, 3});
    ASSERT_TRUE(waitFor([&] { return line().startsWith("30 / 120 tensors"); }));
    EXPECT_EQ(find<QProgressBar>("exportModel.progress").value(), 250);
    QDir().mkpath(m_folder.filePath("out"));
    QFile card(m_folder.filePath("out/README.md"));
    ASSERT_TRUE(card.open(QIODevice::WriteOnly));
    card.write("---\ntags:\n- pruned\n---\n\n# a model\n\nMade by hand.\n");
    card.close();
    m_session->say(TaskFinished{
        1,
        Json{{"out", m_folder.filePath("out").toStdString()},
             {"format", "hf"},
             {"dtype", "bf16"},
             {"parameters", 1'500'000},
             {"weight_bytes", 3'000'000},
             {"gain", "Cut layers are kept as they are."},
             {"load_check", {{"tokens", 16}, {"equal", 15}}},
             {"commands", Json::array({{{"program", "vLLM"}, {"command", "vllm serve /x"}}})}},
        {},
        false});
    ASSERT_TRUE(waitFor([&] { return line().startsWith("Written: "); }));
    const QString facts = find<QLabel>("exportModel.facts").text();
    for (const char* part : {"1.50", "3.0", "15 of 16 greedy tokens", "Cut layers are kept"})
        EXPECT_TRUE(facts.contains(QLatin1String(part)))
            << part << " is not in " << facts.toStdString();
    const QString text = find<QTextBrowser>("exportModel.card").toPlainText();
    EXPECT_TRUE(text.contains("Made by hand.")) << text.toStdString();
    EXPECT_FALSE(text.contains("tags:"));
    click("exportModel.copy");
    EXPECT_EQ(QApplication::clipboard()->text(), "vllm serve /x");
}

TEST_F(ModelExportTest, WhatFailsIsSaidAndClosingStops) {
    ModelExportDialog& dialog = open(RunId(1));
    find<QLineEdit>("exportModel.folder").setText(m_folder.filePath("out"));
    click("exportModel.go");
    m_session->say(TaskFailed{1, {ErrorCode::NotFound, "run 1: its model is gone"}});
    ASSERT_TRUE(waitFor([&] { return line() == "run 1: its model is gone"; }));
    EXPECT_TRUE(find<QPushButton>("exportModel.go").isEnabled());
    click("exportModel.go");
    dialog.close();
    ASSERT_TRUE(waitFor([&] { return m_window->findChild<ModelExportDialog*>() == nullptr; }));
    EXPECT_EQ(m_session->calls.back(), "cancel task 2");
}

}  // namespace
}  // namespace skd::test
