#pragma once

#include <QPointer>
#include <QUndoStack>

#include "bridge/replay.h"
#include "style/theme.h"

namespace skd {

class MainWindow;
class PresenterBar;

/// F11: full screen, large type, and the saved views of the workspace one after the other.
class Presenter : public QObject {
    Q_OBJECT
public:
    Presenter(MainWindow& window, Theme& theme, Replay& replay);

    [[nodiscard]] bool presenting() const { return m_presenting; }
    void setPresenting(bool on);
    /// Saved views, in their order; read again by reload().
    [[nodiscard]] const std::vector<ViewRow>& views() const { return m_views; }
    void reload();
    /// Index of the view shown last; -1 = none yet.
    [[nodiscard]] int current() const { return m_current; }
    void showView(int index);
    void step(int by);

    /// What the window shows now, as a view; `replaySpeed` above 0 replays the run when the view is
    /// shown.
    [[nodiscard]] ViewRow capture(const QString& name, double replaySpeed = 0) const;
    /// All of these can be undone.
    void save(const QString& name, double replaySpeed = 0);
    void remove(int index);
    void rename(int index, const QString& name);
    void move(int index, int to);
    [[nodiscard]] QUndoStack& undoStack() { return m_undo; }

    /// Replays the run in front at the chosen speed, or ends the replay.
    void toggleReplay();

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    [[nodiscard]] bool takesKey(int key);
    void enter();
    void leave();
    void push(const QString& text, std::vector<WorkspaceEdit> edits,
              std::vector<WorkspaceEdit> inverse);

    MainWindow& m_window;
    Theme& m_theme;
    Replay& m_replay;
    PresenterBar* m_bar;
    std::vector<ViewRow> m_views;
    QUndoStack m_undo;
    int m_current = -1;
    bool m_presenting = false;
    double m_scaleBefore = 1;
    QByteArray m_layoutBefore;
    Qt::WindowStates m_stateBefore;
};

}  // namespace skd
