#pragma once

#include <QWidget>

#include "bridge/run_monitor.h"

class QLabel;
class QMenu;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace skd {

class ElidedLabel;

/// Model, workspace, run control and progress, in one row above everything.
class TopBar : public QWidget {
    Q_OBJECT
public:
    TopBar(Workspace& workspace, RunMonitor& monitor, QWidget* parent = nullptr);
    void setModelName(const QString& name);
    void setDeviceText(const QString& text);
    void setMenu(QMenu* menu);
    [[nodiscard]] QMenu* workspaceMenu() const { return m_workspaceMenu; }

Q_SIGNALS:
    void folderRequested();
    void fileRequested();
    void runRequested();

private:
    void buildButtons();
    void buildProgress();
    void refresh();
    void refreshIcons();
    void showModelName();
    Workspace& m_workspace;
    RunMonitor& m_monitor;
    QToolButton *m_model, *m_workspaceButton, *m_menu;
    QMenu* m_workspaceMenu;
    QPushButton *m_run = nullptr, *m_pause = nullptr, *m_stop = nullptr;
    QWidget* m_progress;
    ElidedLabel *m_line = nullptr, *m_device = nullptr;
    QString m_modelName;
    QProgressBar* m_bar;
    RunMonitor::State m_shown = RunMonitor::State::Idle;  ///< what the icons were drawn for
};

}  // namespace skd
