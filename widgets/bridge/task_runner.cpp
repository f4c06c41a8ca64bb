#include "bridge/task_runner.h"

#include "style/format.h"

namespace skd {

TaskRunner::TaskRunner(Workspace& workspace, RunMonitor& monitor, QObject* parent)
    : QObject(parent), m_workspace(workspace), m_monitor(monitor) {
    EventBridge& events = workspace.events();
    connect(&m_monitor, &RunMonitor::changed, this, [this] {
        if (m_state == State::Waiting) Q_EMIT changed();
    });
    events.on<TaskStarted>(this, [this](const TaskStarted& e) {
        if (busy() && e.serial == m_serial) {
            if (m_state == State::Waiting) setState(State::Running);
            return;
        }
        m_otherSerial = e.serial;
        m_other = asText(e.title);
        if (m_state == State::Waiting) Q_EMIT changed();
    });
    events.on<TaskProgress>(this, [this](const TaskProgress& e) {
        if (!busy() || e.serial != m_serial) return;
        m_progress = e;
        Q_EMIT changed();
    });
    const auto ended = [this](std::uint64_t serial) {
        if (serial == m_otherSerial) m_other.clear();
        if (!busy() || serial != m_serial) return false;
        setState(State::Idle);
        return true;
    };
    events.on<TaskFinished>(this, [this, ended](const TaskFinished& e) {
        if (ended(e.serial)) Q_EMIT finished(e);
    });
    events.on<TaskFailed>(this, [this, ended](const TaskFailed& e) {
        if (ended(e.serial)) Q_EMIT failed(asText(e.error));
    });
}

TaskRunner::~TaskRunner() {
    if (busy()) m_workspace.session()->cancelTask(m_serial);
}

void TaskRunner::setState(State state) {
    m_state = state;
    if (state == State::Idle) m_progress = {};
    Q_EMIT changed();
}

QString TaskRunner::waitingFor() const {
    if (m_monitor.running()) return tr("waits for run %1").arg(m_monitor.run().value());
    if (!m_other.isEmpty()) return tr("waits for: %1").arg(m_other);
    if (m_monitor.state() == RunMonitor::State::Loading)
        return tr("waits for the model that is being opened");
    return tr("starts…");
}

QString TaskRunner::line() const {
    if (m_state == State::Idle) return {};
    if (m_state == State::Waiting) return waitingFor();
    if (m_state == State::Cancelling) return tr("stopping…");
    if (m_progress.detail.empty()) return tr("opening the models");
    QString detail = asText(m_progress.detail);
    if (m_progress.secondsLeft < 0) return detail;
    return tr("%1 · %2 left").arg(detail, formatDuration(m_progress.secondsLeft));
}

void TaskRunner::start(TaskRequest task) {
    if (busy() || m_workspace.readOnly()) return;
    m_progress = {};
    m_serial = m_workspace.session()->startTask(std::move(task));
    setState(State::Waiting);
}

void TaskRunner::cancel() {
    if (!busy() || m_state == State::Cancelling) return;
    setState(State::Cancelling);
    m_workspace.session()->cancelTask(m_serial);
}

}  // namespace skd
