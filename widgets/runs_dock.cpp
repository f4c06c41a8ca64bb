#include "runs_dock.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QPushButton>
#include <QShortcut>
#include <QToolButton>
#include <QUndoCommand>
#include <QVBoxLayout>
#include <algorithm>

#include "delegates/run_delegate.h"
#include "pages/card.h"
#include "theme.h"

namespace skd {

namespace {

class DeleteRuns : public QUndoCommand {
public:
    DeleteRuns(Workspace& workspace, std::vector<RunRow> runs)
        : QUndoCommand(
              runs.size() == 1
                  ? QObject::tr("delete “%1”").arg(QString::fromStdString(runs.front().name))
                  : QObject::tr("delete %1 runs").arg(runs.size())),
          m_workspace(workspace),
          m_runs(std::move(runs)) {}
    void redo() override {
        for (const RunRow& run : m_runs) m_workspace.deleteRun(run.id);
    }
    void undo() override {
        for (const RunRow& run : m_runs) m_workspace.restoreRun(run.id);
    }

private:
    Workspace& m_workspace;
    std::vector<RunRow> m_runs;
};

}  // namespace

QWidget* makeDockTitle(QDockWidget* dock) {
    auto* bar = new QWidget(dock);
    bar->setObjectName(QStringLiteral("dockTitle"));
    bar->setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(10, 9, 8, 3);
    row->addWidget(
        makeLabel(dock->windowTitle(), static_cast<int>(TextRole::Title), "secondary", bar), 1);
    return bar;
}

RunsDock::RunsDock(Workspace& workspace, RunMonitor& monitor, RunSelection& selection,
                   QWidget* parent)
    : QDockWidget(tr("Runs"), parent),
      m_workspace(workspace),
      m_monitor(monitor),
      m_selection(selection),
      m_model(new RunsModel(workspace, this)),
      m_proxy(new RunsProxy(this)) {
    setObjectName(QStringLiteral("runsDock"));
    setTitleBarWidget(makeDockTitle(this));
    m_proxy->setSourceModel(m_model);
    buildLayout();
    connectParts();
    m_model->reload();
}

void RunsDock::buildLayout() {
    auto* panel = new QWidget(this);
    panel->setObjectName(QStringLiteral("dock"));
    panel->setAttribute(Qt::WA_StyledBackground);
    panel->setMinimumWidth(190);
    m_filter = new QLineEdit(panel);
    m_filter->setObjectName(QStringLiteral("runs.filter"));
    m_filter->setAccessibleName(tr("Filter runs"));
    m_filter->setPlaceholderText(tr("filter: svd  ppl < 50"));
    m_filter->setToolTip(
        tr("Words, and comparisons of status, seed, ppl, post_prune, dense, removed, target:\nsvd  "
           "status = completed  ppl < 50"));
    m_filter->setClearButtonEnabled(true);
    m_problem = makeLabel({}, static_cast<int>(TextRole::Small), "bad", panel);
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_list = new QListView(panel);
    m_list->setObjectName(QStringLiteral("runs.list"));
    m_list->setAccessibleName(tr("Runs"));
    m_list->setModel(m_proxy);
    m_list->setItemDelegate(new RunDelegate(m_list));
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setUniformItemSizes(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(8, 4, 8, 8);
    column->setSpacing(6);
    column->addWidget(m_filter);
    column->addWidget(m_problem);
    column->addWidget(m_list, 1);
    buildNotice(panel);
    column->addWidget(m_notice);
    setWidget(panel);
}

void RunsDock::buildNotice(QWidget* parent) {
    m_notice = new QWidget(parent);
    auto* row = new QHBoxLayout(m_notice);
    row->setContentsMargins(4, 2, 4, 2);
    m_noticeText = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", m_notice);
    auto* undo = new QPushButton(tr("Undo"), m_notice);
    undo->setProperty("link", true);
    undo->setObjectName(QStringLiteral("runs.undo"));
    row->addWidget(m_noticeText, 1);
    row->addWidget(undo);
    m_notice->hide();
    connect(undo, &QPushButton::clicked, &m_undo, &QUndoStack::undo);
    connect(&m_undo, &QUndoStack::indexChanged, this, [this] {
        m_noticeText->setText(m_undo.undoText());
        m_notice->setVisible(m_undo.canUndo());
    });
}

void RunsDock::connectParts() {
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& text) {
        const RunFilter filter(text);
        m_problem->setText(filter.problem());
        m_problem->setVisible(!filter.problem().isEmpty());
        m_proxy->setFilter(filter);
    });
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsDock::publishSelection);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &RunsDock::publishSelection);
    connect(m_list, &QListView::customContextMenuRequested, this, &RunsDock::showMenu);
    connect(m_model, &RunsModel::loaded, this, &RunsDock::onLoaded);
    connect(&m_workspace.events(), &EventBridge::runStarted, this,
            [this](const RunStarted& e) { selectRun(e.run); });
    auto* remove =
        new QShortcut(QKeySequence::Delete, m_list, nullptr, nullptr, Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this, &RunsDock::deleteSelected);
}

