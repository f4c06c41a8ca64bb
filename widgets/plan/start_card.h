#pragma once

#include <QTimer>

#include "bridge/background.h"
#include "bridge/run_monitor.h"
#include "controls/card.h"
#include "plan/queue_run.h"
#include "plan/speed_reader.h"

class QPushButton;

namespace skd {

class Fact;
class FactList;
class SpecDraft;

/// What a draft would take, whether it can be run, and the buttons that start it.
class StartCard : public Card {
    Q_OBJECT
public:
    StartCard(SpecDraft& draft, Workspace& workspace, RunMonitor& monitor,
              QWidget* parent = nullptr);
    /// The newest estimate is on screen.
    [[nodiscard]] bool settled() const { return !m_estimates.busy() && !m_later.isActive(); }
    /// Starts the draft, as the button does.
    void start(QueuePlace place);

Q_SIGNALS:
    void said(const QString& message);
    /// The user wants to see the field that is wrong.
    void fieldWanted(const std::string& path);
    void studyWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void buildFacts();
    void buildButtons();
    void refresh();
    void ask();
    void showEstimate(const RunEstimate& estimate);
    void showProblem();

    SpecDraft& m_draft;
    Workspace& m_workspace;
    RunMonitor& m_monitor;
    SpeedReader m_speed;
    LatestAnswer m_estimates;
    QTimer m_later;
    QLabel *m_name, *m_verdict, *m_stages, *m_notes, *m_basis, *m_readOnly;
    FactList* m_facts;
    Fact *m_factTime, *m_factMemory, *m_factFreeMemory, *m_factDisk, *m_factKept, *m_factFreeDisk,
        *m_factModel;
    QPushButton *m_show, *m_start, *m_queue, *m_study;
    bool m_known = false;  ///< the speed of the workspace's runs has been asked for
};

}  // namespace skd
