#include "plan/start_card.h"

#include <QPushButton>

#include "bridge/run_forecast.h"
#include "controls/build.h"
#include "controls/fact_list.h"
#include "plan/spec_draft.h"
#include "style/format.h"

namespace skd {

namespace {

constexpr int kStartDelay = 120;  ///< ms for the hand to rest

/// What each stage takes.
QString stagesText(const RunEstimate& estimate) {
    QStringList parts;
    for (const StageCost& stage : estimate.stages)
        if (stage.seconds > 0)
            parts << StartCard::tr("%1 %2").arg(QString::fromStdString(stage.stage),
                                                formatDuration(stage.seconds));
    return parts.join(QStringLiteral(" · "));
}

}  // namespace

StartCard::StartCard(SpecDraft& draft, Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : EstimateCard(tr("Before it starts"), workspace, monitor, kStartDelay, parent),
      m_draft(draft),
      m_estimates(this) {
    m_name = wrapped(makeLabel({}, TextRole::Strong, "", this, "start.name"));
    m_verdict = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "start.verdict"));
    m_show = makeButton(tr("Show the field"), "start.showField", {}, this);
    m_show->setProperty("link", true);
    addAll(body(), {m_name, gap(4), m_verdict, gap(4), m_show});
    buildFacts();
    buildButtons();
    connect(&m_draft, &SpecDraft::changed, this, &StartCard::refresh);
    connect(&m_monitor, &RunMonitor::changed, this, &StartCard::showProblem);
    m_workspace.events().on<RunFinished>(this, [this](const RunFinished&) {
        readSpeed();
        readRecoveries();
    });
}

void StartCard::showEvent(QShowEvent* event) {
    EstimateCard::showEvent(event);
    readRecoveries();
}

void StartCard::readRecoveries() {
    m_workspace.reader().ask(
        this, [](const RunStore& store) { return pastRecoveries(store, kPastRuns); },
        [this](Result<std::vector<PastRecovery>> past) {
            if (past) m_past = std::move(*past);
            if (const auto spec = m_draft.spec()) showForecast(*spec);
        });
}

/// What an earlier run of the same model says about the tokens that this one should take.
void StartCard::showForecast(const RunSpec& spec) {
    const PastRecovery* past = nearestRecovery(m_past, spec);
    m_forecast->setVisible(past != nullptr);
    if (past == nullptr) return;
    m_forecast->setText(tr("Run %1, %2 removed: %3. This run trains on %4 tokens.")
                            .arg(past->run.value())
                            .arg(formatPercent(past->removed, 0), forecastText(past->forecast),
                                 formatCount(plannedTokens(spec))));
}

void StartCard::buildFacts() {
    m_facts = new FactList(this);
    m_factTime = m_facts->add(
        "time", tr("Time"),
        tr("Tokens read by each stage over the measured speed of this machine, corrected by this "
           "workspace's runs on it; in proportion to the model's parameters"));
    m_factMemory =
        m_facts->add("memory", tr("Memory, peak"),
                     tr("Weights, and the larger of pruning (Gram matrices and factors) and "
                        "training (masters, moments, gradients, activations, logits)"));
    m_factFreeMemory = m_facts->add("free.memory", tr("of it free now"));
    m_factDisk =
        m_facts->add("disk", tr("Disk, peak"),
                     tr("Teacher cache, spectra, checkpoints and models, beside the workspace"));
    m_factKept = m_facts->add("kept", tr("stays on disk"),
                              tr("What the field “keep” leaves when the run is complete"));
    m_factFreeDisk = m_facts->add("free.disk", tr("free on disk"));
    m_factModel = m_facts->add("model", tr("Model's parameters"));
    m_stages = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "start.stages"));
    m_forecast = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "start.forecast"));
    m_forecast->setToolTip(
        tr("The power law of the recovery of this workspace's complete run of the same model whose "
           "target is nearest"));
    m_forecast->hide();
    m_notes = wrapped(makeLabel({}, TextRole::Small, "bad", this, "start.notes"));
    m_basis = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    m_readOnly = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "start.readOnly"));
    addAll(body(), {gap(6), m_facts, gap(4), m_stages, m_forecast, gap(6), m_notes, gap(4), m_basis,
                    gap(4), rest(), m_readOnly, gap(4)});
}

void StartCard::buildButtons() {
    m_start = makePrimary(tr("Start run"), "start.run",
                          tr("Before everything that waits (Ctrl+Return)"), this);
    m_start->setShortcut(Qt::CTRL | Qt::Key_Return);
    m_queue =
        makeButton(tr("Add to queue"), "start.queue", tr("After everything that waits"), this);
    m_study =
        makeButton(tr("Make a study of it…"), "start.study",
                   tr("Several runs that start from these fields: variants, seeds, a grid"), this);
    addAll(body(), {m_start, gap(6), m_queue, gap(6), m_study, gap(6)});
    connect(m_start, &QPushButton::clicked, this, [this] { start(QueuePlace::StartNow); });
    connect(m_queue, &QPushButton::clicked, this, [this] { start(QueuePlace::WaitInQueue); });
    connect(m_study, &QPushButton::clicked, this, &StartCard::studyWanted);
    connect(m_show, &QPushButton::clicked, this, [this] {
        if (!m_draft.problems().empty()) Q_EMIT fieldWanted(m_draft.problems().begin()->first);
    });
}

