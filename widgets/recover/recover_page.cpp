#include "recover/recover_page.h"

#include <QCoreApplication>
#include <QGridLayout>
#include <QInputDialog>
#include <QMenu>
#include <QUndoStack>
#include <cmath>

#include "bridge/workspace_command.h"
#include "charts/plot/curves.h"
#include "controls/build.h"
#include "recover/front_card.h"
#include "recover/ramp_chart.h"
#include "recover/recovery_card.h"
#include "style/format.h"

namespace skd {

namespace {

/// What the KL term is multiplied with in the loss: alpha T^2.
double klWeight(const RunCurves& curves) {
    const Json& spec = curves.details.spec;
    if (!spec.is_object() || !spec.contains("distill")) return 1;
    const double temperature = valueOr(memberOf(spec, "distill"), "temperature", 1.0);
    return valueOr(memberOf(spec, "distill"), "alpha", 1.0) * temperature * temperature;
}

}  // namespace

/// Small charts of the current run: cross-entropy, KL, learning rate, gradient norm; where there
/// were some, the loss of refined blocks, the conflict of an elastic run's sizes and the ramp that
/// found its rate.
class LossCard : public QFrame {
    Q_DECLARE_TR_FUNCTIONS(skd::LossCard)
public:
    explicit LossCard(QWidget* parent = nullptr) : QFrame(parent) {
        setObjectName(QStringLiteral("card"));
        setAccessibleName(tr("Training curves"));
        makeRow(20, this, {12, 8, 12, 8});
        addChart("kd.ce", tr("Cross-entropy"), tr("nats per token against the text"), 2);
        addChart("kd.kl", tr("KL × αT²"),
                 tr("nats per token against the teacher, as it stands in the loss"), 6);
        addChart("kd.lr", tr("Learning rate"), {}, 4);
        addChart("kd.grad_norm", tr("Gradient norm"), tr("before clipping"), 3);
        addChart(
            "refine.loss", tr("Block refinement"),
            tr("loss of each block on the way from the first to the last, one after the other"), 5);
        addChart("elastic.cosine", tr("Conflict of sizes"),
                 tr("cosine between the gradients of the largest and the smallest size on the "
                    "attention's weights; below 0 they pull apart"),
                 1);
        hideOptional();
        m_ramp = new RampChart(this);
        row().addWidget(m_ramp);
    }
    void show(const ShownRun& run) {
        const ThemeColors& colors = themeColors(this);
        const bool fresh = run.id != m_drawn || m_lastColor != colors.series[3];
        m_drawn = run.id;
        m_lastColor = colors.series[3];
        for (std::size_t i = 0; i < m_plots.size(); ++i) {
            const auto& [metric, color] = m_metrics[i];
            if (fresh) {
                m_plots[i]->clearSeries();
                m_plots[i]->addSeries(
                    {m_plots[i]->accessibleName(), seriesColor(colors, color), 1.3});
            }
            const Curve& curve = run.curves->at(metric);
            if (isOptional(metric)) showChart(i, !curve.steps.empty());
            feedSeries(*m_plots[i], 0, curve, curve.edition,
                       metric == "kd.kl" ? klWeight(*run.curves) : 1);
        }
        m_ramp->show(*run.curves);
        row().setStretchFactor(m_ramp, m_ramp->isHidden() ? 0 : 1);
    }
    /// There is no run to show.
    void clear() {
        m_drawn = {};
        for (PlotView* plot : m_plots) plot->clearSeries();
        hideOptional();
        m_ramp->hide();
    }

private:
    /// Has a chart only where a run has such values.
    static bool isOptional(std::string_view metric) {
        return metric == "refine.loss" || metric == "elastic.cosine";
    }
    void hideOptional() {
        for (std::size_t i = 0; i < m_metrics.size(); ++i)
            if (isOptional(m_metrics[i].first)) showChart(i, false);
    }
    QHBoxLayout& row() { return *static_cast<QHBoxLayout*>(layout()); }
    void addChart(const char* metric, const QString& title, const QString& tip, int color) {
        auto* column = makeColumn(4);
        auto* label = makeLabel(title, TextRole::Title, "secondary", this);
        if (title.contains(QChar(0x03B1))) {  // small capitals would turn α into A
            QFont font = label->font();
            font.setCapitalization(QFont::MixedCase);
            label->setFont(font);
        }
        label->setToolTip(tip);
        auto* plot = new PlotView(title, this);
        plot->setCompact(true);
        plot->setObjectName(QStringLiteral("recover.") + QLatin1String(metric));
        plot->setXText([](double x) { return formatTick(std::round(x)); }, tr("step"));
        plot->setYText([](double y) { return formatTick(y); }, title);
        plot->setIncluded({0}, {});
        plot->setEmptyText(tr("From a run's first step on"));
        column->addWidget(label);
        column->addWidget(plot, 1);
        row().addLayout(column, 1);
        m_plots.push_back(plot);
        m_titles.push_back(label);
        m_metrics.emplace_back(metric, color);
    }
    void showChart(std::size_t chart, bool on) {
        m_titles[chart]->setVisible(on);
        m_plots[chart]->setVisible(on);
        row().setStretch(static_cast<int>(chart),
                         on ? 1 : 0);  // hidden ones would keep their share
    }
    std::vector<PlotView*> m_plots;
    std::vector<QLabel*> m_titles;
    RampChart* m_ramp;
    std::vector<std::pair<std::string, int>> m_metrics;  ///< name and colour
    RunId m_drawn;
    QColor m_lastColor;
};

RecoverPage::RecoverPage(const PageContext& context, QWidget* parent)
    : LivePage(parent), m_context(context) {
    m_perplexity = new PerplexityCard(this);
    m_front = new FrontCard(this);
    m_recovery = new RecoveryCard(context.monitor, this);
    m_undo = new QUndoStack(this);
    m_losses = new LossCard(this);
    auto* grid = makeLayout<QGridLayout>();
    setFocusProxy(&m_perplexity->plot());
    m_recovery->setFixedWidth(scaledByText(232));
    grid->addWidget(m_perplexity, 0, 0);
    grid->addWidget(m_front, 0, 1);
    grid->addWidget(m_recovery, 0, 2);
    grid->addWidget(m_losses, 1, 0, 1, 3);
    grid->setColumnStretch(0, 58);
    grid->setColumnStretch(1, 42);
    grid->setRowStretch(0, 74);
    grid->setRowStretch(1, 26);
    connect(&m_context.selection, &RunSelection::changed, this, &RecoverPage::markDirty);
    connect(&m_context.monitor, &RunMonitor::changed, this, &RecoverPage::markDirty);
    connect(&m_context.curves, &RunCurvesCache::changed, this, [this](RunId run) {
        if (m_context.selection.contains(run)) markDirty();
    });
    connect(m_perplexity, &PerplexityCard::checkpointChosen, this, &RecoverPage::offerCheckpoint);
    connect(m_perplexity, &PerplexityCard::noteRequested, this, &RecoverPage::askNote);
    connect(m_perplexity, &PerplexityCard::noteChosen, this, &RecoverPage::offerNote);
    connect(m_recovery, &RecoveryCard::resumeRequested, this,
            [this](RunId run) { m_context.workspace.resumeRun(run); });
    connect(m_recovery, &RecoveryCard::continueRequested, this, &RecoverPage::continueFrom);
    whenChanged(this, QEvent::FontChange, [this] { m_recovery->setFixedWidth(scaledByText(232)); });
    whenChanged(this, QEvent::PaletteChange, [this] { markDirty(); });
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
    spec->refine.passes = 0;
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
    connect(dialog, &QInputDialog::textValueSelected, this, std::move(take));
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
    std::vector<ShownRun> runs;
    for (RunId id : m_context.selection.all()) {
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
        m_front->clear();
        m_losses->clear();
        return m_recovery->clear();
    }
    m_front->show(runs.front());
    m_losses->show(runs.front());
    m_recovery->show(runs.front());
    const RunRow& row = runs.front().curves->details.row;
    Q_EMIT context(inOneLine({asText(row.name), perplexityPath(row), endOf(row)}));
}

bool RecoverPage::settled() const {
    for (const ShownRun& run : shownRuns())
        if (!run.curves->loaded) return false;
    return LivePage::settled();
}

}  // namespace skd
