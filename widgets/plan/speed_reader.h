#pragma once

#include <QObject>

#include "bridge/workspace.h"
#include "study/run_estimate.h"

namespace skd {

/// How fast the workspace's last complete runs were, for estimates of the next ones.
class SpeedReader : public QObject {
    Q_OBJECT
public:
    explicit SpeedReader(Workspace& workspace, QObject* parent = nullptr);
    void refresh();
    [[nodiscard]] const SpeedRecord& record() const { return m_record; }
    /// Where the figure of an estimate comes from, in a sentence.
    [[nodiscard]] QString basis() const;

Q_SIGNALS:
    void changed();

private:
    static constexpr int kRuns = 8;  ///< newest complete ones
    Workspace& m_workspace;
    SpeedRecord m_record;
};

}  // namespace skd
