#include "window/presenter_bar.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>

#include "bridge/replay.h"
#include "controls/build.h"
#include "controls/choice_button.h"

namespace skd {

namespace {

constexpr int kStays = 3500;  ///< ms after the last move of the mouse

QPushButton* button(const QString& text, const QString& name, const char* id, QWidget* parent) {
    auto* made = makeButton(text, id, name, parent);
    made->setAccessibleName(name);
    return made;
}

}  // namespace

PresenterBar::PresenterBar(QWidget* host)
    : QFrame(host), m_place(named(new QLabel(this), "presenter.place")) {
    setObjectName(QStringLiteral("presenterBar"));
    setAccessibleName(tr("Presentation"));
    auto* back = button(QStringLiteral("‹"), tr("Previous view (Left)"), "presenter.back", this);
    auto* on = button(QStringLiteral("›"), tr("Next view (Right)"), "presenter.next", this);
    m_replay = button(tr("Replay the run"), tr("Plays the run shown on top again, as it happened"),
                      "presenter.replay", this);
    m_speed = new ChoiceButton("presenter.speed", tr("Speed of the replay"), tr("speed: "),
                               {{tr("1 ×"), tr("as long as it took"), 1},
                                {tr("5 ×"), {}, 5},
                                {tr("20 ×"), {}, 20},
                                {tr("60 ×"), tr("a minute in a second"), 60},
                                {tr("300 ×"), {}, 300}},
                               this);
    m_speed->setValue(20);
    auto* leave = button(tr("Leave"), tr("Back to the window (Esc)"), "presenter.leave", this);
    addAll(makeRow(10, this, {14, 8, 14, 8}), {back, m_place, on, m_replay, m_speed, leave});
    connect(back, &QPushButton::clicked, this, [this] { Q_EMIT stepped(-1); });
    connect(on, &QPushButton::clicked, this, [this] { Q_EMIT stepped(1); });
    connect(m_replay, &QPushButton::clicked, this, &PresenterBar::replayToggled);
    connect(m_speed, &ChoiceButton::chosen, this, [this](int value) { Q_EMIT speedChosen(value); });
    connect(leave, &QPushButton::clicked, this, &PresenterBar::left);
    callAfter(m_hide, kStays, this, [this] {
        if (underMouse())
            m_hide.start();
        else
            hide();
    });
    host->installEventFilter(this);
    hide();
}

void PresenterBar::appear() {
    show();
    place();
    raise();
    m_hide.start();
}

void PresenterBar::place() {
    adjustSize();
    const QRect host = parentWidget()->rect();
    move((host.width() - width()) / 2, host.height() - height() - 18);
}

void PresenterBar::showPlace(int current, const std::vector<ViewRow>& views) {
    const bool shown = current >= 0 && current < static_cast<int>(views.size());
    m_place->setText(
        views.empty() ? tr("no saved views: View › Save this view")
        : shown
            ? tr("%1 / %2 · %3").arg(current + 1).arg(views.size()).arg(asText(views[current].name))
            : tr("%1 views").arg(views.size()));
    if (isVisible()) place();
}

void PresenterBar::showReplay(const Replay& replay) {
    m_replay->setText(replay.playing() ? tr("End the replay") : tr("Replay the run"));
    m_speed->setValue(static_cast<int>(replay.speed()));
    if (isVisible()) place();
}

bool PresenterBar::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
    return QFrame::eventFilter(watched, event);
}

}  // namespace skd
