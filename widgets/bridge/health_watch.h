#pragma once

#include "bridge/run_monitor.h"

namespace skd {

/// Looks every few seconds whether the files the window lives on are still there: the workspace,
/// the open model, room on the disk. Looking happens on the reader's thread: a disk that hangs
/// holds up nobody.
class HealthWatch : public QObject {
    Q_OBJECT
public:
    HealthWatch(Workspace& workspace, RunMonitor& monitor, QObject* parent = nullptr);
    void look();
    void setInterval(int milliseconds) { m_timer.setInterval(milliseconds); }
    /// Below this many free bytes users are warned.
    void setLowDisk(quint64 bytes) { m_lowDisk = bytes; }

Q_SIGNALS:
    /// `text` is empty once the matter is settled.
    void found(const QString& topic, const QString& text);

private:
    struct Findings {
        bool workspace = true, model = true;
        quint64 freeBytes = 0;
    };
    void tell(const QString& model, const Findings& findings);
    void report(const QString& topic, bool wrong, const QString& text);

    Workspace& m_workspace;
    RunMonitor& m_monitor;
    QTimer m_timer;
    QStringList m_told;   ///< topics that stand
    bool m_seen = false;  ///< the workspace was there once
    quint64 m_lowDisk = 512ull << 20;
};

}  // namespace skd
