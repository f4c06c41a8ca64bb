#pragma once

#include "bridge/run_monitor.h"
#include "recover/perplexity_card.h"

class QListWidget;
class QPushButton;

namespace skd {

class Fact;
class FactList;

/// The recovery in figures, and the checkpoints.
class RecoveryCard : public Card {
    Q_OBJECT
public:
    explicit RecoveryCard(RunMonitor& monitor, QWidget* parent = nullptr);
    void show(const ShownRun& run);
    /// There is no run to show.
    void clear();

Q_SIGNALS:
    void resumeRequested(skd::RunId run);
    /// A new run is to continue from a checkpoint.
    void continueRequested(skd::RunId run, std::int64_t step);

private:
    void buildFigures();
    void buildCheckpoints();
    void showFigures(const ShownRun& run);
    void showFacts(const ShownRun& run);
    void showReason(const QString& text);
    void showRounds(const RunCurves& curves);
    void fillCheckpoints(const RunCurves& curves);
    void showButtons();
    void continueFromChosen();
    [[nodiscard]] std::int64_t chosenStep() const;
    RunMonitor& m_monitor;
    RunId m_run;
    QLabel *m_caption, *m_now, *m_nowDetail, *m_undone, *m_checkpointTitle, *m_reason;
    FactList* m_facts;
    Fact *m_factStatus, *m_factRound, *m_factGate, *m_factStep, *m_factRate, *m_factLoss,
        *m_factGradient, *m_factBest, *m_factStops, *m_factLeft, *m_factWhole;
    QListWidget* m_checkpoints;
    QPushButton *m_continue, *m_resume;
    bool m_resumable = false;
};

}  // namespace skd
