#include "runs/runs_dock.h"

#include <QPushButton>
#include <QShortcut>
#include <QSignalBlocker>
#include <QTreeView>
#include <algorithm>
#include <utility>

#include "bridge/workspace_command.h"
#include "controls/build.h"
#include "controls/choice_button.h"
#include "runs/filter_line.h"
#include "runs/run_delegate.h"
#include "style/format.h"

namespace skd {

namespace {

/// “name” of one run, or how many there are.
QString subject(const std::vector<RunRow>& runs) {
    const int count = static_cast<int>(runs.size());
    return count == 1 ? QStringLiteral("“%1”").arg(asText(runs.front().name))
                      : QObject::tr("%1 runs", nullptr, count).arg(formatWhole(count));
}

}  // namespace

RunsDock::RunsDock(Workspace& workspace, RunMonitor& monitor, RunSelection& selection,
                   QWidget* parent)
    : Dock("runsDock", tr("Runs"), parent),
      m_workspace(workspace),
      m_monitor(monitor),
      m_selection(selection),
      m_model(new RunsModel(workspace, this)),
      m_tree(new RunTree(*m_model, this)) {
    m_grouping = new ChoiceButton(
        "runs.grouping", tr("Group runs"), tr("group: "),
        {{tr("none"), tr("one list, newest first"), RunGrouping::None},
         {tr("study"), tr("by the study they were started for"), RunGrouping::Study},
         {tr("variant"), tr("seeds of one variant together, with their mean ± std"),
          RunGrouping::Variant},
         {tr("model"), tr("by the model they start from"), RunGrouping::Model},
         {tr("method"), tr("by pruner"), RunGrouping::Method},
         {tr("status"), tr("by how they ended"), RunGrouping::State},
         {tr("tag"), tr("by tag; a run with two tags appears in both"), RunGrouping::Tag}},
        this);
    setTitleControl(m_grouping);
    buildLayout();
    connectParts();
    connectTree();
    m_model->reload();
}

void RunsDock::buildLayout() {
    QWidget* panel = this->panel();
    panel->setMinimumWidth(190);
    m_filter = named(
        new FilterLine([this]() -> const std::vector<RunRow>& { return m_model->rows(); }, panel),
        "runs.filter");
    m_problem = wrapped(makeLabel({}, TextRole::Small, "bad", panel));
    m_problem->hide();
    m_empty = wrapped(makeLabel({}, TextRole::Small, "secondary", panel, "runs.empty"));
    m_empty->hide();
    m_list = named(new QTreeView(panel), "runs.list", tr("Runs"));
    m_list->setModel(m_tree);
    m_list->setItemDelegate(makeRunDelegate(m_list));
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->setIndentation(0);
    m_list->setExpandsOnDoubleClick(false);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->setUniformRowHeights(true);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    buildNotice(panel);
    addAll(makeColumn(6, panel, {8, 4, 8, 8}),
           {m_filter, m_problem, m_empty, {m_list, 1}, m_notice});
}

void RunsDock::buildNotice(QWidget* parent) {
    m_notice = new QWidget(parent);
    m_noticeText = makeLabel({}, TextRole::Small, "secondary", m_notice);
    auto* undo = makeButton(tr("Undo"), "runs.undo", {}, m_notice);
    undo->setProperty("link", true);
    addAll(makeRow(-1, m_notice, {4, 2, 4, 2}), {{m_noticeText, 1}, undo});
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
        m_tree->setFilter(filter);
    });
    connect(m_grouping, &ChoiceButton::chosen, this,
            [this](int value) { setGrouping(static_cast<RunGrouping>(value)); });
    connect(m_list, &QTreeView::customContextMenuRequested, this, &RunsDock::showMenu);
    connect(m_list, &QTreeView::clicked, this, [this](const QModelIndex& index) {
        if (m_tree->runAt(index) == RunId{}) m_list->setExpanded(index, !m_list->isExpanded(index));
    });
    connect(m_model, &RunsModel::loaded, this, &RunsDock::onLoaded);
    connect(m_model, &RunsModel::loaded, this, &RunsDock::showEmpty);
    connect(m_model, &RunsModel::renamed, this, [this](const RunRow& run, const std::string& name) {
        push(
            QObject::tr("rename %1"), {run},
            [&](const RunRow&) {
                return RenameRun{run.id, name};
            },
            [](const RunRow& now) {
                return RenameRun{now.id, now.name};
            });
    });
    m_workspace.events().on<RunStarted>(this, [this](const RunStarted& e) { selectRun(e.run); });
    auto* remove =
        new QShortcut(QKeySequence::Delete, m_list, nullptr, nullptr, Qt::WidgetShortcut);
    connect(remove, &QShortcut::activated, this, &RunsDock::deleteSelected);
}

/// A tree that is arranged again forgets what was selected; the dock does not.
void RunsDock::connectTree() {
    connect(m_list->selectionModel(), &QItemSelectionModel::selectionChanged, this,
            &RunsDock::publishSelection);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &RunsDock::publishSelection);
    connect(&m_selection, &RunSelection::changed, this, &RunsDock::followSelection);
    connect(m_tree, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
        if (m_kept.empty() && m_selection.current() != RunId{}) {
            m_kept = m_selection.others();
            m_kept.push_back(m_selection.current());
        }
    });
    connect(m_tree, &QAbstractItemModel::modelReset, this, [this] {
        m_list->expandAll();
        selectInList(std::exchange(m_kept, {}));
        showEmpty();
    });
}

