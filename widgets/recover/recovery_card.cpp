#include "recover/recovery_card.h"

#include <QGridLayout>
#include <QListWidget>
#include <QPushButton>
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "controls/build.h"
#include "controls/fact_list.h"
#include "recover/run_rounds.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr int kReasonLines = 4;
constexpr int kNarrowest = 232;          ///< px of the card at 100 % text, before it is laid out
constexpr int kStepRole = Qt::UserRole;  ///< of a checkpoint in the list
constexpr int kListRows = 3;             ///< of checkpoints that are seen at least

/// Wrapped lines of a height that is set: a height that depends on the width would have the whole
/// page's rows shared out by what they like instead of by what they need.
class WrappedLabel : public QLabel {
public:
    using QLabel::QLabel;
    [[nodiscard]] bool hasHeightForWidth() const override { return false; }
};

/// The rules as the spec has them, e.g. "↑ 2 % · Δ 0.2 % × 4".
QString stopRules(const Json& spec) {
    if (!spec.is_object() || !spec.contains("distill")) return QStringLiteral("–");
    const Json& distill = memberOf(spec, "distill");
    QStringList rules;
    if (valueOr(distill, "stop_on_rise", true))
        rules << QStringLiteral("↑ %1").arg(
            formatPercent(valueOr(distill, "rise_tolerance", 0.0), 0));
    if (valueOr(distill, "stop_on_plateau", true))
        rules << QStringLiteral("Δ %1").arg(
            formatPercent(valueOr(distill, "plateau_improvement", 0.0), 1));
    if (rules.isEmpty()) return RecoveryCard::tr("all steps done");
    return QStringLiteral("%1 × %2")
        .arg(rules.join(QStringLiteral(" · ")))
        .arg(valueOr(distill, "patience", 1));
}

}  // namespace

RecoveryCard::RecoveryCard(RunMonitor& monitor, QWidget* parent)
    : Card(tr("Recovery"), parent), m_monitor(monitor) {
    buildFigures();
    buildCheckpoints();
}

void RecoveryCard::buildFigures() {
    m_caption = makeLabel(tr("now"), TextRole::Body, "secondary", this);
    m_now = makeLabel(QStringLiteral("–"), TextRole::Figure, "accent", this, "recover.now");
    m_now->setAccessibleName(tr("Perplexity now"));
    m_nowDetail = new ElidedLabel({}, this);
    m_nowDetail->setFont(textFont(TextRole::Small));
    m_nowDetail->setProperty("tone", QStringLiteral("secondary"));
    auto* undoneCaption = makeLabel(tr("collapse undone"), TextRole::Body, "secondary", this);
    m_undone = makeLabel(QStringLiteral("–"), TextRole::Figure, "", this, "recover.undone");
    m_undone->setAccessibleName(undoneCaption->text());
    m_undone->setToolTip(
        tr("(collapse − now) / (collapse − dense), in perplexity; of several rounds the last one's "
           "collapse"));
    m_facts = new FactList(this);
    m_factStatus = m_facts->add("status", tr("Status"));
    m_factRound = m_facts->add(
        "round", tr("Round"),
        tr("the last one that was cut, of those planned; what it removes of the dense model"));
    m_factGate = m_facts->add("gate", tr("Gate"),
                              tr("how far the last cut moved the output, in nats per token, and "
                                 "the stability gate's limit"));
    m_factStep = m_facts->add("step", tr("Step"));
    m_factRate = m_facts->add("rate", tr("Tokens/s"));
    m_factLoss =
        m_facts->add("loss", tr("CE / KL"), tr("nats per token; KL as measured, without αT²"));
    m_factGradient = m_facts->add("gradient", tr("Gradient norm"));
    m_factBest = m_facts->add("best", tr("Best"));
    m_factStops = m_facts->add(
        "stops", tr("Stops when"),
        tr("rise above the minimum, or improvement below a limit, for that many evaluations"));
    m_factLeft = m_facts->add("left", tr("Left"));
    m_factWhole =
        m_facts->add("whole", tr("PPL, whole"),
                     tr("dense, after pruning, after distillation: on all evaluation tokens"));
    m_reason = named(new WrappedLabel(this), "recover.reason");
    m_reason->setFont(textFont(TextRole::Small));
    m_reason->setProperty("tone", QStringLiteral("secondary"));
    m_reason->setWordWrap(true);
    m_reason->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    auto* figures = new QGridLayout;  // the two answers side by side
    figures->setHorizontalSpacing(10);
    figures->setVerticalSpacing(0);
    figures->addWidget(m_caption, 0, 0);
    figures->addWidget(undoneCaption, 0, 1);
    figures->addWidget(m_now, 1, 0);
    figures->addWidget(m_undone, 1, 1);
    addAll(body(), {figures, m_nowDetail, gap(5), m_facts, gap(5), m_reason, gap(5)});
}

