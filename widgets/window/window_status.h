#pragma once

#include <QStatusBar>

class QLabel;
class QToolButton;

namespace skd {

class ElidedLabel;
class Workspace;

/// The status bar: one sentence of the page in front, the workspace's size, warnings of the log.
class WindowStatus : public QStatusBar {
    Q_OBJECT
public:
    WindowStatus(Workspace& workspace, QWidget* parent);
    /// A sentence that stays until the next one.
    void showSentence(const QString& text);
    void showRuns(int count);
    void showWarnings(int count);

Q_SIGNALS:
    /// The log is to be shown, or hidden again.
    void logToggled();

private:
    Workspace& m_workspace;
    ElidedLabel* m_sentence;
    QLabel* m_counts;
    QToolButton* m_warnings;
};

}  // namespace skd
