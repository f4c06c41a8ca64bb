#pragma once

#include <QMainWindow>
#include <QTimer>
#include <QUndoGroup>
#include <functional>
#include <memory>

#include "pages/page.h"
#include "theme.h"

class QDockWidget;
class QLabel;
class QMenu;
class QTabWidget;
class QToolButton;

namespace skd {

class CommandPalette;
class LogDock;
class QueueDock;
class RunsDock;
class TopBar;

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
    [[nodiscard]] LogDock& logDock() { return *m_log; }
    [[nodiscard]] QueueDock& queue() { return *m_queue; }
    [[nodiscard]] CommandPalette& palette() { return *m_palette; }
    void openPalette();
    /// Offers the views of the page for export, the one with the focus first.
    void exportView();
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
    /// The person wants another workspace in place of this one.
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
    void buildStatusBar();
    void buildMenus();
    void buildFileMenu(QMenu* menu);
    void buildEditMenu(QMenu* menu);
    void buildRunMenu(QMenu* menu);
    void buildViewMenu(QMenu* menu);
    void connectParts();
    void watchOtherProcess();
    void addShared(QMenu* menu, QAction* action);
    void chooseFolder();
    void chooseFile();
    void chooseWorkspace();
    void copy();
    void paste();
    void about();
    [[nodiscard]] std::vector<QDockWidget*> docks() const;
    void showCounts();
    void showDevice();
    [[nodiscard]] Page* currentPage() const;
    [[nodiscard]] RunSpec shownSpec() const;
    void handOver(const QString& page, const FieldValues& fields);

    std::unique_ptr<Workspace> m_workspace;
    Theme& m_theme;
    RunMonitor m_monitor;
    RunCurvesCache m_curves;
    RunSelection m_selection;
    TopBar* m_top;
    QTabWidget* m_tabs;
    RunsDock* m_runs;
    LogDock* m_log;
    QueueDock* m_queue;
    CommandPalette* m_palette;
    QMenu* m_menu = nullptr;
    QLabel *m_contextLabel, *m_counts;
    QToolButton* m_warnings;
    std::vector<std::pair<QString, Page*>> m_pages;
    QUndoGroup m_undo;
    QTimer m_saveLater;
    std::function<bool()> m_closeQuestion;
    bool m_closeWhenIdle = false;
    bool m_runsLoaded = false;
    bool m_keepsLayout = false;  ///< false until restoreLayout(): pictures leave no traces
};

}  // namespace skd
