#pragma once

#include "bridge/run_monitor.h"

namespace skd {

/// One task of a page at a time, from the request to its answer, and what there is to say
/// meanwhile.
class TaskRunner : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Waiting, Running, Cancelling };

    TaskRunner(Workspace& workspace, RunMonitor& monitor, QObject* parent = nullptr);
    ~TaskRunner() override;  ///< a task that is running is cancelled

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] bool busy() const { return m_state != State::Idle; }
    /// "waits for run 12", "3 / 15 rounds · 12 s left"; "" while idle.
    [[nodiscard]] QString line() const;
    [[nodiscard]] double share() const { return m_progress.share; }  ///< negative while unknown

    /// Does nothing while busy or where the workspace is read-only.
    void start(TaskRequest task);
    void cancel();

Q_SIGNALS:
    void changed();
    void finished(const skd::TaskFinished& event);
    void failed(const QString& message);

private:
    void setState(State state);
    [[nodiscard]] QString waitingFor() const;

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    State m_state = State::Idle;
    std::uint64_t m_serial = 0, m_otherSerial = 0;
    QString m_other;  ///< title of another task that has the engine
    TaskProgress m_progress;
};

}  // namespace skd
