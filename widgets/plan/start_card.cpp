#include "plan/start_card.h"

#include <QPushButton>
#include <QVBoxLayout>

#include "controls/fact_list.h"
#include "plan/spec_draft.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {
constexpr int kDelay = 120;  ///< ms for the hand to rest
}

StartCard::StartCard(SpecDraft& draft, Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : Card(tr("Before it starts"), parent),
      m_draft(draft),
      m_workspace(workspace),
      m_monitor(monitor),
      m_speed(workspace),
      m_estimates(this) {
    m_name = makeLabel({}, static_cast<int>(TextRole::Strong), "", this);
    m_name->setObjectName(QStringLiteral("start.name"));
    m_verdict = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    m_verdict->setObjectName(QStringLiteral("start.verdict"));
    for (QLabel* label : {m_name, m_verdict}) {
        label->setWordWrap(true);
        body()->addWidget(label);
        body()->addSpacing(4);
    }
    m_show = new QPushButton(tr("Show the field"), this);
    m_show->setObjectName(QStringLiteral("start.showField"));
    m_show->setProperty("link", true);
    body()->addWidget(m_show);
    buildFacts();
    buildButtons();
    m_later.setSingleShot(true);
    m_later.setInterval(kDelay);
    connect(&m_later, &QTimer::timeout, this, &StartCard::ask);
    connect(&m_draft, &SpecDraft::changed, this, &StartCard::refresh);
    connect(&m_speed, &SpeedReader::changed, &m_later, qOverload<>(&QTimer::start));
    connect(&m_monitor, &RunMonitor::changed, this, &StartCard::showProblem);
    m_workspace.events().on<RunFinished>(&m_speed, &SpeedReader::refresh);
}

void StartCard::buildFacts() {
    m_facts = new FactList(this);
    m_facts->addFact(
        "time", tr("Time"),
        tr("Tokens read by each stage over the measured speed of this machine, corrected by this "
           "workspace's runs on it; in proportion to the model's parameters"));
    m_facts->addFact("memory", tr("Memory, peak"),
                     tr("Weights, and the larger of pruning (Gram matrices and factors) and "
                        "training (masters, moments, gradients, activations, logits)"));
    m_facts->addFact("free.memory", tr("of it free now"));
    m_facts->addFact("disk", tr("Disk, peak"),
                     tr("Teacher cache, spectra, checkpoints and models, beside the workspace"));
    m_facts->addFact("kept", tr("stays on disk"),
                     tr("What the field “keep” leaves when the run is complete"));
    m_facts->addFact("free.disk", tr("free on disk"));
    m_facts->addFact("model", tr("Model's parameters"));
    body()->addSpacing(6);
    body()->addWidget(m_facts);
    body()->addSpacing(4);
    m_stages = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    m_stages->setObjectName(QStringLiteral("start.stages"));
    m_stages->setWordWrap(true);
    body()->addWidget(m_stages);
    body()->addSpacing(6);
    m_notes = makeLabel({}, static_cast<int>(TextRole::Small), "bad", this);
    m_notes->setObjectName(QStringLiteral("start.notes"));
    m_basis = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    for (QLabel* label : {m_notes, m_basis}) {
        label->setWordWrap(true);
        body()->addWidget(label);
        body()->addSpacing(4);
    }
    body()->addStretch(1);
    m_readOnly = makeLabel({}, static_cast<int>(TextRole::Small), "secondary", this);
    m_readOnly->setObjectName(QStringLiteral("start.readOnly"));
    m_readOnly->setWordWrap(true);
    body()->addWidget(m_readOnly);
    body()->addSpacing(4);
}

void StartCard::buildButtons() {
    m_start = new QPushButton(tr("Start run"), this);
    m_start->setObjectName(QStringLiteral("start.run"));
    m_start->setProperty("primary", true);
    m_start->setToolTip(tr("In front of everything that waits (Ctrl+Return)"));
    m_start->setShortcut(Qt::CTRL | Qt::Key_Return);
    m_queue = new QPushButton(tr("Add to queue"), this);
    m_queue->setObjectName(QStringLiteral("start.queue"));
    m_queue->setToolTip(tr("Behind everything that waits"));
    m_study = new QPushButton(tr("Make a study of it…"), this);
    m_study->setObjectName(QStringLiteral("start.study"));
    m_study->setToolTip(tr("Several runs that start from these fields: variants, seeds, a grid"));
    for (QPushButton* button : {m_start, m_queue, m_study}) {
        body()->addWidget(button);
        body()->addSpacing(6);
    }
    connect(m_start, &QPushButton::clicked, this, [this] { start(QueuePlace::StartNow); });
    connect(m_queue, &QPushButton::clicked, this, [this] { start(QueuePlace::WaitInQueue); });
    connect(m_study, &QPushButton::clicked, this, &StartCard::studyWanted);
    connect(m_show, &QPushButton::clicked, this, [this] {
        if (!m_draft.problems().empty()) Q_EMIT fieldWanted(m_draft.problems().begin()->first);
    });
}

void StartCard::showEvent(QShowEvent* event) {
    Card::showEvent(event);
    if (!m_known) m_speed.refresh();
    m_known = true;
    refresh();
}

void StartCard::refresh() {
    showProblem();
    if (isVisible()) m_later.start();
}

void StartCard::showProblem() {
    const Result<RunSpec> spec = m_draft.spec();
    const std::size_t wrong = m_draft.problems().size();
    if (spec) m_name->setText(QString::fromStdString(displayName(*spec)));
    const auto changed = static_cast<qint64>(m_draft.changes().size());
    QString verdict = changed == 0
                          ? tr("✓ Valid: every field has its default")
                          : countText(changed, tr("✓ Valid: %1 field differs from its default"),
                                      tr("✓ Valid: %1 fields differ from their defaults"));
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
    m_estimates.ask([spec = *spec, paths = RunPaths::of(m_workspace.path()),
                     speed = m_speed.record()] { return estimateRun(spec, paths, speed); },
                    [this](const RunEstimate& estimate) { showEstimate(estimate); });
}

namespace {

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

void StartCard::showEstimate(const RunEstimate& estimate) {
    const bool known = estimate.parameters > 0;
    const auto size = [](auto bytes) { return formatMegabytes(static_cast<double>(bytes)); };
    const QString unknown = QStringLiteral("–");
    m_facts->setFact("time", tr("about %1").arg(formatDuration(estimate.seconds)));
    m_stages->setText(stagesText(estimate));
    m_facts->setFact("memory", known ? tr("about %1").arg(size(estimate.memoryBytes)) : unknown);
    m_facts->setFact("free.memory", size(estimate.freeMemory));
    m_facts->setFact("disk", known ? tr("about %1").arg(size(estimate.diskBytes)) : unknown);
    m_facts->setFact("kept", known ? tr("about %1").arg(size(estimate.keptBytes)) : unknown);
    m_facts->setFact("free.disk", size(estimate.freeDisk));
    m_facts->setFact("model",
                     known ? formatCount(static_cast<double>(estimate.parameters)) : unknown);
    QStringList notes;
    for (const std::string& warning : estimate.warnings())
        notes << QStringLiteral("⚠ ") + QString::fromStdString(warning);
    if (!estimate.modelProblem.empty())
        notes << QStringLiteral("⚠ ") + QString::fromStdString(estimate.modelProblem);
    m_notes->setText(notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!notes.isEmpty());
    m_basis->setText(m_speed.basis());
}

void StartCard::start(QueuePlace place) {
    const Result<RunSpec> spec = m_draft.spec();
    if (!spec) return;
    const Result<QString> done = queueRun(m_workspace, m_monitor, *spec, place);
    Q_EMIT said(done ? *done : QString::fromStdString(done.error().message));
}

}  // namespace skd
