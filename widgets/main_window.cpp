#include "main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QLabel>
#include <QMessageBox>
#include <QScreen>
#include <QScrollArea>
#include <QSettings>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QThread>
#include <QToolButton>
#include <algorithm>

#include "command_palette.h"
#include "delegates/format.h"
#include "help_dock.h"
#include "log_dock.h"
#include "pages/build.h"
#include "pages/elided_label.h"
#include "pages/reading_order.h"
#include "presenter.h"
#include "queue_dock.h"
#include "runs_dock.h"
#include "top_bar.h"

namespace skd {

namespace {
constexpr int kSafeAfter = 2000;  ///< ms after which a layout that was put back counts as harmless
constexpr QSize kSmallest(820, 520);  ///< below it the top bar and the pages lose what they are for
constexpr int kSaveDelay = 1500;      ///< ms after the last change of the layout
constexpr int kWatchInterval =
    3000;  ///< ms between looks at a workspace that another process writes
}  // namespace

MainWindow::MainWindow(std::unique_ptr<Workspace> workspace, Theme& theme, QWidget* parent)
    : QMainWindow(parent),
      m_workspace(std::move(workspace)),
      m_theme(theme),
      m_monitor(*m_workspace),
      m_curves(*m_workspace),
      m_attention(*m_workspace, m_desktop),
      m_replay(*m_workspace, m_monitor, m_curves),
      m_health(*m_workspace, m_monitor) {
    setWindowTitle(tr("%1 – SparseKD Workbench").arg(m_workspace->name()));
    setWindowIcon(QIcon(QStringLiteral(":/icons/app.svg")));
    buildTop();
    m_tabs = new QTabWidget(this);
    m_tabs->setDocumentMode(true);
    for (QWidget* part : std::initializer_list<QWidget*>{m_tabs, m_tabs->tabBar()})
        part->setAccessibleName(tr("Pages"));
    setCentralWidget(m_tabs);
    buildStatusBar();
    buildDocks();
    buildPages();
    buildExtras();
    buildMenus();
    connectParts();
    m_saveLater.setSingleShot(true);
    m_saveLater.setInterval(kSaveDelay);
    m_closeQuestion = [this] {
        return QMessageBox::question(
                   this, tr("A run is going on"),
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
         m_undo.stacks()) {  // they outlive the group, and speak up when they end
        stack->disconnect(this);
        m_undo.removeStack(stack);
    }
    // Pages refer to the workspace; they go first.
    delete takeCentralWidget();
}

void MainWindow::buildDocks() {
    m_runs = new RunsDock(*m_workspace, m_monitor, m_selection, this);
    m_log = new LogDock(m_workspace->events(), this);
    m_queue = new QueueDock(*m_workspace, m_monitor, this);
    m_palette = new CommandPalette(this);
    setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
    setDockOptions(QMainWindow::AllowNestedDocks | QMainWindow::AllowTabbedDocks);
}

void MainWindow::buildPages() {
    const PageContext context{*m_workspace, m_monitor, m_curves, m_selection,
                              [this] { return shownSpec(); }};
    for (const PageEntry& entry : pageRegistry()) {
        Page* page = entry.make(context, m_tabs);
        auto* scroll =
            new QScrollArea(m_tabs);  // a small window scrolls; it never outgrows its screen
        scroll->setWidgetResizable(true);
        scroll->setFrameShape(QFrame::NoFrame);
        scroll->setFocusPolicy(Qt::NoFocus);
        scroll->setWidget(page);
        m_tabs->addTab(scroll, entry.title);
        m_pages.emplace_back(entry.id, page);
        if (page->undoStack() != nullptr) m_undo.addStack(page->undoStack());
        connect(page, &Page::offered, this, &MainWindow::handOver);
        connect(page, &Page::modelShown, m_top, &TopBar::setModelName);
        connect(page, &Page::pageRequested, this, [this](const QString& id) {
            for (std::size_t i = 0; i < m_pages.size(); ++i)
                if (m_pages[i].first == id) showPage(static_cast<int>(i));
        });
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

void MainWindow::buildStatusBar() {
    m_contextLabel = named(new ElidedLabel({}, this), "status.context");
    m_contextLabel->setProperty("tone", QStringLiteral("secondary"));
    m_contextLabel->setMinimumWidth(100);
    m_contextLabel->setFont(textFont(TextRole::Small));
    m_contextLabel->setContentsMargins(10, 0, 0, 0);
    m_counts = new QLabel(this);
    m_counts->setFont(textFont(TextRole::Small));
    m_warnings = named(new QToolButton(this), "status.warnings");
    m_warnings->setProperty("quiet", true);
    m_warnings->setFont(textFont(TextRole::Small));
    m_warnings->setText(tr("log: no warnings"));
    m_warnings->setToolTip(tr("Show the log"));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_contextLabel, 1);
    statusBar()->addPermanentWidget(m_counts);
    statusBar()->addPermanentWidget(m_warnings);
}

void MainWindow::connectParts() {
    connect(m_top, &TopBar::folderRequested, this, &MainWindow::chooseFolder);
    connect(m_top, &TopBar::fileRequested, this, &MainWindow::chooseFile);
    connect(m_top, &TopBar::runRequested, this, &MainWindow::startRun);
    connect(m_workspace.get(), &Workspace::complained, this, &MainWindow::showMessage);
    connect(&m_monitor, &RunMonitor::failed, this, &MainWindow::showMessage);
    connect(&m_monitor, &RunMonitor::changed, this, [this] {
        if (m_closeWhenIdle && !m_monitor.running()) close();
    });
    connect(&m_workspace->events(), &EventBridge::runStarted, this, [this](const RunStarted&) {
        // Nobody who fills in a form is taken away from it.
        if (currentPage() != nullptr && currentPage()->followsRuns()) showPage(1);
    });
    connect(&m_runs->model(), &RunsModel::loaded, this, [this] {
        m_runsLoaded = true;
        showCounts();
    });
    connect(&m_curves, &RunCurvesCache::changed, this, &MainWindow::showDevice);
    connect(&m_selection, &RunSelection::changed, this, &MainWindow::showDevice);
    connect(&m_log->model(), &LogModel::warningsChanged, this, [this](int count) {
        m_warnings->setText(count == 0
                                ? tr("log: no warnings")
                                : countText(count, tr("log: %1 warning"), tr("log: %1 warnings")));
    });
    connect(m_warnings, &QToolButton::clicked, this,
            [this] { m_log->setVisible(!m_log->isVisible()); });
    connect(&m_saveLater, &QTimer::timeout, this, &MainWindow::saveLayout);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        showMessage(m_contexts[currentPage()]);
        QTimer::singleShot(0, this,
                           &MainWindow::orderFocus);  // some pages are built as they are shown
    });
    connect(m_tabs, &QTabWidget::currentChanged, &m_saveLater, qOverload<>(&QTimer::start));
    connect(&m_theme, &Theme::changed, &m_saveLater, qOverload<>(&QTimer::start));
    for (QDockWidget* dock : docks()) {
        connect(dock, &QDockWidget::dockLocationChanged, &m_saveLater, qOverload<>(&QTimer::start));
        connect(dock, &QDockWidget::visibilityChanged, &m_saveLater, qOverload<>(&QTimer::start));
    }
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
    m_contextLabel->setText(text);
}

bool MainWindow::settled() const {
    return m_runsLoaded && currentPage() != nullptr && currentPage()->settled();
}

void MainWindow::showCounts() {
    m_counts->setText(tr("workspace %1 · %2%3")
                          .arg(formatMegabytes(static_cast<double>(m_workspace->sizeOnDisk())),
                               countText(m_runs->model().rowCount(), tr("%1 run"), tr("%1 runs")),
                               m_workspace->readOnly() ? tr(" · read-only") : QString()));
    m_counts->setToolTip(
        m_workspace->readOnly()
            ? tr("%1: nothing is changed or started here.").arg(m_workspace->readOnlyText())
            : QString());
}

void MainWindow::showDevice() {
    const Json& environment = m_curves.curves(m_selection.current()).details.environment;
    std::string device = "cpu";
    auto threads = static_cast<std::int64_t>(QThread::idealThreadCount());
    if (environment.is_object()) {
        if (const auto found = environment.find("device");
            found != environment.end() && found->is_string())
            device = found->get<std::string>();
        if (const auto found = environment.find("threads");
            found != environment.end() && found->is_number_integer())
            threads = found->get<std::int64_t>();
    }
    m_top->setDeviceText(QStringLiteral("%1 · %2").arg(
        QString::fromStdString(device), countText(threads, tr("%1 thread"), tr("%1 threads"))));
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
    showMessage(tr("The run waits in the queue until the one that goes on has ended."));
}

void MainWindow::openModel(const QString& path) {
    RunSpec spec = shownSpec();
    spec.model.path = path.toStdString();
    spec.prune.explicitRanks.clear();  // they name matrices of the model that was there before
    m_monitor.openModel(spec);
    showPage(0);
}

void MainWindow::restoreLayout() {
    QSettings settings;
    m_keepsLayout = true;
    m_theme.apply(themeChoiceFrom(settings.value("theme").toString()));
    m_runs->setGrouping(static_cast<RunGrouping>(std::clamp(
        settings.value("runs/grouping").toInt(), 0, static_cast<int>(RunGrouping::Tag))));
    if (settings.value("layout/opening", false).toBool())
        return showMessage(tr(
            "The layout of the last time was left out: the program ended while it was put back."));
    settings.setValue("layout/opening", true);
    settings.sync();
    if (!restoreSavedLayout()) restoreDefaultLayout();
    const QString page = settings.value("layout/page").toString();
    for (std::size_t i = 0; i < m_pages.size(); ++i)
        if (m_pages[i].first == page) showPage(static_cast<int>(i));
    // Drawing it may fail as well: only a window that has stood for a while counts as got through.
    QTimer::singleShot(kSafeAfter, this, [] { QSettings().setValue("layout/opening", false); });
}

/// False where what was saved is damaged, or lies on a screen that is gone.
bool MainWindow::restoreSavedLayout() {
    const QSettings settings;
    const QByteArray geometry = settings.value("layout/geometry").toByteArray(),
                     state = settings.value("layout/state").toByteArray();
    if (geometry.isEmpty() && state.isEmpty()) return true;
    const bool whole = restoreGeometry(geometry) && restoreState(state, kLayoutVersion);
    const bool onScreen = QGuiApplication::screenAt(frameGeometry().center()) != nullptr;
    if (!onScreen) resize(1440, 900), move(40, 40);
    return whole;
}

void MainWindow::saveLayout() {
    if (!m_keepsLayout || m_presenter->presenting()) return;
    QSettings settings;
    settings.setValue("theme", QLatin1String(themeChoiceName(m_theme.choice())));
    settings.setValue("runs/grouping", static_cast<int>(m_runs->tree().grouping()));
    settings.setValue("layout/geometry", saveGeometry());
    settings.setValue("layout/state", saveState(kLayoutVersion));
    settings.setValue("layout/opening", false);
    if (m_tabs->currentIndex() >= 0)
        settings.setValue("layout/page", m_pages[m_tabs->currentIndex()].first);
}

void MainWindow::restoreDefaultLayout() {
    for (QDockWidget* dock : docks()) dock->setFloating(false);
    addDockWidget(Qt::LeftDockWidgetArea, m_runs);
    for (QDockWidget* dock : {static_cast<QDockWidget*>(m_queue), static_cast<QDockWidget*>(m_log)})
        addDockWidget(Qt::BottomDockWidgetArea, dock);
    splitDockWidget(m_queue, m_log, Qt::Horizontal);
    m_runs->show();
    addDockWidget(Qt::RightDockWidgetArea, m_help);
    for (QDockWidget* dock : {static_cast<QDockWidget*>(m_queue), static_cast<QDockWidget*>(m_log),
                              static_cast<QDockWidget*>(m_help)})
        dock->hide();
    resizeDocks({m_runs, m_help}, {238, 380}, Qt::Horizontal);
    resizeDocks({m_queue, m_log}, {190, 190}, Qt::Vertical);
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
    m_saveLater.start();
}

void MainWindow::moveEvent(QMoveEvent* event) {
    QMainWindow::moveEvent(event);
    m_saveLater.start();
}

}  // namespace skd
