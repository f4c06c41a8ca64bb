#include "window/presenter.h"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QStatusBar>
#include <QTabBar>
#include <QTextEdit>
#include <algorithm>

#include "bridge/workspace_command.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "runs/runs_dock.h"
#include "window/main_window.h"
#include "window/window_layout.h"

namespace skd {

namespace {

constexpr int kStays = 3500;  ///< ms after the last move of the mouse

QPushButton* button(const QString& text, const QString& name, const char* id, QWidget* parent) {
    auto* made = makeButton(text, id, name, parent);
    made->setAccessibleName(name);
    return made;
}

constexpr double kLargeType = 1.45;

bool typesInto(const QWidget* widget) {
    return qobject_cast<const QLineEdit*>(widget) != nullptr ||
           qobject_cast<const QTextEdit*>(widget) != nullptr ||
           qobject_cast<const QAbstractSpinBox*>(widget) != nullptr;
}

std::vector<std::int64_t> numbers(const Json& document, const char* key) {
    std::vector<std::int64_t> all;
    for (const Json& value : valueOr(document, key, Json::array()))
        if (value.is_number_integer()) all.push_back(valueOr(value, std::int64_t{0}));
    return all;
}

}  // namespace

/// At the lower edge of a presented window: which view this is, the replay and its speed. It goes
/// away while nobody moves the mouse.
class PresenterBar : public QFrame {
    Q_DECLARE_TR_FUNCTIONS(skd::PresenterBar)
public:
    PresenterBar(QWidget* host, Presenter& presenter, Replay& replay)
        : QFrame(host), m_place(named(new QLabel(this), "presenter.place")) {
        setObjectName(QStringLiteral("presenterBar"));
        setAccessibleName(tr("Presentation"));
        auto* back =
            button(QStringLiteral("‹"), tr("Previous view (Left)"), "presenter.back", this);
        auto* on = button(QStringLiteral("›"), tr("Next view (Right)"), "presenter.next", this);
        m_replay =
            button(tr("Replay the run"), tr("Plays the run shown on top again, as it happened"),
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
        connect(back, &QPushButton::clicked, this, [&presenter] { presenter.step(-1); });
        connect(on, &QPushButton::clicked, this, [&presenter] { presenter.step(1); });
        connect(m_replay, &QPushButton::clicked, &presenter, &Presenter::toggleReplay);
        connect(m_speed, &ChoiceButton::chosen, &replay, &Replay::setSpeed);
        connect(leave, &QPushButton::clicked, this,
                [&presenter] { presenter.setPresenting(false); });
        callAfter(m_hide, kStays, this, [this] {
            if (underMouse())
                m_hide.start();
            else
                hide();
        });
        host->installEventFilter(this);
        hide();
    }
    void appear() {
        show();
        place();
        raise();
        m_hide.start();
    }
    void showPlace(int current, const std::vector<ViewRow>& views) {
        const bool shown = current >= 0 && current < static_cast<int>(views.size());
        m_place->setText(views.empty() ? tr("no saved views: View › Save this view")
                         : shown       ? tr("%1 / %2 · %3")
                                       .arg(current + 1)
                                       .arg(views.size())
                                       .arg(asText(views[current].name))
                                 : tr("%1 views").arg(views.size()));
        if (isVisible()) place();
    }
    void showReplay(const Replay& replay) {
        m_replay->setText(replay.playing() ? tr("End the replay") : tr("Replay the run"));
        m_speed->setValue(static_cast<int>(replay.speed()));
        if (isVisible()) place();
    }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched == parentWidget() && event->type() == QEvent::Resize && isVisible()) place();
        return QFrame::eventFilter(watched, event);
    }

private:
    void place() {
        adjustSize();
        const QRect host = parentWidget()->rect();
        move((host.width() - width()) / 2, host.height() - height() - 18);
    }
    QLabel* m_place;
    QPushButton* m_replay;
    ChoiceButton* m_speed;
    QTimer m_hide;
};

Presenter::Presenter(MainWindow& window, Theme& theme, Replay& replay)
    : QObject(&window),
      m_window(window),
      m_theme(theme),
      m_replay(replay),
      m_bar(new PresenterBar(&window, *this, replay)) {
    connect(&m_replay, &Replay::changed, this, [this] { m_bar->showReplay(m_replay); });
    connect(this, &Presenter::changed, this, [this] { m_bar->showPlace(m_current, m_views); });
    connect(&window.workspace(), &Workspace::runsChanged, this, &Presenter::reload);
    reload();
}

void Presenter::reload() {
    m_window.workspace().reader().ask(
        this, [](const RunStore& store) { return store.views(); },
        [this](Result<std::vector<ViewRow>> views) {
            m_views =
                views ? std::move(*views) : std::vector<ViewRow>{};  // an older workspace has none
            m_current = std::min(m_current, static_cast<int>(m_views.size()) - 1);
            Q_EMIT changed();
        });
}

void Presenter::setPresenting(bool on) {
    if (on == m_presenting) return;
    m_presenting = on;
    if (on)
        enter();
    else
        leave();
    Q_EMIT changed();
}

void Presenter::enter() {
    m_layoutBefore = m_window.saveState(WindowLayout::kVersion);
    m_stateBefore = m_window.windowState();
    m_scaleBefore = m_theme.textScale();
    for (QDockWidget* dock : m_window.findChildren<QDockWidget*>()) dock->hide();
    m_window.setFrameVisible(false);
    m_theme.setTextScale(m_scaleBefore * kLargeType);
    m_window.showFullScreen();
    qApp->installEventFilter(this);
    m_bar->showReplay(m_replay);
    m_bar->appear();
}

