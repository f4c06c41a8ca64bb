#include "bridge/workspace.h"

#include <QFileInfo>

namespace skd {

StoreReader::StoreReader(std::filesystem::path workspace) : m_workspace(std::move(workspace)) {
    m_thread.setMaxThreadCount(1);
    m_thread.setExpiryTimeout(-1);
}

StoreReader::~StoreReader() {
    m_thread.clear();
    m_thread.waitForDone();
}

bool StoreReader::store() {
    if (m_store) return true;
    auto opened = RunStore::open(m_workspace);  // tried again each time: the file may appear later
    if (opened)
        m_store = std::move(*opened);
    else
        m_error = opened.error();
    return m_store != nullptr;
}

Workspace::Workspace(std::filesystem::path path, std::unique_ptr<Session> session,
                     ReadOnlyReason reason, QObject* parent)
    : QObject(parent),
      m_path(std::move(path)),
      m_reason(reason),
      m_reader(m_path),
      m_session(std::move(session)) {
    if (m_session) m_session->subscribe(m_events.sink());
    m_calls.setMaxThreadCount(1);
    m_events.on<RunStarted, RunFinished, RunFailed, StageFinished, QueueChanged>(
        this, &Workspace::runsChanged);
    log::setListener([sink = m_events.sink()](log::Level level, const std::string& text) {
        sink->emit(LogLine{RunId{}, level, text});
    });
}

Workspace::~Workspace() {
    m_calls.waitForDone();
    log::setListener({});
    if (m_session) m_session->unsubscribe(m_events.sink().get());
}

QString Workspace::readOnlyText() const {
    if (!readOnly()) return {};
    if (m_reason == ReadOnlyReason::OtherProcess)
        return tr("Another process runs the engine of this workspace");
    if (m_reason == ReadOnlyReason::NotWritable)
        return tr("The folder of this workspace cannot be written to");
    return tr("This window was opened read-only");
}

qint64 Workspace::sizeOnDisk() const {
    return QFileInfo(asText(m_path)).size();
}

void Workspace::report(const Status& status) {
    if (status)
        Q_EMIT runsChanged();
    else
        Q_EMIT problemReported(asText(status.error()));
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
