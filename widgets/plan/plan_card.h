#pragma once

#include "controls/grid_model.h"
#include "plan/estimate_card.h"
#include "plan/study_draft.h"
#include "study/study_queue.h"

class QPushButton;
class QTableView;

namespace skd {

/// A study's plan, worked out: each run, how long it takes, and what the workspace has of it
/// already.
struct PlanView {
    StudySpec study;
    StudyPlan plan;
    std::vector<double> seconds;
    std::vector<RunStatus> status;  ///< of the recorded run, where there is one
    std::vector<bool> recorded;
    std::vector<RunDetails> known;
    /// Seconds of the runs that are not complete.
    [[nodiscard]] double secondsLeft() const;
    [[nodiscard]] std::size_t complete() const;
};
/// Slow for large studies: asks planStudy and hashes specs.
Result<PlanView> viewPlan(const RunStore& store, const StudySpec& study, const RunPaths& paths,
                          const SpeedRecord& speed);

class PlanModel : public GridModel {
    Q_OBJECT
public:
    enum Column { Run, Seed, StartsFrom, Time, State, Columns };
    explicit PlanModel(QObject* parent = nullptr);
    void set(PlanView view);
    [[nodiscard]] const PlanView& view() const { return m_view; }
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    PlanView m_view;
};

/// What a study comes to: its runs in their order, how long they take, and the button that queues
/// them.
class PlanCard : public EstimateCard {
    Q_OBJECT
public:
    PlanCard(StudyDraft& draft, Workspace& workspace, RunMonitor& monitor,
             QWidget* parent = nullptr);
    [[nodiscard]] bool settled() const { return !m_later.isActive() && m_asked == m_answered; }
    [[nodiscard]] PlanModel& model() { return *m_model; }
    /// Queues what is not complete; with `hold` it waits until the queue is let go.
    void start(bool hold);

private:
    void buildTable();
    void buildButtons();
    void ask() override;
    void showPlan(const QString& problem);
    void sayQueued(const QString& study, const QueuedStudy& queued);

    StudyDraft& m_draft;
    PlanModel* m_model;
    QTableView* m_table;
    QLabel *m_total, *m_detail, *m_basis;
    QPushButton *m_start, *m_queue;
    int m_asked = 0, m_answered = 0;  ///< serial numbers of plans
    bool m_queuing = false;
};

}  // namespace skd