void Presenter::leave() {
    qApp->removeEventFilter(this);
    m_bar->hide();
    m_theme.setTextScale(m_scaleBefore);
    m_window.setFrameVisible(true);
    m_window.setWindowState(m_stateBefore);
    m_window.restoreState(m_layoutBefore, WindowLayout::kVersion);
}

void Presenter::step(int by) {
    if (m_views.empty()) return m_bar->appear();
    const int last = static_cast<int>(m_views.size()) - 1;
    showView(m_current < 0 ? (by > 0 ? 0 : last) : std::clamp(m_current + by, 0, last));
}

void Presenter::showView(int index) {
    if (index < 0 || index >= static_cast<int>(m_views.size())) return;
    m_replay.stop();
    m_current = index;
    const ViewRow& view = m_views[index];
    const Json& document = view.document;
    if (!document.is_object()) return;
    if (const auto runs = numbers(document, "runs"); !runs.empty()) {
        std::vector<RunId> others;
        for (const std::int64_t run : runs) others.emplace_back(run);
        m_window.runs().selectRun(others.front());
        m_window.selection().set(others.front(), others);
    }
    if (const int page = m_window.pageIndex(asText(view.page)); page >= 0) {
        m_window.showPage(page);
        m_window.currentPage()->restoreView(valueOr(document, "state", Json::object()));
    }
    if (const Json speed = valueOr(document, "replay", Json());
        speed.is_number() && valueOr(speed, 0.0) > 0) {
        m_replay.setSpeed(valueOr(speed, 0.0));
        m_replay.play(m_window.selection().current());
    }
    if (m_presenting) m_bar->appear();
    Q_EMIT changed();
}

ViewRow Presenter::capture(const QString& name, double replaySpeed) const {
    ViewRow view;
    view.name = name.trimmed().toStdString();
    view.position = m_views.empty() ? 0 : m_views.back().position + 1;
    const int at = m_window.currentIndex();
    if (at < 0) return view;
    const auto& [id, page] = m_window.pages()[at];
    view.page = id.toStdString();
    Json runs = Json::array();
    if (m_window.selection().current() != RunId{})
        runs.push_back(m_window.selection().current().value());
    for (const RunId run : m_window.selection().others()) runs.push_back(run.value());
    view.document = {{"runs", std::move(runs)}, {"state", page->viewState()}};
    if (replaySpeed > 0) view.document["replay"] = replaySpeed;
    return view;
}

void Presenter::push(const QString& text, std::vector<WorkspaceEdit> edits,
                     std::vector<WorkspaceEdit> inverse) {
    m_undo.push(
        new WorkspaceCommand(m_window.workspace(), text, std::move(edits), std::move(inverse)));
}

void Presenter::save(const QString& name, double replaySpeed) {
    push(tr("save the view “%1”").arg(name), {SaveView{capture(name, replaySpeed)}},
         {RemoveView{}});
}

void Presenter::remove(int index) {
    const ViewRow& view = m_views.at(index);
    push(tr("delete the view “%1”").arg(asText(view.name)), {RemoveView{view.id}},
         {SaveView{view}});
}

void Presenter::rename(int index, const QString& name) {
    const ViewRow& view = m_views.at(index);
    if (name.trimmed().isEmpty() || name.toStdString() == view.name) return;
    ViewRow renamed = view;
    renamed.name = name.trimmed().toStdString();
    push(tr("rename the view “%1”").arg(asText(view.name)), {SaveView{renamed}}, {SaveView{view}});
}

void Presenter::move(int index, int to) {
    const int count = static_cast<int>(m_views.size());
    if (index == to || index < 0 || to < 0 || index >= count || to >= count) return;
    std::vector<ViewRow> order = m_views;
    ViewRow moved = std::move(order[index]);
    order.erase(order.begin() + index);
    order.insert(order.begin() + to, std::move(moved));
    std::vector<WorkspaceEdit> edits, inverse;
    for (std::size_t i = 0; i < order.size(); ++i) {
        inverse.emplace_back(SaveView{m_views[i]});
        order[i].position = static_cast<std::int64_t>(i);
        edits.emplace_back(SaveView{order[i]});
    }
    push(tr("move a view"), std::move(edits), std::move(inverse));
}

void Presenter::toggleReplay() {
    if (m_replay.playing())
        m_replay.stop();
    else
        m_replay.play(m_window.selection().current());
}

bool Presenter::takesKey(int key) {
    if (key == Qt::Key_Right || key == Qt::Key_PageDown || key == Qt::Key_Space)
        step(1);
    else if (key == Qt::Key_Left || key == Qt::Key_PageUp)
        step(-1);
    else if (key == Qt::Key_Home)
        showView(0);
    else if (key == Qt::Key_End)
        showView(static_cast<int>(m_views.size()) - 1);
    else if (key == Qt::Key_S)
        return m_window.currentPage() != nullptr && m_window.currentPage()->demonstrate();
    else
        return false;
    return true;
}

/// Arrow keys and those of a presenter's remote control step through the views, whatever has the
/// focus.
bool Presenter::eventFilter(QObject* watched, QEvent* event) {
    auto* widget = qobject_cast<QWidget*>(watched);
    if (widget == nullptr || widget->window() != &m_window)
        return QObject::eventFilter(watched, event);
    if (event->type() == QEvent::MouseMove) m_bar->appear();
    if (event->type() != QEvent::KeyPress || QApplication::activePopupWidget() != nullptr)
        return QObject::eventFilter(watched, event);
    const auto* key = static_cast<const QKeyEvent*>(event);
    const bool plain = (key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
    if (plain && key->key() == Qt::Key_Escape) {
        setPresenting(false);
        return true;
    }
    if (plain && !m_views.empty() && !typesInto(QApplication::focusWidget()) &&
        takesKey(key->key()))
        return true;
    return QObject::eventFilter(watched, event);
}

}  // namespace skd
