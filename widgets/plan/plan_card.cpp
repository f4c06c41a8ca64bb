#include "plan/plan_card.h"

#include <QDateTime>
#include <QHeaderView>
#include <QPushButton>
#include <QTableView>
#include <algorithm>

#include "base/text.h"
#include "controls/build.h"
#include "style/format.h"

namespace skd {

namespace {
constexpr int kDelay = 200;  ///< ms for the hand to rest
}

double PlanView::secondsLeft() const {
    double left = 0;
    for (std::size_t i = 0; i < seconds.size(); ++i)
        if (!recorded[i] || status[i] != RunStatus::Completed) left += seconds[i];
    return left;
}

std::size_t PlanView::complete() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < recorded.size(); ++i)
        count += recorded[i] && status[i] == RunStatus::Completed;
    return count;
}

Result<PlanView> viewPlan(const RunStore& store, const StudySpec& study, const RunPaths& paths,
                          const SpeedRecord& speed) {
    PlanView view;
    view.study = study;
    SKD_TRY(view.plan, planStudy(study));
    view.seconds = estimatePlan(view.plan, paths, speed);
    SKD_TRY(view.known, runsOfStudy(store, study));
    std::vector<RunId> runs;  // by place in the plan, for what starts from them
    for (std::size_t i = 0; i < view.plan.runs.size(); ++i) {
        const PlannedRun& planned = view.plan.runs[i];
        const RunDetails* found = nullptr;
        if (!view.known.empty())
            found = recordedRun(view.known, planned,
                                resolved(view.plan, i, [&](std::size_t at) { return runs[at]; }));
        runs.push_back(found != nullptr ? found->row.id : RunId());
        view.recorded.push_back(found != nullptr);
        view.status.push_back(found != nullptr ? found->row.status : RunStatus::Queued);
    }
    return view;
}

PlanModel::PlanModel(QObject* parent) : GridModel(parent, GridLayout::List) {
    setGrid({tr("Run"), tr("Seed"), tr("Starts from"), tr("Time"), tr("State")}, {});
}

void PlanModel::set(PlanView view) {
    m_view = std::move(view);
    Rows rows;
    for (std::size_t i = 0; i < m_view.plan.runs.size(); ++i) {
        const PlannedRun& run = m_view.plan.runs[i];
        const QString tip = QString::fromStdString(displayName(run.spec));
        const std::string needs =
            joined(run.needs, ", ", [](std::size_t at) { return std::to_string(at + 1); });
        rows.push_back(
            {{.text = QString::fromStdString(run.variant), .tip = tip},
             {.text = QString::number(run.seed),
              .exact = static_cast<double>(run.seed),
              .tip = tip},
             {.text = QString::fromStdString(needs), .tip = tip},
             {.text = formatDuration(m_view.seconds[i]), .exact = m_view.seconds[i], .tip = tip},
             {.text = m_view.recorded[i] ? statusText(m_view.status[i]) : tr("new"), .tip = tip}});
    }
    setRows(std::move(rows));
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    return GridModel::headerData(section, orientation, role);
}

PlanCard::PlanCard(StudyDraft& draft, Workspace& workspace, RunMonitor& monitor, QWidget* parent)
    : EstimateCard(tr("Plan"), workspace, monitor, kDelay, parent),
      m_draft(draft),
      m_model(new PlanModel(this)) {
    m_total = wrapped(makeLabel({}, TextRole::Strong, "", this, "plan.total"));
    m_detail = wrapped(makeLabel({}, TextRole::Small, "secondary", this, "plan.detail"));
    m_basis = wrapped(makeLabel({}, TextRole::Small, "secondary", this));
    buildTable();
    addAll(body(), {m_total, gap(4), m_detail, gap(4), {m_table, 1}, gap(6), m_basis, gap(6)});
    buildButtons();
    connect(&m_draft, &StudyDraft::changed, this, &PlanCard::refresh);
    connect(&m_workspace, &Workspace::runsChanged, this, &PlanCard::refresh);
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
}

void PlanCard::buildButtons() {
    m_start = makePrimary(tr("Start study"), "plan.start",
                          tr("Queues every run that is not complete and starts the queue"), this);
    m_queue = makeButton(tr("Add to queue"), "plan.queue",
                         tr("Queues them; where nothing runs, the queue is held"), this);
    body()->addLayout(addAll(makeRow(8), {{m_start, 1}, {m_queue, 1}}));
    connect(m_start, &QPushButton::clicked, this, [this] { start(false); });
    connect(m_queue, &QPushButton::clicked, this, [this] { start(true); });
}

void PlanCard::ask() {
    const int serial = ++m_asked;
    const auto show = [this, serial](Result<PlanView> view) {
        m_answered = std::max(m_answered, serial);
        if (serial != m_asked) return;  // a newer one is on its way
        m_model->set(view ? std::move(*view) : PlanView());
        showPlan(view ? QString() : QString::fromStdString(view.error().message));
    };
    const auto study = m_draft.study();
    if (!study) return show(fail(study.error()));
    m_workspace.reader().ask(
        this,
        [study = *study, paths = RunPaths::of(m_workspace.path()),
         speed = m_speed](const RunStore& store) { return viewPlan(store, study, paths, speed); },
        show);
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
    m_basis->setText(basis());
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
