// What stands around the pages: notices, help, settings, presentation.
#include <QApplication>
#include <QLineEdit>
#include <QMenu>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QVBoxLayout>

#include "help_dock.h"
#include "main_window.h"
#include "notice_bar.h"
#include "presenter.h"
#include "runs_dock.h"
#include "settings_dialog.h"
#include "top_bar.h"
#include "views_dialog.h"

namespace skd {

void MainWindow::buildTop() {
    m_head = new QWidget(this);
    m_top = new TopBar(*m_workspace, m_monitor, m_head);
    m_notices = new NoticeBar(m_head);
    auto* column = makeColumn(0, m_head);
    column->addWidget(m_top);
    column->addWidget(m_notices);
    setMenuWidget(m_head);
}

void MainWindow::buildExtras() {
    m_help = new HelpDock(this);
    m_presenter = new Presenter(*this, m_theme, m_replay);
    m_undo.addStack(&m_presenter->undoStack());
    connect(&m_presenter->undoStack(), &QUndoStack::indexChanged, this,
            [this] { m_undo.setActiveStack(&m_presenter->undoStack()); });
    connectExtras();
    applyPreferences(Preferences::load());
    m_desktop.followColorScheme();
}

void MainWindow::connectExtras() {
    const auto say = [this](const QString& text) {
        m_notices->show(QStringLiteral("failure"), text);
    };
    connect(m_workspace.get(), &Workspace::complained, this, say);
    connect(&m_monitor, &RunMonitor::failed, this, say);
    connect(&m_replay, &Replay::failed, this, &MainWindow::showMessage);
    connect(&m_replay, &Replay::changed, this, [this] { m_attention.setReplayed(m_replay.run()); });
    connect(&m_workspace->events(), &EventBridge::runStarted, this,
            [this](const RunStarted&) { m_notices->withdraw(QStringLiteral("failure")); });
    connect(&m_health, &HealthWatch::found, this,
            [this](const QString& topic, const QString& text) {
                if (text.isEmpty())
                    m_notices->withdraw(topic);
                else
                    m_notices->show(topic, text);
            });
    connect(&m_desktop, &Desktop::darkPreferred, &m_theme, &Theme::setSystemDark);
}

void MainWindow::applyPreferences(const Preferences& preferences) {
    m_attention.setPreferences(preferences);
    for (const auto& [id, page] : m_pages)
        setControls(*page, {{"recover.smoothing", preferences.smoothing}});
}

void MainWindow::setFrameVisible(bool visible) {
    m_head->setVisible(visible);
    m_tabs->tabBar()->setVisible(visible);
    statusBar()->setVisible(visible);
}

void MainWindow::toggleHelp() {
    m_help->setVisible(!m_help->isVisible());
    if (!m_help->isVisible()) return;
    m_help->raise();
    if (currentIndex() >= 0) m_help->showSection(m_pages[currentIndex()].first);
    m_help->searchLine().setFocus();
}

void MainWindow::openSettings() {
    SettingsDialog dialog(m_theme, Preferences::load(), this);
    connect(&dialog, &SettingsDialog::applied, this, &MainWindow::applyPreferences);
    dialog.exec();
}

void MainWindow::buildPresentMenu(QMenu* menu) {
    const auto add = [&](const QString& text, const QKeySequence& keys, auto act) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, act);
        addShared(menu, action);
        return action;
    };
    add(tr("Present in full screen"), Qt::Key_F11,
        [this] { m_presenter->setPresenting(!m_presenter->presenting()); });
    add(tr("Replay the run in front"), Qt::CTRL | Qt::SHIFT | Qt::Key_R,
        [this] { m_presenter->toggleReplay(); });
    menu->addSeparator();
    add(tr("Save this view…"), Qt::CTRL | Qt::SHIFT | Qt::Key_S, [this] {
        saveView();
    })->setEnabled(!m_workspace->readOnly());
    add(tr("Saved views…"), Qt::CTRL | Qt::SHIFT | Qt::Key_V, [this] { manageViews(); });
    add(tr("Next view"), {}, [this] { m_presenter->step(1); });
    add(tr("Previous view"), {}, [this] { m_presenter->step(-1); });
}

void MainWindow::buildHelpMenu(QMenu* menu) {
    auto* help = new QAction(tr("Help"), this);
    help->setShortcut(QKeySequence::HelpContents);
    connect(help, &QAction::triggered, this, &MainWindow::toggleHelp);
    addShared(menu, help);
}

void MainWindow::saveView() {
    QString name = currentIndex() >= 0 ? m_tabs->tabText(currentIndex()) : QString();
    if (const int row = m_runs->model().indexOf(m_selection.current()); row >= 0)
        name += QStringLiteral(" · ") + QString::fromStdString(m_runs->model().row(row).name);
    double speed = 0;
    if (askForView(this, name, name, speed)) m_presenter->save(name, speed);
}

void MainWindow::manageViews() {
    auto* dialog = new ViewsDialog(*m_presenter, m_workspace->readOnly(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
}

}  // namespace skd
