#include "recover/recover_page.h"

#include <QEvent>
#include <QGridLayout>
#include <QInputDialog>
#include <QMenu>
#include <QUndoStack>

#include "bridge/workspace_command.h"
#include "controls/build.h"
#include "recover/loss_card.h"
#include "recover/recovery_card.h"
#include "style/format.h"

namespace skd {

RecoverPage::RecoverPage(const PageContext& context, QWidget* parent)
    : LivePage(parent), m_context(context) {
    m_perplexity = new PerplexityCard(this);
    m_recovery = new RecoveryCard(context.monitor, this);
    m_undo = new QUndoStack(this);
    m_losses = new LossCard(this);
    buildLayout();
    connectParts();
    whenChanged(this, QEvent::FontChange, [this] { m_recovery->setFixedWidth(scaledByText(232)); });
    whenChanged(this, QEvent::PaletteChange, [this] { markDirty(); });
}

void RecoverPage::buildLayout() {
    auto* grid = makeLayout<QGridLayout>();
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
    connect(m_recovery, &RecoveryCard::continueRequested, this, &RecoverPage::continueFrom);
}

void RecoverPage::offerCheckpoint(RunId run, std::int64_t step) {
    QMenu* menu = popupMenu();
    menu->addAction(tr("Continue from step %1 (a new run)").arg(step), this,
                    [this, run, step] { continueFrom(run, step); })
        ->setEnabled(m_context.monitor.canRun());
    menu->addAction(tr("Note here…"), this, [this, run, step] { askNote(run, step); })
        ->setEnabled(!m_context.workspace.readOnly());
    menu->popup(QCursor::pos());
}

/// Ends by itself; nothing waits for it.
QMenu* RecoverPage::popupMenu() {
    auto* menu = named(new QMenu(this), "recover.menu");
    menu->setAttribute(Qt::WA_DeleteOnClose);
    return menu;
}

/// The same run from one of its checkpoints on: the model is cut already.
void RecoverPage::continueFrom(RunId run, std::int64_t step) {
    auto spec = parseRunSpec(m_context.curves.curves(run).details.spec);
    if (!spec) return;
    spec->model.path = QStringLiteral("run:%1@%2").arg(run.value()).arg(step).toStdString();
    spec->name = tr("%1, continued from step %2")
                     .arg(asText(m_context.curves.curves(run).details.row.name))
                     .arg(step)
                     .toStdString();
    spec->prune.method = PruneMethod::None;
    spec->schedule.rounds.clear();
    m_context.monitor.start(*spec);
    Q_EMIT context(tr("“%1” is queued.").arg(asText(spec->name)));
}

/// Asks for a note's text, at first `text`, and hands it to `take`.
void RecoverPage::askText(std::int64_t step, const QString& text,
                          std::function<void(const QString&)> take) {
    auto* dialog = named(new QInputDialog(this), "recover.note");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Note"));
    dialog->setLabelText(tr("Note at step %1").arg(step));
    dialog->setTextValue(text);
    connect(dialog, &QInputDialog::textValueSelected, this, take);
    dialog->open();
}

void RecoverPage::askNote(RunId run, std::int64_t step) {
    if (m_context.workspace.readOnly())
        return Q_EMIT context(
            tr("%1, so no note can be kept.").arg(m_context.workspace.readOnlyText()));
    askText(step, {}, [this, run, step](const QString& text) { note(run, step, text); });
}

void RecoverPage::note(RunId run, std::int64_t step, const QString& text) {
    const AnnotationRow note{{}, run, "ppl.live", step, text.trimmed().toStdString(), 0};
    if (!note.text.empty())
        push(run, tr("write the note “%1”").arg(text.trimmed()), Annotate{note},
             RemoveAnnotation{});
}

void RecoverPage::removeNote(const AnnotationRow& note) {
    push(note.run, tr("remove the note “%1”").arg(asText(note.text)), RemoveAnnotation{note.id},
         Annotate{note});
}

void RecoverPage::push(RunId run, const QString& text, WorkspaceEdit edit, WorkspaceEdit inverse) {
    m_undo->push(
        new WorkspaceCommand(m_context.workspace, text, {std::move(edit)}, {std::move(inverse)},
                             [this, run](std::int64_t) { m_context.curves.refresh(run); }));
}

void RecoverPage::offerNote(const AnnotationRow& note) {
    QMenu* menu = popupMenu();
    QAction* change = menu->addAction(tr("Change this note…"), this, [this, note] {
        askText(note.step, asText(note.text),
                [this, note](const QString& text) { changeNote(note, text); });
    });
    QAction* remove =
        menu->addAction(tr("Remove this note"), this, [this, note] { removeNote(note); });
    for (QAction* action : {change, remove}) action->setEnabled(!m_context.workspace.readOnly());
    menu->popup(QCursor::pos());
}

/// One step of the undo stack, though two edits.
void RecoverPage::changeNote(const AnnotationRow& note, const QString& text) {
    if (text.trimmed().isEmpty()) return removeNote(note);
    if (text.trimmed().toStdString() == note.text) return;
    m_undo->beginMacro(tr("change the note “%1”").arg(asText(note.text)));
    removeNote(note);
    this->note(note.run, note.step, text);
    m_undo->endMacro();
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
    const std::vector<ShownRun> runs = shownRuns();
    m_perplexity->plot().setEmptyText(
        runs.empty() ? tr("No run yet. Shape a model on the Carve page, then prune and recover.")
                     : tr("This run has no perplexity curve yet. It begins with the first "
                          "evaluation after the cut."));
    m_perplexity->show(runs);
    if (runs.empty()) {
        m_losses->clear();
        return m_recovery->clear();
    }
    m_losses->show(runs.front());
    m_recovery->show(runs.front());
    const RunRow& row = runs.front().curves->details.row;
    const QString why = asText(row.error.empty() ? row.stopReason : row.error);
    QStringList parts{asText(row.name), perplexityPath(row), why};
    parts.removeAll(QString());
    Q_EMIT context(parts.join(QStringLiteral(" · ")));
}

bool RecoverPage::settled() const {
    for (const ShownRun& run : shownRuns())
        if (!run.curves->loaded) return false;
    return LivePage::settled();
}

}  // namespace skd
