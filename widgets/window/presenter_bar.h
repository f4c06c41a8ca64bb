#pragma once

#include <QFrame>
#include <QTimer>
#include <vector>

#include "store/records.h"

class QLabel;
class QPushButton;

namespace skd {

class ChoiceButton;
class Replay;

/// At the lower edge of a presented window: which view this is, the replay and its speed. It goes
/// away while nobody moves the mouse.
class PresenterBar : public QFrame {
    Q_OBJECT
public:
    explicit PresenterBar(QWidget* host);
    void appear();
    void showPlace(int current, const std::vector<ViewRow>& views);
    void showReplay(const Replay& replay);

Q_SIGNALS:
    void stepped(int by);
    void replayToggled();
    void speedChosen(double speed);
    void left();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void place();
    QLabel* m_place;
    QPushButton* m_replay;
    ChoiceButton* m_speed;
    QTimer m_hide;
};

}  // namespace skd
