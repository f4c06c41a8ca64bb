#pragma once

#include <QDockWidget>
#include <QUndoStack>

#include "bridge/run_monitor.h"
#include "models/run_filter.h"
#include "models/run_selection.h"
#include "models/runs_model.h"

class QLabel;
class QLineEdit;
class QListView;

namespace skd {

/// The runs of the workspace: filter, select, rename, delete with undo, resume.
class RunsDock : public QDockWidget {
    Q_OBJECT
public:
    RunsDock(Workspace& workspace, RunMonitor& monitor, RunSelection& selection,
             QWidget* parent = nullptr);

    [[nodiscard]] RunsModel& model() { return *m_model; }
    [[nodiscard]] RunsProxy& proxy() { return *m_proxy; }
    [[nodiscard]] QListView& list() { return *m_list; }
    [[nodiscard]] QLineEdit& filterLine() { return *m_filter; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    void selectRun(RunId run);
    /// Soft-deletes the selected runs; undo restores them.
    void deleteSelected();

private:
    void buildLayout();
    void buildNotice(QWidget* parent);
    void connectParts();
    void onLoaded();
    void publishSelection();
    void showMenu(const QPoint& position);
    void copySpec(RunId run);
    [[nodiscard]] std::vector<RunRow> selectedRuns() const;

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    RunSelection& m_selection;
    RunsModel* m_model;
    RunsProxy* m_proxy;
    QLineEdit* m_filter;
    QLabel* m_problem;
    QListView* m_list;
    QWidget* m_notice;
    QLabel* m_noticeText;
    QUndoStack m_undo;
    RunId m_wanted;  ///< to be selected once it is listed
};

/// A title bar in the window's style: small capitals, no frame.
QWidget* makeDockTitle(QDockWidget* dock);

}  // namespace skd
