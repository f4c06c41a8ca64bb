// The main window's menus and what they do; its parts and layout are in main_window.cpp.
#include <QActionGroup>
#include <QApplication>
#include <QDesktopServices>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QUrl>
#include <algorithm>
#include <tuple>

#include "charts/exportable_view.h"
#include "command_palette.h"
#include "export_dialog.h"
#include "log_dock.h"
#include "main_window.h"
#include "queue_dock.h"
#include "runs_dock.h"
#include "top_bar.h"

namespace skd {

/// Shortcuts of menu entries work only where the action also belongs to the window.
void MainWindow::addShared(QMenu* menu, QAction* action) {
    menu->addAction(action);
    addAction(action);
}

void MainWindow::buildMenus() {
    QMenu* menu = m_menu = new QMenu(this);
    buildFileMenu(menu->addMenu(tr("File")));
    buildEditMenu(menu->addMenu(tr("Edit")));
    buildRunMenu(menu->addMenu(tr("Run")));
    buildViewMenu(menu->addMenu(tr("View")));
    buildPresentMenu(menu->addMenu(tr("Present")));
    menu->addSeparator();
    auto* palette = new QAction(tr("Command palette"), this);
    palette->setShortcut(Qt::CTRL | Qt::Key_K);
    connect(palette, &QAction::triggered, this, &MainWindow::openPalette);
    addShared(menu, palette);
    auto* settings = new QAction(tr("Settings…"), this);
    settings->setShortcut(Qt::CTRL | Qt::Key_Comma);
    connect(settings, &QAction::triggered, this, &MainWindow::openSettings);
    addShared(menu, settings);
    buildHelpMenu(menu);
    menu->addAction(tr("About SparseKD Workbench"), this, &MainWindow::about);
    m_top->setMenu(menu);
    QMenu* workspaces = m_top->workspaceMenu();
    workspaces->addAction(tr("Open another workspace…"), this, &MainWindow::chooseWorkspace);
    workspaces->addAction(tr("Show in its folder"), this, [this] {
        const QFileInfo file(QString::fromStdString(m_workspace->path().string()));
        QDesktopServices::openUrl(QUrl::fromLocalFile(file.absolutePath()));
    });
}

void MainWindow::buildFileMenu(QMenu* menu) {
    auto* folder = new QAction(tr("Open model folder…"), this);
    folder->setShortcut(QKeySequence::Open);
    folder->setEnabled(m_monitor.canRun());
    connect(folder, &QAction::triggered, this, &MainWindow::chooseFolder);
    auto* file = new QAction(tr("Open GGUF file…"), this);
    file->setEnabled(m_monitor.canRun());
    connect(file, &QAction::triggered, this, &MainWindow::chooseFile);
    auto* exportAction = new QAction(tr("Export view…"), this);
    exportAction->setShortcut(Qt::CTRL | Qt::Key_E);
    connect(exportAction, &QAction::triggered, this, &MainWindow::exportView);
    for (const auto& [id, text, keys] :
         {std::tuple{"new-run", tr("New run"), QKeySequence(Qt::CTRL | Qt::Key_N)},
          std::tuple{"new-study", tr("New study"),
                     QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N)}}) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this,
                [this, id = QLatin1String(id)] { handOver(id, {}); });
        addShared(menu, action);
    }
    auto* quit = new QAction(tr("Quit"), this);
    quit->setShortcut(QKeySequence::Quit);
    connect(quit, &QAction::triggered, this, &MainWindow::close);
    addShared(menu, folder);
    addShared(menu, file);
    menu->addAction(tr("Open another workspace…"), this, &MainWindow::chooseWorkspace);
    menu->addSeparator();
    addShared(menu, exportAction);
    menu->addSeparator();
    addShared(menu, quit);
}

