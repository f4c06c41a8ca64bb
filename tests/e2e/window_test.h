// A real window with the real engine and a tiny model, on a display server.
#pragma once

#include <gtest/gtest.h>

#include <QGuiApplication>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "carve/carve_page.h"
#include "recover/recover_page.h"
#include "runs/runs_dock.h"
#include "style/theme.h"
#include "window/main_window.h"
#include "window/notice_bar.h"
#include "window/startup.h"

namespace skd::test {

namespace fs = std::filesystem;

inline constexpr int kLong = 120'000;  ///< ms; the machine may be busy with other tests

/// What this program does as the child of a test: a window with a run, until it is killed.
int runUntilKilled();

class WindowTest : public testing::Test {
protected:
    void SetUp() override {
        QSettings().clear();
        qputenv("XDG_DATA_HOME", m_folder.filePath("data").toUtf8());
        qputenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources");
        qputenv("OMP_NUM_THREADS", "1");
        m_model = m_folder.filePath("tiny").toStdString();
        fs::copy(SKD_FIXTURES "/models/workbench", m_model, fs::copy_options::recursive);
        // Rotary positions have no weights: the usual windows of 512 tokens fit once the config
        // allows them.
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
        return QTest::qWaitFor([&] { return ready() || !m_window->notices().text().isEmpty(); },
                               patience) &&
               ready();
    }
    [[nodiscard]] std::string notice() { return m_window->notices().text().toStdString(); }
    [[nodiscard]] CarvePage& carve() {
        return *qobject_cast<CarvePage*>(m_window->pages()[0].second);
    }
    [[nodiscard]] RecoverPage& recover() {
        return *qobject_cast<RecoverPage*>(m_window->pages()[1].second);
    }
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

}  // namespace skd::test
