#pragma once

#include "plan/estimate_card.h"
#include "store/run_forecast.h"

class QPushButton;

namespace skd {

class Fact;
class FactList;
class SpecDraft;

/// What a draft would take, whether it can be run, and the buttons that start it.
class StartCard : public EstimateCard {
    Q_OBJECT
public:
    StartCard(SpecDraft& draft, Workspace& workspace, RunMonitor& monitor,
              QWidget* parent = nullptr);
    /// The newest estimate is on screen.
    [[nodiscard]] bool settled() const { return !m_estimates.busy() && !m_later.isActive(); }

Q_SIGNALS:
    /// The user wants to see the field that is wrong.
    void fieldWanted(const std::string& path);
    void studyWanted();

protected:
    void showEvent(QShowEvent* event) override;

private:
    static constexpr std::size_t kPastRuns = 60;  ///< newest complete ones that are looked at
    enum class QueuePlace { StartNow, WaitInQueue };
    void start(QueuePlace place);
    Result<QString> queue(const RunSpec& spec, QueuePlace place);
    void buildFacts();
    void buildButtons();
    void refresh() override;
    void ask() override;
    void showEstimate(const RunEstimate& estimate);
    void showProblem();
    void readRecoveries();
    void showForecast(const RunSpec& spec);

    SpecDraft& m_draft;
    LatestAnswer m_estimates;
    std::vector<PastRecovery> m_past;  ///< of this workspace's runs
    QLabel *m_name, *m_verdict, *m_stages, *m_forecast, *m_notes, *m_basis, *m_readOnly;
    FactList* m_facts;
    Fact *m_factTime, *m_factMemory, *m_factFreeMemory, *m_factDisk, *m_factKept, *m_factFreeDisk,
        *m_factModel;
    QPushButton *m_show, *m_start, *m_queue, *m_study;
};

}  // namespace skd