void RecoveryCard::buildCheckpoints() {
    m_checkpointTitle = makeLabel(tr("Checkpoints"), TextRole::Title, "secondary", this);
    m_checkpoints = named(new QListWidget(this), "recover.checkpoints", tr("Checkpoints"));
    m_checkpoints->setFrameShape(QFrame::NoFrame);
    m_checkpoints->setMinimumHeight(kListRows * (m_checkpoints->fontMetrics().height() + 6) + 2);
    m_checkpoints->setToolTip(
        tr("Enter or a double click continues from a checkpoint as a new run"));
    m_checkpoints->setSizePolicy(QSizePolicy::Expanding,
                                 QSizePolicy::Expanding);  // takes what is left
    m_checkpoints->setSelectionMode(QAbstractItemView::SingleSelection);
    m_continue =
        makeButton({}, "recover.continue",
                   tr("Queues a new run that continues distillation from this checkpoint"), this);
    m_resume = makeButton(tr("Resume this run"), "recover.resume",
                          tr("Resumes the same run from its last checkpoint"), this);
    addAll(body(), {m_checkpointTitle, gap(4), {m_checkpoints, 1}});
    for (QPushButton* button : {m_continue, m_resume}) {
        body()->addSpacing(4);
        body()->addWidget(button);
    }
    body()->addStretch(0);  // takes what is left where there is no list
    connect(m_resume, &QPushButton::clicked, this, [this] { Q_EMIT resumeRequested(m_run); });
    connect(m_continue, &QPushButton::clicked, this, &RecoveryCard::continueFromChosen);
    connect(m_checkpoints, &QListWidget::itemActivated, this, &RecoveryCard::continueFromChosen);
    connect(m_checkpoints, &QListWidget::currentRowChanged, this, &RecoveryCard::showButtons);
    clear();
}

void RecoveryCard::continueFromChosen() {
    if (m_continue->isEnabled() && chosenStep() >= 0) Q_EMIT continueRequested(m_run, chosenStep());
}

/// The checkpoint selected, else the newest; -1 where there is none.
std::int64_t RecoveryCard::chosenStep() const {
    const QListWidgetItem* item = m_checkpoints->currentItem();
    if (item == nullptr) item = m_checkpoints->item(0);
    const QVariant step = item == nullptr ? QVariant() : item->data(kStepRole);
    return step.isValid() ? step.toLongLong() : -1;
}

void RecoveryCard::showButtons() {
    const std::int64_t step = chosenStep();
    m_continue->setVisible(step >= 0);
    m_continue->setText(tr("Continue from step %1").arg(formatTick(step)));
    m_continue->setEnabled(m_monitor.canRun());
    m_resume->setVisible(m_resumable && m_monitor.canRun());
    m_resume->setEnabled(!m_monitor.running());
}

void RecoveryCard::clear() {
    m_run = {};
    m_resumable = false;
    for (QLabel* figure : {m_now, m_undone}) figure->setText(QStringLiteral("–"));
    m_nowDetail->clear();
    showReason(tr("The figures of the run that is selected in the list on the left appear here."));
    m_checkpoints->clear();
    for (QWidget* part : std::initializer_list<QWidget*>{m_facts, m_checkpointTitle, m_checkpoints})
        part->hide();
    showButtons();
}

void RecoveryCard::show(const ShownRun& run) {
    m_run = run.id;
    for (QWidget* part : std::initializer_list<QWidget*>{m_facts, m_checkpointTitle, m_checkpoints})
        part->show();
    showFigures(run);
    showFacts(run);
    fillCheckpoints(*run.curves);
    const RunStatus status = run.curves->details.row.status;
    m_resumable = status == RunStatus::Interrupted || status == RunStatus::Cancelled;
    showButtons();
}

void RecoveryCard::showFigures(const ShownRun& run) {
    const double last =
        lastCollapse(*run.curves);  // after several rounds, what the last one has to undo
    const double dense = denseLevel(*run.curves),
                 collapse = std::isnan(last) ? collapseLevel(*run.curves) : last,
                 now = run.curves->last("ppl.live");
    const bool collapsed = collapse > dense * 1.02;
    m_caption->setText(run.live ? tr("now") : tr("in the end"));
    m_now->setText(formatPerplexity(now));
    m_nowDetail->setText(collapsed ? tr("dense %1 · after pruning %2")
                                         .arg(formatPerplexity(dense), formatPerplexity(collapse))
                                   : tr("dense %1").arg(formatPerplexity(dense)));
    m_undone->setText(collapsed ? formatPercent((collapse - now) / (collapse - dense))
                                : QStringLiteral("–"));
}

