#pragma once

#include <QString>

#include "bridge/workspace.h"

namespace skd {

/// Who is asked to pause and stop instead of the engine.
struct RunSteering {
    std::function<void(bool)> setPaused;
    std::function<void()> stop;
};

/// What the engine is doing right now, for everything that shows or steers it.
class RunMonitor : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Loading, Running, Paused, Stopping };

    explicit RunMonitor(Workspace& workspace, QObject* parent = nullptr);

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] bool running() const {
        return m_state == State::Running || m_state == State::Paused || m_state == State::Stopping;
    }
    [[nodiscard]] bool canRun() const { return !m_workspace.readOnly(); }
    [[nodiscard]] RunId run() const { return m_run; }
    /// The model that previews are measured on; "" while none is open.
    [[nodiscard]] const QString& openModelPath() const { return m_openModel; }
    [[nodiscard]] bool modelOpen() const { return !m_openModel.isEmpty(); }
    /// One line for the top bar: run, stage, step, time left, rate.
    [[nodiscard]] QString line() const;
    [[nodiscard]] double fraction() const;  ///< of the stage; negative while unknown
    [[nodiscard]] double secondsLeft() const { return m_progress ? m_progress->secondsLeft : -1; }
    [[nodiscard]] double perSecond() const { return m_progress ? m_progress->perSecond : 0; }

    void start(const RunSpec& spec);
    void openModel(const RunSpec& spec);
    void setPaused(bool paused);
    void stop();
    /// While a stored run is replayed, pause and stop belong to the replay; empty functions give
    /// them back.
    void steerBy(RunSteering steering) { m_steering = std::move(steering); }

Q_SIGNALS:
    void changed();
    void modelOpened();
    void failed(const QString& message);

private:
    void setState(State state);
    void onFailed(const RunFailed& event);
    Workspace& m_workspace;
    State m_state = State::Idle;
    Stage m_stageKind = Stage::Load;
    RunId m_run;
    QString m_name, m_stage, m_openModel, m_openingModel;
    std::optional<Progress> m_progress;
    RunSteering m_steering;
};

}  // namespace skd
