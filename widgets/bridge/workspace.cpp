#include "bridge/workspace.h"

#include <QFileInfo>

#include "base/log.h"

namespace skd {

Workspace::Workspace(std::filesystem::path path, std::unique_ptr<Session> session,
                     ReadOnlyReason reason, QObject* parent)
    : QObject(parent),
      m_path(std::move(path)),
      m_reason(reason),
      m_reader(m_path),
      m_session(std::move(session)) {
    if (m_session) m_session->subscribe(m_events.sink());
    m_calls.setMaxThreadCount(1);
    const auto changed = [this] { Q_EMIT runsChanged(); };
    m_events.on<RunStarted>(this, changed);
    m_events.on<RunFinished>(this, changed);
    m_events.on<RunFailed>(this, changed);
    m_events.on<StageFinished>(this, changed);
    m_events.on<QueueChanged>(this, changed);
    log::setListener([sink = m_events.sink()](log::Level level, const std::string& text) {
        sink->emit(LogLine{RunId{}, level, text});
    });
}

Workspace::~Workspace() {
    m_calls.waitForDone();
    log::setListener({});
    if (m_session) m_session->unsubscribe(m_events.sink().get());
}

QString Workspace::name() const {
    return QString::fromStdString(m_path.stem().string());
}

QString Workspace::readOnlyText() const {
    if (!readOnly()) return {};
    switch (m_reason) {
        case ReadOnlyReason::OtherProcess:
            return tr("Another process runs the engine of this workspace");
        case ReadOnlyReason::NotWritable:
            return tr("The folder of this workspace cannot be written to");
        case ReadOnlyReason::Asked:
            break;
    }
    return tr("This window was opened read-only");
}

qint64 Workspace::sizeOnDisk() const {
    return QFileInfo(QString::fromStdString(m_path.string())).size();
}

void Workspace::report(const Status& status) {
    if (status)
        Q_EMIT runsChanged();
    else
        Q_EMIT problemReported(QString::fromStdString(status.error().message));
}

std::int64_t Workspace::edit(const WorkspaceEdit& edit) {
    if (!m_session) return 0;
    const Result<std::int64_t> done = m_session->edit(edit);
    report(done ? Status() : Status(fail(done.error())));
    return done.value_or(0);
}

void Workspace::resumeRun(RunId run) {
    if (m_session) report(m_session->resumeRun(run));
}

}  // namespace skd
