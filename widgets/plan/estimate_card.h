#pragma once

#include "bridge/run_monitor.h"
#include "controls/card.h"
#include "study/run_estimate.h"

namespace skd {

/// A card that says what a draft would take, by how fast the workspace's last complete runs were.
class EstimateCard : public Card {
    Q_OBJECT
public:
    /// It asks when the draft has not changed for `delay` ms.
    EstimateCard(const QString& title, Workspace& workspace, RunMonitor& monitor, int delay,
                 QWidget* parent);

Q_SIGNALS:
    void said(const QString& message);

protected:
    /// The draft or the speed has changed.
    virtual void refresh();
    virtual void ask() = 0;
    void readSpeed();
    /// Where the figure of an estimate comes from, in a sentence.
    [[nodiscard]] QString basis() const;
    void showEvent(QShowEvent* event) override;

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    SpeedRecord m_speed;
    QTimer m_later;

private:
    static constexpr int kRuns = 8;  ///< newest complete ones
    bool m_known = false;            ///< the speed has been asked for
};

}  // namespace skd
