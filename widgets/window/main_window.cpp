#include "window/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDialog>
#include <QDragEnterEvent>
#include <QLineEdit>
#include <QMessageBox>
#include <QMimeData>
#include <QScreen>
#include <QScrollArea>
#include <QTabBar>
#include <QTabWidget>
#include <QThread>
#include <QUrl>
#include <algorithm>

#include "controls/build.h"
#include "runs/queue_dock.h"
#include "runs/runs_dock.h"
#include "style/format.h"
#include "window/help_dock.h"
#include "window/log_dock.h"
#include "window/notice_bar.h"
#include "window/presenter.h"
#include "window/reading_order.h"
#include "window/registry.h"
#include "window/settings_dialog.h"
#include "window/top_bar.h"
#include "window/window_actions.h"
#include "window/window_layout.h"
#include "window/window_status.h"

namespace skd {

namespace {
constexpr QSize kSmallest(820, 520);  ///< below it the top bar and the pages lose what they are for
constexpr int kWatchInterval = 3000;  ///< ms between looks at a workspace that others write
}  // namespace

MainWindow::MainWindow(std::unique_ptr<Workspace> workspace, Theme& theme, QWidget* parent)
    : QMainWindow(parent),
      m_workspace(std::move(workspace)),
      m_theme(theme),
      m_monitor(*m_workspace),
      m_curves(*m_workspace),
      m_attention(*m_workspace, m_desktop),
      m_replay(*m_workspace, m_monitor, m_curves),
      m_health(*m_workspace, m_monitor, this) {
    setWindowTitle(tr("%1 – SparseKD Workbench").arg(m_workspace->name()));
    setWindowIcon(QIcon(QStringLiteral(":/icons/app.svg")));
    buildTop();
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    for (QWidget* part : std::initializer_list<QWidget*>{m_tabs, m_tabs->tabBar()})
        part->setAccessibleName(tr("Pages"));
    setCentralWidget(m_tabs);
    m_status = new WindowStatus(*m_workspace, this);
    setStatusBar(m_status);
    buildDocks();
    buildPages();
    buildExtras();
    connectParts();
    m_closeQuestion = [this] {
        return QMessageBox::question(
                   this, tr("A run is running"),
                   tr("Stop the run, save a checkpoint and close?\nIt can be resumed later.")) ==
               QMessageBox::Yes;
    };
    setAcceptDrops(true);
    if (m_workspace->readOnly()) watchOtherProcess();
    setMinimumSize(kSmallest);
    resize(1440, 900);
    restoreDefaultLayout();
    showPage(0);
    orderFocus();
}

MainWindow::~MainWindow() {
    for (QUndoStack* stack :
         m_undo.stacks()) {  // they outlive the group and emit signals at the end
        stack->disconnect(this);
        m_undo.removeStack(stack);
    }
    // Pages and dialogs refer to the workspace; they go first.
    delete takeCentralWidget();
    qDeleteAll(findChildren<QDialog*>(Qt::FindDirectChildrenOnly));
}

void MainWindow::buildDocks() {
    m_runs = new RunsDock(*m_workspace, m_monitor, m_selection, this);
    m_log = new LogDock(m_workspace->events(), this);
    m_queue = new QueueDock(*m_workspace, m_monitor, this);
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setDockOptions(QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
}

void MainWindow::buildPages() {
    const PageContext context{*m_workspace, m_monitor, m_curves, m_selection,
                              [this] { return shownSpec(); }};
    for (const PageEntry& entry : pageRegistry()) {
        Page* page = entry.make(context, m_tabs);
        auto* scroll = new QScrollArea(m_tabs);  // a small window scrolls
        scroll->setWidgetResizable(true);
        scroll->setFrameShape(QFrame::NoFrame);
        scroll->setFocusPolicy(Qt::NoFocus);
        scroll->setWidget(page);
        m_tabs->addTab(scroll, entry.title);
        m_pages.emplace_back(entry.id, page);
        if (page->undoStack() != nullptr) m_undo.addStack(page->undoStack());
        connect(page, &Page::offered, this, &MainWindow::handOver);
        connect(page, &Page::modelShown, m_top, &TopBar::setModelName);
        connect(page, &Page::pageRequested, this, [this](const QString& id) { handOver(id, {}); });
        connect(page, &Page::context, this, [this, page](const QString& text) {
            m_contexts[page] = text;
            if (page == currentPage()) showMessage(text);
        });
    }
    m_undo.addStack(&m_runs->undoStack());
    for (QUndoStack* stack :
         m_undo.stacks())  // Ctrl+Z takes back what was done last, wherever that was
        connect(stack, &QUndoStack::indexChanged, this,
                [this, stack] { m_undo.setActiveStack(stack); });
}

void MainWindow::connectParts() {
    connect(m_top, &TopBar::runRequested, this, &MainWindow::startRun);
    connect(m_workspace.get(), &Workspace::problemReported, this, &MainWindow::showMessage);
    connect(&m_monitor, &RunMonitor::failed, this, &MainWindow::showMessage);
    connect(&m_monitor, &RunMonitor::changed, this, [this] {
        if (m_closeWhenIdle && !m_monitor.running()) close();
    });
    m_workspace->events().on<RunStarted>(this, [this] {
        // Nobody who fills in a form is taken away from it.
        if (currentPage() != nullptr && currentPage()->followsRuns()) showPage(1);
    });
    connect(&m_runs->model(), &RunsModel::loaded, this, [this] {
        m_runsLoaded = true;
        m_status->showRuns(m_runs->model().rowCount());
    });
    connect(&m_curves, &RunCurvesCache::changed, this, &MainWindow::showDevice);
    connect(&m_selection, &RunSelection::changed, this, &MainWindow::showDevice);
    connect(&m_log->model(), &LogModel::warningsChanged, m_status, &WindowStatus::showWarnings);
    connect(m_status, &WindowStatus::logToggled, this,
            [this] { m_log->setVisible(!m_log->isVisible()); });
    connect(m_layout, &WindowLayout::saveWanted, this, &MainWindow::saveLayout);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        showMessage(m_contexts[currentPage()]);
        QTimer::singleShot(0, this,
                           &MainWindow::orderFocus);  // some pages are built as they are shown
    });
    connect(m_tabs, &QTabWidget::currentChanged, m_layout, &WindowLayout::changed);
}