void RecoveryCard::showFacts(const ShownRun& run) {
    const RunCurves& curves = *run.curves;
    const Series& loss = curves.at("kd.loss");
    const Series& live = curves.at("ppl.live");
    const Json& spec = curves.details.spec;
    const double steps = plannedStepsOf(curves);
    const bool paused = m_monitor.state() == RunMonitor::State::Paused;
    m_factStatus->set(!run.live ? statusText(curves.details.row.status)
                      : paused  ? tr("paused")
                                : tr("running"));
    const double done = std::max(loss.steps.empty() ? 0 : loss.steps.back() + 1,
                                 live.steps.empty() ? 0 : live.steps.back());
    m_factStep->set(done == 0 ? QStringLiteral("–")
                    : steps > 0
                        ? tr("%1 of %2").arg(formatTick(std::min(done, steps)), formatTick(steps))
                        : formatTick(done));
    const double rate = curves.last("kd.tokens_per_second");
    m_factRate->set(formatValue(rate));
    m_factRate->setVisible(run.live || !std::isnan(rate));
    m_factLoss->set(QStringLiteral("%1 / %2").arg(formatValue(curves.last("kd.ce")),
                                                  formatValue(curves.last("kd.kl"))));
    m_factGradient->set(formatValue(curves.last("kd.grad_norm")));
    const auto best = bestSinceCut(curves);
    m_factBest->set(
        !best ? QStringLiteral("–")
              : tr("%1 @ %2").arg(formatPerplexity(best->second), formatTick(best->first)));
    m_factStops->set(stopRules(spec));
    const QString reason = endOf(curves.details.row);
    const double left = run.live ? m_monitor.secondsLeft() : -1;
    m_factLeft->set(left >= 0 ? formatDuration(left) : QStringLiteral("–"));
    const std::vector<RoundMark> rounds = roundsOf(curves);
    const bool several =
        rounds.size() > 1 && !reason.isEmpty();  // the engine counts a round's own steps
    showReason(run.live  ? QString()
               : several ? tr("round %1: %2").arg(rounds.back().number).arg(reason)
                         : reason);
    showRounds(curves);
    const QString whole = perplexityPath(curves.details.row);
    m_factWhole->set(whole.mid(whole.indexOf(QLatin1Char(' ')) + 1));
    m_factWhole->setVisible(!whole.isEmpty());
    for (Fact* fact : {m_factStops, m_factLeft}) fact->setVisible(run.live);
}

/// As many lines as it needs, up to a few: a wrapped label would take its height from the rows
/// above. Its tip has all of it.
void RecoveryCard::showReason(const QString& text) {
    if (m_reason->text() == text && m_reason->isHidden() == text.isEmpty()) return;
    const QFontMetrics metrics(m_reason->font());
    const int needed =
        metrics
            .boundingRect(
                QRect(0, 0, std::max(contentsRect().width(), scaledByText(kNarrowest)) - 26,
                      10'000),
                Qt::TextWordWrap, text)
            .height();
    m_reason->setFixedHeight(std::min(needed, kReasonLines * metrics.lineSpacing()) + 2);
    m_reason->setText(text);
    m_reason->setToolTip(text);
    m_reason->setVisible(!text.isEmpty());
}

void RecoveryCard::showRounds(const RunCurves& curves) {
    const std::vector<RoundMark> rounds = roundsOf(curves);
    const int planned = plannedRounds(curves.details.spec);
    const bool several = planned > 1 && !rounds.empty();
    m_factRound->setVisible(several);
    if (several) {
        const RoundMark& last = rounds.back();
        const QString round = tr("%1 of %2").arg(last.number).arg(planned);
        m_factRound->set(std::isnan(last.target)
                             ? round
                             : QStringLiteral("%1 · %2").arg(round, formatPercent(last.target, 0)));
    }
    const bool gated = !rounds.empty() && !std::isnan(rounds.back().limit);
    m_factGate->setVisible(gated);
    if (!gated) return;
    const RoundMark& last = rounds.back();
    const QString kl = formatValue(last.gateKl), limit = formatTick(last.limit);
    m_factGate->set(last.rolledBack ? tr("%1 > %2 ✗ refused").arg(kl, limit)
                                    : tr("%1 ≤ %2 ✓").arg(kl, limit));
}

/// The engine notes a step twice where it is the best so far as well; only the last best still is.
void RecoveryCard::fillCheckpoints(const RunCurves& curves) {
    std::set<std::int64_t, std::greater<>> steps;
    std::int64_t best = -1;
    for (const CheckpointNote& note : curves.checkpoints) {
        steps.insert(note.step);
        if (note.best) best = std::max(best, note.step);
    }
    QStringList texts, now;
    for (std::int64_t step : steps) {
        const QString text = formatTick(step);
        texts << (step == best ? tr("step %1 · best").arg(text) : tr("step %1").arg(text));
    }
    if (texts.isEmpty()) texts << tr("none yet");
    for (int i = 0; i < m_checkpoints->count(); ++i) now << m_checkpoints->item(i)->text();
    if (now == texts) return;
    const QVariant kept = m_checkpoints->currentItem() != nullptr
                              ? m_checkpoints->currentItem()->data(kStepRole)
                              : QVariant();
    m_checkpoints->clear();
    m_checkpoints->addItems(texts);
    int row = 0;
    for (std::int64_t step : steps) {
        m_checkpoints->item(row)->setData(kStepRole, QVariant::fromValue<qlonglong>(step));
        if (kept.isValid() && kept.toLongLong() == step) m_checkpoints->setCurrentRow(row);
        ++row;
    }
}

}  // namespace skd
