#pragma once

#include <QTimer>

#include "bridge/run_monitor.h"
#include "controls/card.h"
#include "plan/speed_reader.h"
#include "plan/study_draft.h"

class QPushButton;
class QTableView;

namespace skd {

class PlanModel;
struct QueuedStudy;

/// What a study comes to: its runs in their order, how long they take, and the button that queues
/// them.
class PlanCard : public Card {
    Q_OBJECT
public:
    PlanCard(StudyDraft& draft, Workspace& workspace, RunMonitor& monitor,
             QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const { return !m_later.isActive() && m_asked == m_answered; }
    [[nodiscard]] PlanModel& model() { return *m_model; }
    /// Queues what is not complete; with `hold` it waits until the queue is let go.
    void start(bool hold);

Q_SIGNALS:
    void said(const QString& message);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void buildTable();
    void buildButtons();
    void refresh();
    void ask();
    void showPlan(const QString& problem);
    void sayQueued(const QString& study, const QueuedStudy& queued);

    StudyDraft& m_draft;
    Workspace& m_workspace;
    RunMonitor& m_monitor;
    SpeedReader m_speed;
    QTimer m_later;
    PlanModel* m_model;
    QTableView* m_table;
    QLabel *m_total, *m_detail, *m_basis;
    QPushButton *m_start, *m_queue;
    int m_asked = 0, m_answered = 0;  ///< serial numbers of plans
    bool m_known = false, m_queuing = false;
};

}  // namespace skd
