#include "plan/plan_card.h"

#include <QDateTime>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>
#include <algorithm>

#include "controls/build.h"
#include "plan/plan_model.h"
#include "style/format.h"
#include "style/theme.h"

namespace skd {

namespace {
constexpr int kDelay = 200;  ///< ms for the hand to rest
}

PlanCard::PlanCard(StudyDraft& draft, Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : Card(tr("Plan"), parent),
      m_draft(draft),
      m_workspace(workspace),
      m_monitor(monitor),
      m_speed(workspace),
      m_model(new PlanModel(this)) {
    m_total = makeLabel({}, TextRole::Strong, "", this, "plan.total");
    m_detail = makeLabel({}, TextRole::Small, "secondary", this, "plan.detail");
    m_basis = makeLabel({}, TextRole::Small, "secondary", this);
    for (QLabel* label : {m_total, m_detail}) {
        label->setWordWrap(true);
        body()->addWidget(label);
        body()->addSpacing(4);
    }
    buildTable();
    m_basis->setWordWrap(true);
    body()->addWidget(m_basis);
    buildButtons();
    callAfter(m_later, kDelay, this, &PlanCard::ask);
    connect(&m_draft, &StudyDraft::changed, this, &PlanCard::refresh);
    connect(&m_workspace, &Workspace::runsChanged, this, &PlanCard::refresh);
    connect(&m_speed, &SpeedReader::changed, this, &PlanCard::refresh);
}

void PlanCard::buildTable() {
    m_table = named(new QTableView(this), "plan.table", tr("Runs of the study"));
    m_table->setModel(m_model);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    showAsRows(*m_table, 24);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setMinimumSectionSize(30);
    m_table->horizontalHeader()->setSectionResizeMode(PlanModel::Run, QHeaderView::Stretch);
    for (const auto& [column, width] :
         {std::pair{PlanModel::Seed, 62}, std::pair{PlanModel::StartsFrom, 84},
          std::pair{PlanModel::Time, 88}, std::pair{PlanModel::State, 86}})
        m_table->setColumnWidth(column, width);
    body()->addWidget(m_table, 1);
    body()->addSpacing(6);
}

void PlanCard::buildButtons() {
    auto* row = makeRow(8);
    m_start = makePrimary(tr("Start study"), "plan.start",
                          tr("Queues every run that is not complete and starts the queue"), this);
    m_queue = makeButton(tr("Add to queue"), "plan.queue",
                         tr("Queues them; where nothing runs, the queue is held"), this);
    row->addWidget(m_start, 1);
    row->addWidget(m_queue, 1);
    body()->addSpacing(6);
    body()->addLayout(row);
    connect(m_start, &QPushButton::clicked, this, [this] { start(false); });
    connect(m_queue, &QPushButton::clicked, this, [this] { start(true); });
}

void PlanCard::showEvent(QShowEvent* event) {
    Card::showEvent(event);
    if (!m_known) m_speed.refresh();
    m_known = true;
    refresh();
}

void PlanCard::refresh() {
    if (isVisible()) m_later.start();
}

void PlanCard::ask() {
    const int serial = ++m_asked;
    const auto study = m_draft.study();
    if (!study) {
        m_answered = serial;
        m_model->clear();
        return showPlan(QString::fromStdString(study.error().message));
    }
    m_workspace.reader().ask(
        this,
        [study = *study, paths = RunPaths::of(m_workspace.path()), speed = m_speed.record()](
            const RunStore& store) { return viewPlan(store, study, paths, speed); },
        [this, serial](Result<PlanView> view) {
            m_answered = std::max(m_answered, serial);
            if (serial != m_asked) return;  // a newer one is on its way
            const QString problem = view ? QString() : QString::fromStdString(view.error().message);
            if (view)
                m_model->set(std::move(*view));
            else
                m_model->clear();
            showPlan(problem);
        });
}

void PlanCard::showPlan(const QString& problem) {
    const PlanView& view = m_model->view();
    const auto runs = static_cast<qint64>(view.plan.runs.size());
    const auto complete = static_cast<qint64>(view.complete());
    const bool wrong = !problem.isEmpty();
    const double seconds = view.secondsLeft();
    m_total->setText(wrong ? tr("No plan yet")
                           : tr("%1 runs", nullptr, runs).arg(formatWhole(runs)) +
                                 tr(" · about %1").arg(formatDuration(seconds)));
    QString detail = wrong ? QStringLiteral("⚠ ") + problem
                           : tr("Started now, done around %1")
                                 .arg(formatTime(QDateTime::currentMSecsSinceEpoch() +
                                                 static_cast<qint64>(seconds * 1000)));
    if (!wrong && complete > 0)
        detail += tr("; %1 are complete already", nullptr, complete).arg(formatWhole(complete));
    m_detail->setText(detail);
    setTone(m_detail, wrong ? "bad" : "secondary");
    m_basis->setText(m_speed.basis());
    const bool can = !wrong && !m_queuing && m_monitor.canRun() && complete < runs;
    m_start->setEnabled(can);
    m_queue->setEnabled(can);
    const QString why =
        m_workspace.readOnly()
            ? tr("%1, so no study can be started here.").arg(m_workspace.readOnlyText())
            : QString();
    if (!why.isEmpty()) m_basis->setText(why);
    m_table->setColumnHidden(PlanModel::StartsFrom,
                             std::all_of(view.plan.runs.begin(), view.plan.runs.end(),
                                         [](const PlannedRun& run) { return run.needs.empty(); }));
}

void PlanCard::start(bool hold) {
    Session* session = m_workspace.session();
    const PlanView& view = m_model->view();
    if (session == nullptr || view.plan.runs.empty() || m_queuing) return;
    if (hold && !m_monitor.running() && session->queue().runs.empty()) session->holdQueue(true);
    m_queuing = true;  // hundreds of runs take half a second
    m_start->setEnabled(false);
    m_queue->setEnabled(false);
    inBackground(
        m_workspace.calls(), this,
        [session, study = view.study, plan = view.plan, known = view.known] {
            return queueStudy(*session, study, plan, known);
        },
        [this, hold, session,
         study = QString::fromStdString(view.study.name)](const Result<QueuedStudy>& queued) {
            m_queuing = false;
            if (queued && !hold) session->holdQueue(false);
            Q_EMIT m_workspace.runsChanged();
            if (queued)
                sayQueued(study, *queued);
            else
                Q_EMIT said(QString::fromStdString(queued.error().message));
            ask();
        });
}

void PlanCard::sayQueued(const QString& study, const QueuedStudy& queued) {
    QStringList parts;
    if (queued.started > 0)
        parts << tr("%1 runs are queued", nullptr, queued.started).arg(formatWhole(queued.started));
    if (queued.resumed > 0)
        parts << tr("%1 resume from their checkpoints", nullptr, queued.resumed)
                     .arg(formatWhole(queued.resumed));
    if (queued.waiting > 0)
        parts << tr("%1 waited or ran already").arg(formatWhole(queued.waiting));
    if (queued.complete > 0)
        parts << tr("%1 were complete", nullptr, queued.complete).arg(formatWhole(queued.complete));
    QString message = tr("Study “%1”: %2.").arg(study, parts.join(QStringLiteral(", ")));
    if (!queued.problems.empty())
        message += tr(" Not queued: %1").arg(QString::fromStdString(queued.problems.front()));
    Q_EMIT said(message);
}

}  // namespace skd