/// Another process runs the engine: look what it has written.
void MainWindow::watchOtherProcess() {
    auto* timer = new QTimer(this);
    timer->setInterval(kWatchInterval);
    connect(timer, &QTimer::timeout, this, [this] {
        const int row = m_runs->model().indexOf(m_selection.current());
        Q_EMIT m_workspace->runsChanged();
        if (row >= 0 && m_runs->model().row(row).status == RunStatus::Running)
            m_curves.refresh(m_selection.current());
    });
    timer->start();
}

std::vector<QDockWidget*> MainWindow::docks() const {
    return {m_runs, m_queue, m_log, m_help};
}

Page* MainWindow::currentPage() const {
    const int index = m_tabs->currentIndex();
    return index >= 0 && index < static_cast<int>(m_pages.size()) ? m_pages[index].second : nullptr;
}

/// Tab leads from the tabs into the page in front, and through it as one reads.
void MainWindow::orderFocus() {
    if (currentPage() != nullptr) setReadingOrder(*currentPage(), m_tabs->tabBar());
}

QString MainWindow::pageTitle(int index) const {
    return m_tabs->tabText(index);
}

int MainWindow::currentIndex() const {
    return m_tabs->currentIndex();
}

void MainWindow::showPage(int index) {
    m_tabs->setCurrentIndex(index);
    if (currentPage() != nullptr) currentPage()->setFocus();
}

int MainWindow::pageIndex(const QString& id) const {
    const auto found = std::find_if(m_pages.begin(), m_pages.end(),
                                    [&](const auto& page) { return page.first == id; });
    return found == m_pages.end() ? -1 : static_cast<int>(found - m_pages.begin());
}

/// What one page offers another one, which is shown.
void MainWindow::handOver(const QString& id, const FieldValues& fields) {
    const int index = pageIndex(id);
    if (index < 0) return;
    showPage(index);
    if (!fields.empty()) currentPage()->take(fields);
}

void MainWindow::showMessage(const QString& text) {
    m_status->showSentence(text);
}

bool MainWindow::settled() const {
    return m_runsLoaded && currentPage() != nullptr && currentPage()->settled();
}

void MainWindow::showDevice() {
    const Json& environment = m_curves.curves(m_selection.current()).details.environment;
    const Json device = environment.is_object() ? valueOr(environment, "device", Json()) : Json(),
               known = environment.is_object() ? valueOr(environment, "threads", Json()) : Json();
    const auto threads = known.is_number_integer()
                             ? valueOr(known, std::int64_t{0})
                             : static_cast<std::int64_t>(QThread::idealThreadCount());
    m_top->setDeviceText(QStringLiteral("%1 · %2").arg(
        device.is_string() ? asText(valueOr(device, "")) : QStringLiteral("cpu"),
        tr("%1 threads", nullptr, threads).arg(formatWhole(threads))));
}

RunSpec MainWindow::shownSpec() const {
    RunSpec spec;
    for (const auto& [id, page] : m_pages) page->contribute(spec);
    return spec;
}