void StartCard::refresh() {
    showProblem();
    EstimateCard::refresh();
}

void StartCard::showProblem() {
    const Result<RunSpec> spec = m_draft.spec();
    const std::size_t wrong = m_draft.problems().size();
    if (spec) m_name->setText(QString::fromStdString(displayName(*spec)));
    const auto changed = static_cast<qint64>(m_draft.changes().size());
    QString verdict = changed == 0
                          ? tr("✓ Valid: every field has its default")
                          : tr("✓ Valid: %1 fields differ from their defaults", nullptr, changed)
                                .arg(formatWhole(changed));
    if (!spec)
        verdict = wrong > 1 ? tr("⚠ %1 fields are wrong; the first: %2")
                                  .arg(wrong)
                                  .arg(QString::fromStdString(m_draft.problems().begin()->second))
                            : QStringLiteral("⚠ ") + QString::fromStdString(spec.error().message);
    m_verdict->setText(verdict);
    setTone(m_verdict, spec ? "secondary" : "bad");
    m_show->setVisible(!spec && wrong > 0);
    const bool can = spec && m_monitor.canRun();
    m_start->setEnabled(can);
    m_queue->setEnabled(can);
    m_study->setEnabled(static_cast<bool>(spec));
    const QString why =
        m_workspace.readOnly()
            ? tr("%1, so no run can be started here.").arg(m_workspace.readOnlyText())
            : QString();
    m_readOnly->setText(why);
    m_readOnly->setVisible(!why.isEmpty());
}

void StartCard::ask() {
    const Result<RunSpec> spec = m_draft.spec();
    if (!spec) return;
    showForecast(*spec);
    m_estimates.ask([spec = *spec, paths = RunPaths::of(m_workspace.path()),
                     speed = m_speed] { return estimateRun(spec, paths, speed); },
                    [this](const RunEstimate& estimate) { showEstimate(estimate); });
}

void StartCard::showEstimate(const RunEstimate& estimate) {
    const bool known = estimate.parameters > 0;
    const auto size = [](auto bytes) { return formatMegabytes(bytes); };
    const QString unknown = QStringLiteral("–");
    m_factTime->set(tr("about %1").arg(formatDuration(estimate.seconds)));
    m_stages->setText(stagesText(estimate));
    m_factMemory->set(known ? tr("about %1").arg(size(estimate.memoryBytes)) : unknown);
    m_factFreeMemory->set(size(estimate.freeMemory));
    m_factDisk->set(known ? tr("about %1").arg(size(estimate.diskBytes)) : unknown);
    m_factKept->set(known ? tr("about %1").arg(size(estimate.keptBytes)) : unknown);
    m_factFreeDisk->set(size(estimate.freeDisk));
    m_factModel->set(known ? formatCount(estimate.parameters) : unknown);
    QStringList notes;
    for (const std::string& warning : estimate.warnings())
        notes << QStringLiteral("⚠ ") + QString::fromStdString(warning);
    if (!estimate.modelProblem.empty())
        notes << QStringLiteral("⚠ ") + QString::fromStdString(estimate.modelProblem);
    m_notes->setText(notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!notes.isEmpty());
    m_basis->setText(basis());
}

/// Hands a spec to the engine. StartNow: before everything that waits, and the queue is let
/// go; WaitInQueue: behind it, and where nothing runs the queue is held, so that it does wait.
/// Returns what happened, as a sentence.
Result<QString> StartCard::queue(const RunSpec& spec, QueuePlace place) {
    Session* session = m_workspace.session();
    if (session == nullptr)
        return fail(ErrorCode::Unsupported, QObject::tr("%1, so no run can be started here.")
                                                .arg(m_workspace.readOnlyText())
                                                .toStdString());
    const QueueChanged before = session->queue();
    const bool idle = !m_monitor.running();
    const bool waits = place == QueuePlace::WaitInQueue;
    if (waits && idle && before.runs.empty()) session->holdQueue(true);
    SKD_TRY(const RunId run, session->start(spec));
    Q_EMIT m_workspace.runsChanged();
    const QString name = QString::fromStdString(displayName(spec));
    if (waits) {
        const bool held = session->queue().held;
        return held ? QObject::tr(
                          "“%1” waits in the queue, which is held; start it in the Queue dock.")
                          .arg(name)
                    : QObject::tr("“%1” waits in the queue.").arg(name);
    }
    session->reorderQueue({run});
    session->holdQueue(false);
    return idle ? QObject::tr("“%1” starts.").arg(name)
                : QObject::tr("“%1” starts when the current run has ended.").arg(name);
}

void StartCard::start(QueuePlace place) {
    const Result<RunSpec> spec = m_draft.spec();
    if (!spec) return;
    const Result<QString> done = queue(*spec, place);
    Q_EMIT said(done ? *done : QString::fromStdString(done.error().message));
}

}  // namespace skd