void MainWindow::buildEditMenu(QMenu* menu) {
    QAction* undo = m_undo.createUndoAction(this);
    undo->setShortcut(QKeySequence::Undo);
    QAction* redo = m_undo.createRedoAction(this);
    redo->setShortcuts(
        {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
    auto* copyAction = new QAction(tr("Copy"), this);
    copyAction->setShortcut(QKeySequence::Copy);
    connect(copyAction, &QAction::triggered, this, &MainWindow::copy);
    auto* pasteAction = new QAction(tr("Paste"), this);
    pasteAction->setShortcut(QKeySequence::Paste);
    connect(pasteAction, &QAction::triggered, this, &MainWindow::paste);
    for (QAction* action : {undo, redo, copyAction, pasteAction}) addShared(menu, action);
}

void MainWindow::buildRunMenu(QMenu* menu) {
    auto* run = new QAction(tr("Prune and recover"), this);
    run->setShortcut(Qt::CTRL | Qt::Key_R);
    connect(run, &QAction::triggered, this, &MainWindow::startRun);
    auto* pause = new QAction(tr("Pause or resume"), this);
    pause->setShortcut(Qt::CTRL | Qt::Key_P);
    connect(pause, &QAction::triggered, this,
            [this] { m_monitor.setPaused(m_monitor.state() != RunMonitor::State::Paused); });
    auto* stop = new QAction(tr("Stop"), this);
    stop->setShortcut(Qt::CTRL | Qt::Key_Period);
    connect(stop, &QAction::triggered, &m_monitor, &RunMonitor::stop);
    for (QAction* action : {run, pause, stop}) {
        action->setEnabled(m_monitor.canRun());
        addShared(menu, action);
    }
}

void MainWindow::buildViewMenu(QMenu* menu) {
    auto* group = new QActionGroup(menu);
    for (auto [choice, text] :
         {std::pair{ThemeChoice::System, tr("System theme")},
          std::pair{ThemeChoice::Light, tr("Light")}, std::pair{ThemeChoice::Dark, tr("Dark")}}) {
        QAction* action = menu->addAction(text);
        action->setCheckable(true);
        group->addAction(action);
        connect(action, &QAction::triggered, this,
                [this, choice = choice] { m_theme.apply(choice); });
        connect(menu, &QMenu::aboutToShow, action, [this, action, choice = choice] {
            action->setChecked(m_theme.choice() == choice);
        });
    }
    menu->addSeparator();
    for (QDockWidget* dock : docks()) menu->addAction(dock->toggleViewAction());
    menu->addSeparator();
    for (int i = 0; i < static_cast<int>(m_pages.size()); ++i) {
        auto* action = new QAction(m_tabs->tabText(i), this);
        action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + i)));
        connect(action, &QAction::triggered, this, [this, i] { showPage(i); });
        addShared(menu, action);
    }
    menu->addSeparator();
    menu->addAction(tr("Restore default layout"), this, &MainWindow::restoreDefaultLayout);
}

namespace {

/// The enabled actions of a menu and its submenus.
std::vector<QAction*> actionsOf(const QMenu* menu) {
    std::vector<QAction*> actions;
    for (QAction* action : menu->actions()) {
        if (action->menu() != nullptr) {
            const auto inner = actionsOf(action->menu());
            actions.insert(actions.end(), inner.begin(), inner.end());
        } else if (!action->isSeparator() && action->isEnabled()) {
            actions.push_back(action);
        }
    }
    return actions;
}

}  // namespace

void MainWindow::openPalette() {
    std::vector<PaletteEntry> entries;
    for (const RunRow& run : m_runs->model().rows())
        entries.push_back({QString::fromStdString(run.name), tr("run %1").arg(run.id.value()),
                           [this, id = run.id] { m_runs->selectRun(id); }});
    m_palette->offer(actionsOf(m_menu), std::move(entries));
}

void MainWindow::exportView() {
    if (currentPage() == nullptr) return;
    std::vector<ExportableView*> views = exportableViews(currentPage());
    if (views.empty()) return showMessage(tr("This page has nothing to export yet."));
    const ExportableView* focused = nullptr;
    for (QWidget* widget = QApplication::focusWidget(); widget != nullptr && focused == nullptr;
         widget = widget->parentWidget())
        focused = dynamic_cast<ExportableView*>(widget);
    auto* dialog = new ExportDialog(std::move(views), focused, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void MainWindow::chooseFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Hugging Face model folder"));
    if (!path.isEmpty()) openModel(path);
}

void MainWindow::chooseFile() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("GGUF model"), {}, tr("GGUF models (*.gguf)"));
    if (!path.isEmpty()) openModel(path);
}

void MainWindow::chooseWorkspace() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Workspace"), {}, tr("Workspaces (*.sqlite *.skdw)"));
    if (!path.isEmpty()) Q_EMIT workspaceRequested(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return url.isLocalFile(); }))
        event->acceptProposedAction();
}

/// Models and corpora go to the page that lists them.
void MainWindow::dropEvent(QDropEvent* event) {
    const int index = pageIndex(QStringLiteral("data"));
    if (index < 0) return;
    showPage(index);
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile()) m_pages[index].second->drop(url.toLocalFile());
    event->acceptProposedAction();
}

void MainWindow::copy() {
    if (m_log->isAncestorOf(QApplication::focusWidget()))
        m_log->copy();
    else if (currentPage() != nullptr)
        currentPage()->copy();
}

void MainWindow::paste() {
    if (currentPage() != nullptr) currentPage()->paste();
}

void MainWindow::about() {
    QMessageBox::about(
        this, tr("SparseKD Workbench"),
        tr("<b>SparseKD Workbench %1</b><br>Compress language models by low-rank pruning and "
           "distillation, "
           "by hand and by eye.<br><br>GPL-3.0. Uses Qt %2, QtCharts, SQLite and LibTorch.")
            .arg(QLatin1String(SKD_VERSION), QLatin1String(qVersion())));
}

}  // namespace skd