void MainWindow::startRun() {
    if (!m_monitor.canRun()) return;
    const RunSpec spec = shownSpec();
    const bool waits = m_monitor.running();
    m_monitor.start(spec);
    if (!waits) return;
    m_queue->show();
    showMessage(tr("The run waits in the queue until the current one has ended."));
}

void MainWindow::openModel(const QString& path) {
    RunSpec spec = shownSpec();
    spec.model.path = path.toStdString();
    spec.prune.explicitRanks.clear();  // they name matrices of the model that was there before
    m_monitor.openModel(spec);
    showPage(0);
}

void MainWindow::restoreLayout() {
    if (!m_layout->restore())
        return showMessage(
            tr("The last layout was not restored: the program ended while it was being restored."));
    if (const int page = pageIndex(WindowLayout::savedPage()); page >= 0) showPage(page);
}

void MainWindow::saveLayout() {
    if (m_presenter->presenting()) return;
    m_layout->save(currentIndex() >= 0 ? m_pages[currentIndex()].first : QString());
}

void MainWindow::restoreDefaultLayout() {
    m_layout->restoreDefault();
}

void MainWindow::closeEvent(QCloseEvent* event) {
    m_presenter->setPresenting(false);
    if (m_monitor.running() && !m_replay.playing()) {
        event->ignore();
        if (m_closeWhenIdle || !m_closeQuestion()) return;
        if (Session* session = m_workspace->session())
            session->holdQueue(true);  // what waits is not to begin now
        if (m_monitor.running()) {     // it may have ended while the question stood
            m_closeWhenIdle = true;
            showMessage(tr("Stopping the run and saving a checkpoint…"));
            return m_monitor.stop();
        }
        event->accept();
    }
    saveLayout();
    QMainWindow::closeEvent(event);
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    m_layout->changed();
}

void MainWindow::moveEvent(QMoveEvent* event) {
    QMainWindow::moveEvent(event);
    m_layout->changed();
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

void MainWindow::buildTop() {
    m_head = new QWidget(this);
    m_top = new TopBar(*m_workspace, m_monitor, m_head);
    m_notices = new NoticeBar(m_head);
    addAll(makeColumn(0, m_head), {m_top, m_notices});
    setMenuWidget(m_head);
}

void MainWindow::buildExtras() {
    m_help = new HelpDock(this);
    m_presenter = new Presenter(*this, m_theme, m_replay);
    m_undo.addStack(&m_presenter->undoStack());
    connect(&m_presenter->undoStack(), &QUndoStack::indexChanged, this,
            [this] { m_undo.setActiveStack(&m_presenter->undoStack()); });
    m_layout = new WindowLayout(*this, m_theme, {m_runs, m_queue, m_log, m_help});
    addWindowActions(*this, m_theme, m_undo, *m_top);
    const auto say = [this](const QString& text) {
        m_notices->show(QStringLiteral("failure"), text);
    };
    connect(m_workspace.get(), &Workspace::problemReported, this, say);
    connect(&m_monitor, &RunMonitor::failed, this, say);
    connect(&m_replay, &Replay::failed, this, &MainWindow::showMessage);
    connect(&m_replay, &Replay::changed, this, [this] { m_attention.setReplayed(m_replay.run()); });
    m_workspace->events().on<RunStarted>(
        this, [this] { m_notices->withdraw(QStringLiteral("failure")); });
    connect(&m_health, &HealthWatch::found, this,
            [this](const QString& topic, const QString& text) {
                if (text.isEmpty())
                    m_notices->withdraw(topic);
                else
                    m_notices->show(topic, text);
            });
    connect(&m_desktop, &Desktop::darkPreferred, &m_theme, &Theme::setSystemDark);
    applyPreferences(Preferences::load());
    m_desktop.followColorScheme();
}

void MainWindow::applyPreferences(const Preferences& preferences) {
    m_attention.setPreferences(preferences);
    for (const auto& [id, page] : m_pages)
        setControls(*page, {{"recover.smoothing", preferences.smoothing}});
}

void MainWindow::setFrameVisible(bool visible) {
    m_head->setVisible(visible);
    m_tabs->tabBar()->setVisible(visible);
    m_status->setVisible(visible);
}

void MainWindow::toggleHelp() {
    m_help->setVisible(!m_help->isVisible());
    if (!m_help->isVisible()) return;
    m_help->raise();
    if (currentIndex() >= 0)
        m_help->showPage(QStringLiteral("tour"), m_pages[currentIndex()].first);
    m_help->searchLine().setFocus();
}

void MainWindow::openSettings() {
    SettingsDialog dialog(m_theme, Preferences::load(), this);
    connect(&dialog, &SettingsDialog::applied, this, &MainWindow::applyPreferences);
    dialog.exec();
}

}  // namespace skd
