#pragma once

#include <QUndoStack>

#include "bridge/run_monitor.h"
#include "bridge/run_selection.h"
#include "controls/dock.h"
#include "runs/run_tree.h"

class QLabel;
class QMenu;
class QTreeView;

namespace skd {

class ChoiceButton;
class FilterLine;

/// The runs of the workspace: filter, group, select; rename, tag, colour, note and delete, all with
/// undo; resume.
class RunsDock : public Dock {
    Q_OBJECT
public:
    RunsDock(Workspace& workspace, RunMonitor& monitor, RunSelection& selection,
             QWidget* parent = nullptr);

    [[nodiscard]] RunsModel& model() { return *m_model; }
    [[nodiscard]] RunTree& tree() { return *m_tree; }
    [[nodiscard]] QTreeView& list() { return *m_list; }
    [[nodiscard]] FilterLine& filterLine() { return *m_filter; }
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }
    [[nodiscard]] std::vector<RunRow> selectedRuns() const;
    void selectRun(RunId run);
    void setGrouping(RunGrouping grouping);
    /// Soft-deletes the selected runs; undo restores them.
    void deleteSelected();
    void tagSelected(const QStringList& tags);
    void colorSelected(const QString& color);
    void noteSelected(const QString& notes);

Q_SIGNALS:
    /// The model of this run is to become a folder for another program.
    void exportRequested(skd::RunId run);

private:
    void buildLayout();
    void buildNotice(QWidget* parent);
    void connectParts();
    void connectTree();
    void onLoaded();
    void showEmpty();
    using EditOf = std::function<WorkspaceEdit(const RunRow&)>;
    /// One step that can be undone: an edit of each run, and what takes it back. `text` has a place
    /// for the runs it is about.
    void push(const QString& text, const std::vector<RunRow>& runs, const EditOf& edit,
              const EditOf& inverse);
    void publishSelection();
    void followSelection();
    /// Selects these runs in the list, as far as it has them.
    void selectInList(const std::vector<RunId>& runs);
    /// Runs selected in the list, those of a selected group among them.
    [[nodiscard]] std::vector<RunId> listedRuns() const;
    void showMenu(const QPoint& position);
    void fillMenu(QMenu& menu, const RunRow& run);
    void fillColors(QMenu& menu);
    void askTags();
    void askNotes();
    void copySpec(RunId run);

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    RunSelection& m_selection;
    RunsModel* m_model;
    RunTree* m_tree;
    FilterLine* m_filter;
    ChoiceButton* m_grouping;
    QLabel *m_problem, *m_empty;
    QTreeView* m_list;
    QWidget* m_notice;
    QLabel* m_noticeText;
    QUndoStack m_undo;
    RunId m_wanted;             ///< to be selected once it is listed
    std::vector<RunId> m_kept;  ///< selected before the tree was arranged again
};

}  // namespace skd
