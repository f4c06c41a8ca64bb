#pragma once

#include <gtest/gtest.h>

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

#include "carve/carve_page.h"
#include "recover/recover_page.h"
#include "widgets/support/scripted_session.h"
#include "widgets/support/synthetic_workspace.h"
#include "window/main_window.h"

namespace skd::test {

/// Runs the event loop until `ready` holds; false after `patience` ms.
template <class Predicate>
bool waitFor(Predicate ready, int patience = 5000) {
    return QTest::qWaitFor(ready, patience);
}

/// A window on a synthetic workspace with a scripted engine.
class GuiTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(m_folder.isValid());
        m_file = m_folder.filePath("workspace.sqlite").toStdString();
        const Status written = writeSyntheticWorkspace(m_file, layers());
        ASSERT_TRUE(written) << written.error().message;
        m_theme = std::make_unique<Theme>(*qApp);
        m_theme->apply(ThemeChoice::Dark);
        openWindow();
    }
    void TearDown() override { m_window.reset(); }

    [[nodiscard]] virtual int layers() const { return 30; }

    void openWindow(bool readOnly = false) {
        m_window.reset();
        std::unique_ptr<ScriptedSession> session;
        if (!readOnly) session = std::make_unique<ScriptedSession>();
        m_session = session.get();
        m_window = std::make_unique<MainWindow>(
            std::make_unique<Workspace>(m_file, std::move(session)), *m_theme);
        m_window->resize(1440, 900);
        m_window->show();
        ASSERT_TRUE(waitFor([&] { return m_window->settled() && carve().state().hasAnalysis(); }));
    }

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
    /// The engine has opened the model that the page shows.
    void openModel() {
        m_session->say(AnalysisReady{RunId{}, carve().state().plan().shared()});
        ASSERT_TRUE(waitFor([&] { return m_window->monitor().modelOpen(); }));
    }

    QTemporaryDir m_folder;
    std::filesystem::path m_file;
    std::unique_ptr<Theme> m_theme;
    ScriptedSession* m_session = nullptr;
    std::unique_ptr<MainWindow> m_window;
};

}  // namespace skd::test
