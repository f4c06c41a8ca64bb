#include "plan/queue_run.h"

#include <QObject>

namespace skd {

Result<QString> queueRun(Workspace& workspace, const RunMonitor& monitor, const RunSpec& spec,
                         QueuePlace place) {
    Session* session = workspace.session();
    if (session == nullptr)
        return fail(ErrorCode::Unsupported, QObject::tr("%1, so no run can be started here.")
                                                .arg(workspace.readOnlyText())
                                                .toStdString());
    const QueueChanged before = session->queue();
    const bool idle = !monitor.running();
    const bool waits = place == QueuePlace::WaitInQueue;
    if (waits && idle && before.runs.empty()) session->holdQueue(true);
    SKD_TRY(const RunId run, session->start(spec));
    Q_EMIT workspace.runsChanged();
    const QString name = QString::fromStdString(displayName(spec));
    if (waits) {
        const bool held = session->queue().held;
        return held ? QObject::tr(
                          "“%1” waits in the queue, which is held; start it in the Queue dock.")
                          .arg(name)
                    : QObject::tr("“%1” waits in the queue.").arg(name);
    }
    session->reorderQueue({run});
    session->holdQueue(false);
    return idle ? QObject::tr("“%1” starts.").arg(name)
                : QObject::tr("“%1” starts when the current run has ended.").arg(name);
}

}  // namespace skd
