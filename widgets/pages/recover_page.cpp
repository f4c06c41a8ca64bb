#include "pages/recover_page.h"

#include <QEvent>
#include <QGridLayout>
#include <QInputDialog>
#include <QMenu>

#include "delegates/format.h"
#include "pages/loss_card.h"
#include "pages/recovery_card.h"

namespace skd {

namespace {
constexpr int kFrame = 33;  ///< ms: at most 30 refreshes a second, however much arrives
}

RecoverPage::RecoverPage(const PageContext& context, QWidget* parent)
    : Page(parent), m_context(context) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
    m_perplexity = new PerplexityCard(this);
    m_recovery = new RecoveryCard(context.monitor, this);
    m_losses = new LossCard(this);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(kFrame);
    buildLayout();
    connectParts();
}

void RecoverPage::buildLayout() {
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(12, 12, 12, 12);
    grid->setSpacing(12);
    setFocusProxy(&m_perplexity->plot());
    m_recovery->setFixedWidth(scaledByText(232));
    grid->addWidget(m_perplexity, 0, 0);
    grid->addWidget(m_recovery, 0, 1);
    grid->addWidget(m_losses, 1, 0, 1, 2);
    grid->setColumnStretch(0, 1);
    grid->setRowStretch(0, 74);
    grid->setRowStretch(1, 26);
}

void RecoverPage::connectParts() {
    connect(&m_refresh, &QTimer::timeout, this, &RecoverPage::refresh);
    connect(&m_context.selection, &RunSelection::changed, this, &RecoverPage::markDirty);
    connect(&m_context.monitor, &RunMonitor::changed, this, &RecoverPage::markDirty);
    connect(&m_context.curves, &RunCurvesCache::changed, this, [this](RunId run) {
        const auto& others = m_context.selection.others();
        if (run == m_context.selection.current() ||
            std::find(others.begin(), others.end(), run) != others.end())
            markDirty();
    });
    connect(m_perplexity, &PerplexityCard::checkpointChosen, this, &RecoverPage::offerCheckpoint);
    connect(m_perplexity, &PerplexityCard::noteRequested, this, &RecoverPage::askNote);
    connect(m_perplexity, &PerplexityCard::noteChosen, this, &RecoverPage::offerNote);
    connect(m_recovery, &RecoveryCard::resumeRequested, this,
            [this](RunId run) { m_context.workspace.resumeRun(run); });
}

void RecoverPage::offerCheckpoint(RunId run, std::int64_t step) {
    QMenu menu(this);
    menu.addAction(tr("Distil on from step %1 (a new run)").arg(step), this, [this, run, step] { continueFrom(run, step); })
        ->setEnabled(m_context.monitor.canRun());
    menu.exec(QCursor::pos());
}

/// The same run from one of its checkpoints on: the model is cut already.
void RecoverPage::continueFrom(RunId run, std::int64_t step) {
    auto spec = parseRunSpec(m_context.curves.curves(run).details.spec);
    if (!spec) return;
    spec->model.path = QStringLiteral("run:%1@%2").arg(run.value()).arg(step).toStdString();
    spec->name = tr("%1, on from step %2").arg(QString::fromStdString(m_context.curves.curves(run).details.row.name)).arg(step).toStdString();
    spec->prune.method = PruneMethod::None;
    spec->schedule.rounds.clear();
    m_context.monitor.start(*spec);
}

void RecoverPage::askNote(RunId run, std::int64_t step) {
    if (m_context.workspace.readOnly()) return;
    bool accepted = false;
    const QString text = QInputDialog::getText(this, tr("Note"), tr("Note at step %1").arg(step), QLineEdit::Normal, {}, &accepted);
    if (accepted) note(run, step, text);
}

void RecoverPage::note(RunId run, std::int64_t step, const QString& text) {
    if (text.trimmed().isEmpty()) return;
    m_context.workspace.edit(Annotate{{{}, run, "ppl.live", step, text.trimmed().toStdString(), 0}});
    m_context.curves.refresh(run);
}

void RecoverPage::offerNote(const AnnotationRow& note) {
    QMenu menu(this);
    menu.addAction(tr("Remove this note"), this, [this, note] {
            m_context.workspace.edit(RemoveAnnotation{note.id});
            m_context.curves.refresh(note.run);
        })->setEnabled(!m_context.workspace.readOnly());
    menu.exec(QCursor::pos());
}

/// A hidden page only remembers that it has something to catch up on.
void RecoverPage::markDirty() {
    m_dirty = true;
    if (isVisible() && !m_refresh.isActive()) m_refresh.start();
}

std::vector<ShownRun> RecoverPage::shownRuns() const {
    std::vector<RunId> ids{m_context.selection.current()};
    ids.insert(ids.end(), m_context.selection.others().begin(), m_context.selection.others().end());
    std::vector<ShownRun> runs;
    for (RunId id : ids) {
        if (id == RunId{}) continue;
        const bool live = m_context.monitor.running() && m_context.monitor.run() == id;
        const RunCurves& curves = m_context.curves.curves(id);
        RunRow row = curves.details.row;
        row.id = id;  // its part of the store may not have arrived
        runs.push_back({id, &curves, runColor(themeColors(this), row), live});
    }
    return runs;
}

void RecoverPage::refresh() {
    m_dirty = false;
    const std::vector<ShownRun> runs = shownRuns();
    m_perplexity->plot().setEmptyText(
        runs.empty() ? tr("No run yet. Shape a model on the Carve page, then prune and recover.")
                     : tr("This run has no perplexity curve yet."));
    m_perplexity->show(runs);
    if (runs.empty()) return;
    m_losses->show(runs.front());
    m_recovery->show(runs.front());
    const RunRow& row = runs.front().curves->details.row;
    const QString why = QString::fromStdString(row.error.empty() ? row.stopReason : row.error);
    QStringList parts{QString::fromStdString(row.name), perplexityPath(row), why};
    parts.removeAll(QString());
    Q_EMIT context(parts.join(QStringLiteral(" · ")));
}

bool RecoverPage::settled() const {
    for (const ShownRun& run : shownRuns())
        if (!run.curves->loaded) return false;
    return !m_dirty;
}

void RecoverPage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    refresh();
}

void RecoverPage::changeEvent(QEvent* event) {
    Page::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_recovery != nullptr) m_recovery->setFixedWidth(scaledByText(232));
    if (event->type() == QEvent::PaletteChange) markDirty();
}

}  // namespace skd
