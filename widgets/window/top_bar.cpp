#include "window/top_bar.h"

#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <cmath>
#include <utility>

#include "controls/build.h"

namespace skd {

namespace {

QToolButton* pill(const QString& text, const char* id, const QString& name, QWidget* parent) {
    auto* button = named(makeTool(text, id, "pill", {}, parent), id, name);
    button->setPopupMode(QToolButton::InstantPopup);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

constexpr int kWidestName = 250, kWidestDevice = 240;  ///< px of text at 100 %

ElidedLabel* elidedLabel(TextRole role, QWidget* parent) {
    auto* label = new ElidedLabel({}, parent);
    label->setFont(textFont(role));
    label->setProperty("tone", QStringLiteral("secondary"));
    return label;
}

}  // namespace

TopBar::TopBar(Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : QWidget(parent), m_workspace(workspace), m_monitor(monitor) {
    setObjectName(QStringLiteral("topBar"));
    setAttribute(Qt::WA_StyledBackground);
    buildButtons();
    buildProgress();
    addAll(makeRow(10, this, {12, 7, 12, 7}), {m_model,
                                               m_workspaceButton,
                                               gap(18),
                                               m_run,
                                               m_pause,
                                               m_stop,
                                               {m_progress, 1},
                                               m_device,
                                               m_menu});
    setMinimumHeight(46);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    connect(m_run, &QPushButton::clicked, this, &TopBar::runRequested);
    connect(m_pause, &QPushButton::clicked, this,
            [this] { m_monitor.setPaused(m_monitor.state() != RunMonitor::State::Paused); });
    connect(m_stop, &QPushButton::clicked, &m_monitor, &RunMonitor::stop);
    connect(&m_monitor, &RunMonitor::changed, this, &TopBar::refresh);
    refresh();
    refreshIcons();
    whenChanged(this, QEvent::PaletteChange, [this] { refreshIcons(); });
    whenChanged(this, QEvent::FontChange, [this] {
        m_device->setMaximumWidth(scaledByText(kWidestDevice));
        showModelName();
    });
}

void TopBar::buildButtons() {
    m_model = pill(tr("no model"), "top.model", tr("Model"), this);
    auto* models = new QMenu(m_model);
    models->addAction(tr("Open a Hugging Face folder…"), this, &TopBar::folderRequested)
        ->setEnabled(m_monitor.canRun());
    models->addAction(tr("Open a GGUF file…"), this, &TopBar::fileRequested)
        ->setEnabled(m_monitor.canRun());
    m_model->setMenu(models);
    m_workspaceButton = pill(
        fontMetrics().elidedText(m_workspace.name(), Qt::ElideMiddle, scaledByText(kWidestName)) +
            QStringLiteral(" ▾"),
        "", tr("Workspace"), this);
    m_workspaceButton->setToolTip(asText(m_workspace.path()));
    m_workspaceMenu = new QMenu(m_workspaceButton);
    m_workspaceButton->setMenu(m_workspaceMenu);
    m_run = makePrimary(tr("Prune and recover"), "top.run",
                        tr("Starts a run from what the Carve page shows"), this);
    m_pause = makeButton({}, "top.pause", {}, this);
    m_pause->setFixedWidth(34);
    m_stop = makeButton({}, "top.stop", tr("Stop; a checkpoint is saved"), this);
    m_stop->setAccessibleName(tr("Stop"));
    m_stop->setFixedWidth(34);
    m_menu = pill({}, "top.menu", tr("Menu"), this);
    m_menu->setToolTip(tr("All actions by menu; Ctrl+K searches them"));
}

void TopBar::buildProgress() {
    m_progress = new QWidget(this);
    m_line = elidedLabel(TextRole::Small, m_progress);
    m_line->setObjectName(QStringLiteral("top.line"));
    m_line->setMinimumWidth(40);
    m_bar = new QProgressBar(m_progress);
    m_bar->setTextVisible(false);
    m_bar->setRange(0, 1000);
    m_bar->setMaximumWidth(280);
    m_bar->setAccessibleName(tr("Progress of the run"));
    addAll(makeColumn(5, m_progress, {6, 2, 0, 2}), {rest(0), m_line, m_bar, rest(0)});
    m_device = elidedLabel(TextRole::Body, this);
    m_device->setMaximumWidth(scaledByText(kWidestDevice));
    m_device->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_device->setObjectName(QStringLiteral("top.device"));
}

void TopBar::setModelName(const QString& name) {
    m_modelName = name;
    showModelName();
}
/// A long name loses its middle: both its ends tell models apart.
void TopBar::showModelName() {
    if (m_modelName.isEmpty()) return;
    const QString shown =
        m_model->fontMetrics().elidedText(m_modelName, Qt::ElideMiddle, scaledByText(kWidestName));
    m_model->setText(shown + QStringLiteral(" ▾"));
    m_model->setToolTip(m_modelName);
}

void TopBar::setDeviceText(const QString& text) {
    m_device->setText(text);
}
void TopBar::setMenu(QMenu* menu) {
    m_menu->setMenu(menu);
}

void TopBar::refresh() {
    using State = RunMonitor::State;
    const State state = m_monitor.state();
    m_run->setEnabled(m_monitor.canRun());
    m_run->setToolTip(m_monitor.running()
                          ? tr("Queue a run after the current one (Ctrl+R)")
                          : tr("Prune what the pages show, and distil it (Ctrl+R)"));
    m_pause->setEnabled(state == State::Running || state == State::Paused);
    m_stop->setEnabled(state == State::Running || state == State::Paused);
    const QString pauseText = state == State::Paused ? tr("Resume") : tr("Pause");
    m_pause->setAccessibleName(pauseText);
    m_pause->setToolTip(pauseText);
    if (std::exchange(m_shown, state) != state) refreshIcons();
    m_line->setText(m_monitor.line());
    m_bar->setVisible(state != State::Idle);
    const double fraction = m_monitor.fraction();
    m_bar->setRange(0, fraction < 0 ? 0 : 1000);
    if (fraction >= 0) m_bar->setValue(static_cast<int>(std::lround(fraction * 1000)));
}

void TopBar::refreshIcons() {
    const ThemeColors& colors = themeColors(this);
    const auto tone = [&](const QWidget* button) {
        return button->isEnabled() ? colors.text : colors.faint;
    };
    m_run->setIcon(
        themedIcon(QStringLiteral("play"), m_run->isEnabled() ? colors.actionText : colors.faint));
    const bool paused = m_monitor.state() == RunMonitor::State::Paused;
    m_pause->setIcon(
        themedIcon(paused ? QStringLiteral("play") : QStringLiteral("pause"), tone(m_pause)));
    m_stop->setIcon(themedIcon(QStringLiteral("stop"), tone(m_stop)));
    m_menu->setIcon(themedIcon(QStringLiteral("menu"), colors.text));
}

}  // namespace skd