void RunsDock::showEmpty() {
    const bool hidden = m_model->rowCount() > 0;
    m_empty->setText(hidden ? tr("No run matches the filter.")
                            : tr("No runs yet. Open a model and press “Prune and recover”."));
    m_empty->setVisible(m_tree->runCount() == 0);
}

void RunsDock::setGrouping(RunGrouping grouping) {
    m_grouping->setValue(static_cast<int>(grouping));
    m_tree->setGrouping(grouping);
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
    m_wanted = m_model->indexOf(run) < 0 ? run : RunId{};
    const QModelIndex index = m_tree->indexOf(run);
    if (!index.isValid())
        return m_selection.set(run, {});  // not listed yet, or the filter hides it
    m_list->selectionModel()->setCurrentIndex(index, QItemSelectionModel::ClearAndSelect);
}

std::vector<RunId> RunsDock::listedRuns() const {
    std::vector<RunId> all;
    const auto add = [&](const QModelIndex& index) {
        const RunId run = m_tree->runAt(index);
        if (run != RunId{} && std::find(all.begin(), all.end(), run) == all.end())
            all.push_back(run);
    };
    for (const QModelIndex& index : m_list->selectionModel()->selectedIndexes()) {
        add(index);
        for (int i = 0; i < m_tree->rowCount(index); ++i) add(m_tree->index(i, 0, index));
    }
    return all;
}

void RunsDock::publishSelection() {
    std::vector<RunId> all = listedRuns();
    if (all.empty()) return;  // a reload empties the selection for a moment
    RunId front = all.front();
    const QModelIndex current = m_list->currentIndex();
    if (m_tree->runAt(current) != RunId{} && m_list->selectionModel()->isSelected(current))
        front = m_tree->runAt(current);
    m_selection.set(front, std::move(all));
}

/// A page has chosen runs: the list shows the same, as far as the filter lets it.
void RunsDock::followSelection() {
    std::vector<RunId> wanted = m_selection.all(), listed = listedRuns();
    std::sort(wanted.begin(), wanted.end());
    std::sort(listed.begin(), listed.end());
    if (wanted == listed) return;
    const QSignalBlocker quiet(m_list->selectionModel());  // half of a selection is none to publish
    selectInList(wanted);
    m_list->viewport()->update();
}

void RunsDock::selectInList(const std::vector<RunId>& runs) {
    QItemSelection selection;
    for (RunId run : runs)
        if (const QModelIndex index = m_tree->indexOf(run); index.isValid())
            selection.select(index, index);
    if (selection.isEmpty()) return;
    m_list->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    const QModelIndex current = m_tree->indexOf(m_selection.current());
    if (current.isValid())
        m_list->selectionModel()->setCurrentIndex(current, QItemSelectionModel::NoUpdate);
}

std::vector<RunRow> RunsDock::selectedRuns() const {
    std::vector<RunRow> runs;
    for (const QModelIndex& index : m_list->selectionModel()->selectedIndexes())
        if (m_tree->runAt(index) != RunId{})
            runs.push_back(index.data(RunsModel::RowRole).value<RunRow>());
    return runs;
}

void RunsDock::push(const QString& text, const std::vector<RunRow>& runs, const EditOf& edit,
                    const EditOf& inverse) {
    if (runs.empty() || m_workspace.readOnly()) return;
    WorkspaceCommand::Edits edits, inverses;
    for (const RunRow& run : runs) {
        edits.push_back(edit(run));
        inverses.push_back(inverse(run));
    }
    m_undo.push(new WorkspaceCommand(m_workspace, text.arg(subject(runs)), std::move(edits),
                                     std::move(inverses)));
}

void RunsDock::deleteSelected() {
    std::vector<RunRow> runs = selectedRuns();
    std::erase_if(
        runs, [](const RunRow& run) { return run.deleted || run.status == RunStatus::Running; });
    push(
        QObject::tr("delete %1"), runs, [](const RunRow& run) { return DeleteRun{run.id}; },
        [](const RunRow& run) { return RestoreRun{run.id}; });
}

void RunsDock::tagSelected(const QStringList& tags) {
    std::vector<std::string> words;
    for (const QString& tag : tags)
        if (!tag.trimmed().isEmpty()) words.push_back(tag.trimmed().toStdString());
    push(
        QObject::tr("tag %1"), selectedRuns(),
        [&](const RunRow& run) {
            return SetTags{run.id, words};
        },
        [](const RunRow& run) {
            return SetTags{run.id, run.tags};
        });
}

void RunsDock::colorSelected(const QString& color) {
    push(
        QObject::tr("colour %1"), selectedRuns(),
        [&](const RunRow& run) {
            return SetColor{run.id, color.toStdString()};
        },
        [](const RunRow& run) {
            return SetColor{run.id, run.color};
        });
}

void RunsDock::noteSelected(const QString& notes) {
    std::vector<RunRow> runs = selectedRuns();
    if (runs.size() > 1) runs.resize(1);
    push(
        QObject::tr("notes of %1"), runs,
        [&](const RunRow& run) {
            return SetNotes{run.id, notes.toStdString()};
        },
        [](const RunRow& run) {
            return SetNotes{run.id, run.notes};
        });
}

}  // namespace skd
