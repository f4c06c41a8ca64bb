#pragma once

#include <QMainWindow>
#include <QUndoGroup>

#include "bridge/health_watch.h"
#include "bridge/replay.h"
#include "controls/page.h"
#include "style/theme.h"
#include "window/run_attention.h"

class QDockWidget;
class QTabWidget;

namespace skd {

class HelpDock;
class LogDock;
class NoticeBar;
class Presenter;
class QueueDock;
class RunsDock;
class TopBar;
class WindowLayout;
class WindowStatus;

/// The window of one workspace: top bar, docks, pages, status bar.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    MainWindow(std::unique_ptr<Workspace> workspace, Theme& theme, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Workspace& workspace() { return *m_workspace; }
    [[nodiscard]] RunMonitor& monitor() { return m_monitor; }
    [[nodiscard]] RunSelection& selection() { return m_selection; }
    [[nodiscard]] const std::vector<std::pair<QString, Page*>>& pages() const { return m_pages; }
    [[nodiscard]] RunsDock& runs() { return *m_runs; }
    [[nodiscard]] Presenter& presenter() { return *m_presenter; }
    [[nodiscard]] Replay& replay() { return m_replay; }
    [[nodiscard]] RunAttention& attention() { return m_attention; }
    [[nodiscard]] NoticeBar& notices() { return *m_notices; }
    [[nodiscard]] std::vector<QDockWidget*> docks() const;
    [[nodiscard]] int currentIndex() const;
    /// The page in front; null where there is none.
    [[nodiscard]] Page* currentPage() const;
    [[nodiscard]] QString pageTitle(int index) const;
    /// Ctrl+C and Ctrl+V: of the log where it has the focus, else of the page in front.
    void copy();
    void paste();
    /// F1: the tour at the section of the page in front; closes it again.
    void toggleHelp();
    void openSettings();
    void applyPreferences(const Preferences& preferences);
    /// Top bar, tabs and status bar: a presented window has none.
    void setFrameVisible(bool visible);
    void showPage(int index);
    /// Place of the page with this id; -1 where there is none.
    [[nodiscard]] int pageIndex(const QString& id) const;
    /// A sentence that stays in the status bar until the next one.
    void showMessage(const QString& text);

    /// Geometry, docks, page and theme from the last time; a layout that once crashed the start is
    /// left out.
    void restoreLayout();
    void saveLayout();
    void restoreDefaultLayout();
    /// Starts a run from what the pages show.
    void startRun();
    void openModel(const QString& path);
    /// Who is asked before a run is stopped by closing; true = stop and close.
    void setCloseQuestion(std::function<bool()> question) { m_closeQuestion = std::move(question); }
    /// Everything asked from the workspace is on the screen.
    [[nodiscard]] bool settled() const;

Q_SIGNALS:
    /// The user wants another workspace instead of this one.
    void workspaceRequested(const QString& path);

protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void moveEvent(QMoveEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    void buildDocks();
    void buildPages();
    void buildTop();
    void buildExtras();
    void connectParts();
    void watchOtherProcess();
    void orderFocus();
    void showDevice();
    [[nodiscard]] RunSpec shownSpec() const;
    void handOver(const QString& page, const FieldValues& fields);

    std::unique_ptr<Workspace> m_workspace;
    Theme& m_theme;
    RunMonitor m_monitor;
    RunCurvesCache m_curves;
    RunSelection m_selection;
    Desktop m_desktop;
    RunAttention m_attention;
    Replay m_replay;
    HealthWatch m_health;
    QWidget* m_head;  ///< top bar and notices
    TopBar* m_top;
    NoticeBar* m_notices;
    QTabWidget* m_tabs;
    RunsDock* m_runs;
    LogDock* m_log;
    QueueDock* m_queue;
    HelpDock* m_help;
    Presenter* m_presenter = nullptr;
    WindowLayout* m_layout = nullptr;
    WindowStatus* m_status;
    std::vector<std::pair<QString, Page*>> m_pages;
    std::map<const Page*, QString> m_contexts;  ///< what each page said last
    QUndoGroup m_undo;
    std::function<bool()> m_closeQuestion;
    bool m_closeWhenIdle = false;
    bool m_runsLoaded = false;
};

}  // namespace skd
