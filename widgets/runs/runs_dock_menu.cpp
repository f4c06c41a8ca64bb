// The context menu of the list of runs, and the questions it asks.
#include <QApplication>
#include <QClipboard>
#include <QInputDialog>
#include <QMenu>
#include <QPainter>
#include <QTreeView>

#include "runs/purge_runs.h"
#include "runs/runs_dock.h"
#include "style/theme.h"

namespace skd {

namespace {

QIcon chip(const QColor& color) {
    QPixmap pixmap(14, 14);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawRoundedRect(1, 1, 12, 12, 3, 3);
    return pixmap;
}

}  // namespace

void RunsDock::copySpec(RunId run) {
    m_workspace.reader().ask(
        this, [run](const RunStore& store) { return store.details(run); },
        [](Result<RunDetails> details) {
            if (details) QApplication::clipboard()->setText(asText(dumpJson(details->spec, 2)));
        });
}

void RunsDock::askTags() {
    const auto runs = selectedRuns();
    if (runs.empty()) return;
    bool accepted = false;
    const QString text =
        QInputDialog::getText(this, tr("Tags"), tr("Tags, separated by commas"), QLineEdit::Normal,
                              asTexts(runs.front().tags).join(QStringLiteral(", ")), &accepted);
    if (accepted) tagSelected(text.split(QLatin1Char(',')));
}

void RunsDock::askNotes() {
    const auto runs = selectedRuns();
    if (runs.empty()) return;
    bool accepted = false;
    const QString text = QInputDialog::getMultiLineText(
        this, tr("Notes"), tr("Notes of “%1”").arg(asText(runs.front().name)),
        asText(runs.front().notes), &accepted);
    if (accepted) noteSelected(text);
}

void RunsDock::fillColors(QMenu& menu) {
    menu.addAction(tr("Palette's own"), this, [this] { colorSelected({}); });
    const QStringList names{tr("orange"), tr("sky blue"),  tr("green"), tr("yellow"),
                            tr("blue"),   tr("vermilion"), tr("purple")};
    const auto& series = themeColors(this).series;
    for (std::size_t i = 0; i < series.size(); ++i)
        menu.addAction(chip(series[i]), names[i], this,
                       [this, color = series[i].name()] { colorSelected(color); });
}

void RunsDock::fillMenu(QMenu& menu, const RunRow& run) {
    const bool write = !m_workspace.readOnly();
    const bool resumable =
        run.status == RunStatus::Interrupted || run.status == RunStatus::Cancelled;
    menu.addAction(tr("Rename"), QKeySequence(Qt::Key_F2), this,
                   [this, id = run.id] { m_list->edit(m_tree->indexOf(id)); })
        ->setEnabled(write);
    menu.addAction(tr("Tags…"), this, &RunsDock::askTags)->setEnabled(write);
    menu.addAction(tr("Notes…"), this, &RunsDock::askNotes)->setEnabled(write);
    QMenu* colors = menu.addMenu(tr("Colour"));
    colors->setEnabled(write);
    fillColors(*colors);
    menu.addSeparator();
    menu.addAction(tr("Copy spec as JSON"), this, [this, id = run.id] { copySpec(id); });
    menu.addAction(tr("Resume"), this, [this, id = run.id] { m_workspace.resumeRun(id); })
        ->setEnabled(write && resumable);
    menu.addAction(tr("Export model…"), this, [this, id = run.id] { Q_EMIT exportRequested(id); })
        ->setEnabled(write && !run.deleted && run.status == RunStatus::Completed);
    menu.addSeparator();
    if (run.deleted)
        menu.addAction(tr("Restore"), this,
                       [this, id = run.id] { m_workspace.edit(RestoreRun{id}); })
            ->setEnabled(write);
    else
        menu.addAction(tr("Delete"), QKeySequence::Delete, this, &RunsDock::deleteSelected)
            ->setEnabled(write && run.status != RunStatus::Running);
    menu.addSeparator();
}

void RunsDock::showMenu(const QPoint& position) {
    QMenu menu(this);
    const QModelIndex index = m_list->indexAt(position);
    if (m_tree->runAt(index) != RunId{})
        fillMenu(menu, index.data(RunsModel::RowRole).value<RunRow>());
    if (m_tree->grouping() != RunGrouping::None) {
        menu.addAction(tr("Expand all groups"), m_list, &QTreeView::expandAll);
        menu.addAction(tr("Collapse all groups"), m_list, &QTreeView::collapseAll);
    }
    QAction* all = menu.addAction(tr("Show deleted runs"));
    all->setCheckable(true);
    all->setChecked(m_model->includeDeleted());
    connect(all, &QAction::toggled, m_model, &RunsModel::setIncludeDeleted);
    menu.addAction(tr("Remove deleted runs for good…"), this,
                   [this] {
                       askPurge(m_workspace, this,
                                [this] { m_undo.clear(); });  // restoring them is past
                   })
        ->setEnabled(!m_workspace.readOnly());
    menu.exec(m_list->viewport()->mapToGlobal(position));
}

}  // namespace skd