void RunsDock::onLoaded() {
    if (m_wanted != RunId{}) selectRun(m_wanted);
    if (m_selection.current() != RunId{} || m_model->rowCount() == 0) return;
    const auto worthSeeing = [this](int i) {
        return m_model->row(i).status == RunStatus::Completed ||
               m_model->row(i).status == RunStatus::Running;
    };
    for (int i = 0; i < m_model->rowCount(); ++i)
        if (worthSeeing(i)) return selectRun(m_model->row(i).id);
    selectRun(m_model->row(0).id);
}

void RunsDock::selectRun(RunId run) {
    const int row = m_model->indexOf(run);
    m_wanted = row < 0 ? run : RunId{};
    if (row < 0) return m_selection.set(run, {});
    const QModelIndex index = m_proxy->mapFromSource(m_model->index(row));
    if (!index.isValid()) return m_selection.set(run, {});  // the filter hides it
    m_list->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect);
}

void RunsDock::publishSelection() {
    const QModelIndex current = m_list->currentIndex();
    std::vector<RunId> all;
    for (const QModelIndex& index : m_list->selectionModel()->selectedIndexes())
        all.push_back(RunId(index.data(RunsModel::IdRole).toLongLong()));
    if (all.empty()) return;  // a reload empties the selection for a moment
    RunId front = all.front();
    if (current.isValid() && m_list->selectionModel()->isSelected(current))
        front = RunId(current.data(RunsModel::IdRole).toLongLong());
    m_selection.set(front, std::move(all));
}

std::vector<RunRow> RunsDock::selectedRuns() const {
    std::vector<RunRow> runs;
    for (const QModelIndex& index : m_list->selectionModel()->selectedIndexes())
        runs.push_back(index.data(RunsModel::RowRole).value<RunRow>());
    return runs;
}

void RunsDock::deleteSelected() {
    std::vector<RunRow> runs = selectedRuns();
    std::erase_if(
        runs, [](const RunRow& run) { return run.deleted || run.status == RunStatus::Running; });
    if (!runs.empty() && !m_workspace.readOnly())
        m_undo.push(new DeleteRuns(m_workspace, std::move(runs)));
}

void RunsDock::copySpec(RunId run) {
    m_workspace.reader().ask<RunDetails>(
        this, [run](const RunStore& store) { return store.details(run); },
        [](Result<RunDetails> details) {
            if (details)
                QApplication::clipboard()->setText(
                    QString::fromStdString(dumpJson(details->spec, 2)));
        });
}

void RunsDock::showMenu(const QPoint& position) {
    const QModelIndex index = m_list->indexAt(position);
    QMenu menu(this);
    if (index.isValid()) {
        const auto run = index.data(RunsModel::RowRole).value<RunRow>();
        const bool write = !m_workspace.readOnly();
        const bool resumable =
            run.status == RunStatus::Interrupted || run.status == RunStatus::Cancelled;
        menu.addAction(tr("Rename"), this, [this, index] { m_list->edit(index); })
            ->setEnabled(write);
        menu.addAction(tr("Copy spec as JSON"), this, [this, id = run.id] { copySpec(id); });
        menu.addAction(tr("Resume"), this, [this, id = run.id] { m_workspace.resumeRun(id); })
            ->setEnabled(write && resumable && !m_monitor.running());
        menu.addSeparator();
        if (run.deleted)
            menu.addAction(tr("Restore"), this, [this, id = run.id] { m_workspace.restoreRun(id); })
                ->setEnabled(write);
        else
            menu.addAction(tr("Delete"), QKeySequence::Delete, this, &RunsDock::deleteSelected)
                ->setEnabled(write && run.status != RunStatus::Running);
        menu.addSeparator();
    }
    QAction* all = menu.addAction(tr("Show deleted runs"));
    all->setCheckable(true);
    all->setChecked(m_model->includeDeleted());
    connect(all, &QAction::toggled, m_model, &RunsModel::setIncludeDeleted);
    menu.exec(m_list->viewport()->mapToGlobal(position));
}

}  // namespace skd
