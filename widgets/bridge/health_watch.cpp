#include "bridge/health_watch.h"

#include <filesystem>

#include "base/files.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr int kWatchInterval = 5000;  ///< ms

/// A model that is a file or folder; names and runs ("run:3") are looked up elsewhere.
bool isPath(const QString& model) {
    return model.contains(QLatin1Char('/'));
}

}  // namespace

HealthWatch::HealthWatch(Workspace& workspace, RunMonitor& monitor, QObject* parent)
    : QObject(parent), m_workspace(workspace), m_monitor(monitor) {
    m_timer.setInterval(kWatchInterval);
    connect(&m_timer, &QTimer::timeout, this, &HealthWatch::look);
    connect(&monitor, &RunMonitor::modelOpened, this, &HealthWatch::look);
    m_timer.start();
}

void HealthWatch::look() {
    const QString model = m_monitor.openModelPath();
    m_workspace.reader().ask(
        this,
        [workspace = m_workspace.path(), model](const RunStore&) -> Result<Findings> {
            std::error_code ignored;
            Findings findings;
            findings.workspace = std::filesystem::exists(workspace, ignored);
            findings.model =
                !isPath(model) || std::filesystem::exists(model.toStdString(), ignored);
            findings.freeBytes = freeDiskBytes(workspace);
            return findings;
        },
        [this, model](Result<Findings> findings) {
            if (findings) tell(model, *findings);
        });
}

void HealthWatch::tell(const QString& model, const Findings& findings) {
    m_seen = m_seen || findings.workspace;
    const QString file = asText(m_workspace.path());
    report(
        QStringLiteral("workspace"), m_seen && !findings.workspace,
        tr("The workspace %1 is no longer there: was its disk removed, or its folder moved? What "
           "is on the screen stays. Restore it, or stop the run and open another workspace.")
            .arg(file));
    report(QStringLiteral("model"), !findings.model,
           tr("The model %1 is no longer there. The copy in memory can still be carved and "
              "measured; a run needs the files: restore them, or open another model.")
               .arg(model));
    report(QStringLiteral("disk"),
           !m_workspace.readOnly() && findings.workspace && findings.freeBytes < m_lowDisk,
           tr("Only %1 are free on the disk of the workspace. A run stops where it cannot write "
              "its checkpoint; free some space first.")
               .arg(formatMegabytes(findings.freeBytes)));
}

void HealthWatch::report(const QString& topic, bool wrong, const QString& text) {
    if (wrong == m_told.contains(topic)) return;
    if (wrong)
        m_told << topic;
    else
        m_told.removeAll(topic);
    Q_EMIT found(topic, wrong ? text : QString());
}

}  // namespace skd
