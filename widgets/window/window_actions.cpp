#include "window/window_actions.h"

#include <QActionGroup>
#include <QApplication>
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPointer>
#include <QUrl>

#include "charts/exportable_view.h"
#include "runs/runs_dock.h"
#include "window/command_palette.h"
#include "window/export_dialog.h"
#include "window/main_window.h"
#include "window/model_export_dialog.h"
#include "window/presenter.h"
#include "window/top_bar.h"
#include "window/views_dialog.h"

namespace skd {

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

/// The window's menus: one table of text, keys and what each entry does.
class WindowActions : public QObject {
    Q_DECLARE_TR_FUNCTIONS(skd::WindowActions)
public:
    /// The window's pages and docks exist already.
    WindowActions(MainWindow& window, Theme& theme, QUndoGroup& undo, TopBar& top)
        : QObject(&window),
          m_window(window),
          m_theme(theme),
          m_menu(new QMenu(&window)),
          m_palette(new CommandPalette(&window)) {
        add(m_menu->addMenu(tr("File")), fileEntries());
        buildEditMenu(m_menu->addMenu(tr("Edit")), undo);
        add(m_menu->addMenu(tr("Run")), runEntries());
        buildViewMenu(m_menu->addMenu(tr("View")));
        add(m_menu->addMenu(tr("Present")), presentEntries());
        add(m_menu,
            {{},
             {tr("Command palette"), {Qt::CTRL | Qt::Key_K}, [this] { openPalette(); }},
             {tr("Settings…"), {Qt::CTRL | Qt::Key_Comma}, [this] { m_window.openSettings(); }},
             {tr("Help"), {QKeySequence::HelpContents}, [this] { m_window.toggleHelp(); }},
             {tr("About SparseKD Workbench"), {}, [this] { about(); }}});
        top.setMenu(m_menu);
        QMenu* menu = top.workspaceMenu();
        menu->addAction(tr("Open another workspace…"), this, &WindowActions::chooseWorkspace);
        menu->addAction(tr("Show in its folder"), this, &WindowActions::showInFolder);
        connect(&top, &TopBar::folderRequested, this, &WindowActions::chooseFolder);
        connect(&top, &TopBar::fileRequested, this, &WindowActions::chooseFile);
        connect(&window.runs(), &RunsDock::exportRequested, this, &WindowActions::exportModel);
    }

private:
    /// One line of a menu; without a text it separates.
    struct Entry {
        QString text;
        QList<QKeySequence> keys;
        std::function<void()> act;
        bool enabled = true;
    };
    void add(QMenu* menu, const std::vector<Entry>& entries) {
        for (const Entry& entry : entries) {
            if (entry.text.isEmpty()) {
                menu->addSeparator();
                continue;
            }
            auto* action = new QAction(entry.text, this);
            action->setShortcuts(entry.keys);
            action->setEnabled(entry.enabled);
            connect(action, &QAction::triggered, this, entry.act);
            addShared(menu, action);
        }
    }
    /// Shortcuts of menu entries work only where the action also belongs to the window.
    void addShared(QMenu* menu, QAction* action) {
        menu->addAction(action);
        m_window.addAction(action);
    }
    [[nodiscard]] std::vector<Entry> fileEntries() {
        const bool canRun = m_window.monitor().canRun();
        const auto show = [this](const char* page) {
            return [this, page] { m_window.showPage(m_window.pageIndex(QLatin1String(page))); };
        };
        return {
            {tr("New run"), {Qt::CTRL | Qt::Key_N}, show("new-run")},
            {tr("New study"), {Qt::CTRL | Qt::SHIFT | Qt::Key_N}, show("new-study")},
            {tr("Open model folder…"), {QKeySequence::Open}, [this] { chooseFolder(); }, canRun},
            {tr("Open GGUF file…"), {}, [this] { chooseFile(); }, canRun},
            {tr("Open another workspace…"), {}, [this] { chooseWorkspace(); }},
            {},
            {tr("Export model…"),
             {Qt::CTRL | Qt::SHIFT | Qt::Key_E},
             [this] { exportModel(m_window.selection().current()); },
             canRun},
            {tr("Export view…"), {Qt::CTRL | Qt::Key_E}, [this] { exportView(); }},
            {},
            {tr("Quit"), {QKeySequence::Quit}, [this] { m_window.close(); }}};
    }
    [[nodiscard]] std::vector<Entry> runEntries() {
        RunMonitor& monitor = m_window.monitor();
        const bool canRun = monitor.canRun();
        const auto pause = [&monitor] {
            monitor.setPaused(monitor.state() != RunMonitor::State::Paused);
        };
        return {{tr("Prune and recover"),
                 {Qt::CTRL | Qt::Key_R},
                 [this] { m_window.startRun(); },
                 canRun},
                {tr("Pause or resume"), {Qt::CTRL | Qt::Key_P}, pause, canRun},
                {tr("Stop"), {Qt::CTRL | Qt::Key_Period}, [&monitor] { monitor.stop(); }, canRun}};
    }
    [[nodiscard]] std::vector<Entry> presentEntries() {
        Presenter& presenter = m_window.presenter();
        const auto present = [&presenter] { presenter.setPresenting(!presenter.presenting()); };
        const auto replay = [&presenter] { presenter.toggleReplay(); };
        return {{tr("Present in full screen"), {Qt::Key_F11}, present},
                {tr("Replay the run shown on top"), {Qt::CTRL | Qt::SHIFT | Qt::Key_R}, replay},
                {},
                {tr("Save this view…"),
                 {Qt::CTRL | Qt::SHIFT | Qt::Key_S},
                 [this] { saveView(); },
                 !m_window.workspace().readOnly()},
                {tr("Saved views…"), {Qt::CTRL | Qt::SHIFT | Qt::Key_V}, [this] { manageViews(); }},
                {tr("Next view"), {}, [&presenter] { presenter.step(1); }},
                {tr("Previous view"), {}, [&presenter] { presenter.step(-1); }}};
    }
    void buildEditMenu(QMenu* menu, QUndoGroup& undo) {
        QAction* back = undo.createUndoAction(this);
        back->setShortcut(QKeySequence::Undo);
        QAction* again = undo.createRedoAction(this);
        again->setShortcuts(
            {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)});
        for (QAction* action : {back, again}) addShared(menu, action);
        add(menu, {{tr("Copy"), {QKeySequence::Copy}, [this] { m_window.copy(); }},
                   {tr("Paste"), {QKeySequence::Paste}, [this] { m_window.paste(); }}});
    }
    void buildViewMenu(QMenu* menu) {
        auto* group = new QActionGroup(menu);
        for (auto [choice, text] : {std::pair{ThemeChoice::System, tr("System theme")},
                                    std::pair{ThemeChoice::Light, tr("Light")},
                                    std::pair{ThemeChoice::Dark, tr("Dark")}}) {
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
        for (QDockWidget* dock : m_window.docks()) menu->addAction(dock->toggleViewAction());
        std::vector<Entry> pages{{}};
        for (int i = 0; i < static_cast<int>(m_window.pages().size()); ++i)
            pages.push_back({m_window.pageTitle(i),
                             {Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + i)},
                             [this, i] { m_window.showPage(i); }});
        pages.push_back({});
        pages.push_back(
            {tr("Restore default layout"), {}, [this] { m_window.restoreDefaultLayout(); }});
        add(menu, pages);
    }
    void chooseWorkspace() {
        const QString path = QFileDialog::getOpenFileName(&m_window, tr("Workspace"), {},
                                                          tr("Workspaces (*.sqlite *.skdw)"));
        if (!path.isEmpty()) Q_EMIT m_window.workspaceRequested(path);
    }
    void showInFolder() {
        const QFileInfo file(asText(m_window.workspace().path()));
        QDesktopServices::openUrl(QUrl::fromLocalFile(file.absolutePath()));
    }
    /// Offers the views of the page for export, the one with the focus first.
    void exportView() {
        Page* page = m_window.currentPage();
        if (page == nullptr) return;
        std::vector<ExportableView*> views = exportableViews(page);
        if (views.empty()) return m_window.showMessage(tr("This page has nothing to export yet."));
        const ExportableView* focused = nullptr;
        for (QWidget* widget = QApplication::focusWidget(); widget != nullptr && focused == nullptr;
             widget = widget->parentWidget())
            focused = dynamic_cast<ExportableView*>(widget);
        auto* dialog = new ExportDialog(std::move(views), focused, &m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    }
    /// One dialog at a time: another would wait for the first one's export.
    void exportModel(RunId run) {
        if (m_exportModel != nullptr) return m_exportModel->raise();
        m_exportModel = new ModelExportDialog(m_window.workspace(), m_window.monitor(),
                                              m_window.runs().model().rows(), run, &m_window);
        m_exportModel->setAttribute(Qt::WA_DeleteOnClose);
        m_exportModel->show();
    }
    void saveView() {
        const int page = m_window.currentIndex();
        QString name = page >= 0 ? m_window.pageTitle(page) : QString();
        RunsModel& runs = m_window.runs().model();
        if (const int row = runs.indexOf(m_window.selection().current()); row >= 0)
            name += QStringLiteral(" · ") + asText(runs.row(row).name);
        double speed = 0;
        if (askForView(&m_window, name, name, speed)) m_window.presenter().save(name, speed);
    }
    void manageViews() {
        auto* dialog =
            new ViewsDialog(m_window.presenter(), m_window.workspace().readOnly(), &m_window);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->show();
    }
    void about() {
        QMessageBox::about(
            &m_window, tr("SparseKD Workbench"),
            tr("<b>SparseKD Workbench %1</b><br>Compress language models by low-rank pruning and "
               "distillation, "
               "by hand and by eye.<br><br>GPL-3.0. Uses Qt %2, QtCharts, SQLite and LibTorch.")
                .arg(QLatin1String(SKD_VERSION), QLatin1String(qVersion())));
    }
    void chooseFolder() {
        const QString path =
            QFileDialog::getExistingDirectory(&m_window, tr("Hugging Face model folder"));
        if (!path.isEmpty()) m_window.openModel(path);
    }
    void chooseFile() {
        const QString path = QFileDialog::getOpenFileName(&m_window, tr("GGUF model"), {},
                                                          tr("GGUF models (*.gguf)"));
        if (!path.isEmpty()) m_window.openModel(path);
    }
    /// Ctrl+K: every action that is enabled, and the runs.
    void openPalette() {
        std::vector<PaletteEntry> entries;
        for (const RunRow& run : m_window.runs().model().rows())
            entries.push_back({asText(run.name), tr("run %1").arg(run.id.value()),
                               [this, id = run.id] { m_window.runs().selectRun(id); }});
        m_palette->offer(actionsOf(m_menu), std::move(entries));
    }

    MainWindow& m_window;
    Theme& m_theme;
    QMenu* m_menu;
    CommandPalette* m_palette;
    QPointer<ModelExportDialog> m_exportModel;
};

}  // namespace

void addWindowActions(MainWindow& window, Theme& theme, QUndoGroup& undo, TopBar& top) {
    new WindowActions(window, theme, undo, top);
}

}  // namespace skd
