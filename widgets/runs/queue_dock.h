#pragma once

#include "bridge/run_monitor.h"
#include "controls/dock.h"
#include "runs/queue_model.h"

class QLabel;
class QListView;
class QProgressBar;
class QPushButton;

namespace skd {

/// What runs now and what waits: order, hold, take out.
class QueueDock : public Dock {
    Q_OBJECT
public:
    QueueDock(Workspace& workspace, RunMonitor& monitor, QWidget* parent = nullptr);
    [[nodiscard]] QueueModel& model() { return *m_model; }
    [[nodiscard]] QListView& list() { return *m_list; }
    /// Moves the selected run `by` places.
    void moveSelected(int by);
    void removeSelected();

private:
    void showState();
    [[nodiscard]] RunId selected() const;

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    QueueModel* m_model;
    QLabel *m_now, *m_hint;
    QProgressBar* m_progress;
    QListView* m_list;
    QPushButton *m_hold, *m_up, *m_down, *m_remove;
};

}  // namespace skd
