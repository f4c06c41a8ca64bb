#pragma once

#include "bridge/desktop.h"
#include "bridge/run_monitor.h"
#include "style/preferences.h"

namespace skd {

/// While a run is running the machine stays awake; at the end of a long one the desktop says so.
class RunAttention : public QObject {
    Q_OBJECT
public:
    RunAttention(Workspace& workspace, Desktop& desktop, QObject* parent = nullptr);
    void setPreferences(const Preferences& preferences);
    /// A replay is no work: runs of that id are skipped.
    void setReplayed(RunId run) { m_replayed = run; }
    /// Shorter runs end without a notification (ms).
    void setLongRun(qint64 milliseconds) { m_longRun = milliseconds; }

private:
    void begin(const RunStarted& event);
    void end(RunId run, const QString& title, const QString& text);
    Desktop& m_desktop;
    Preferences m_preferences;
    RunId m_run, m_replayed;
    QString m_name;
    QElapsedTimer m_since;
    qint64 m_longRun = 30'000;
};

}  // namespace skd
