#include "plan/plan_model.h"

#include <algorithm>

#include "style/format.h"

namespace skd {

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

void PlanModel::set(PlanView view) {
    beginResetModel();
    m_view = std::move(view);
    endResetModel();
}

void PlanModel::clear() {
    set({});
}

int PlanModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_view.plan.runs.size());
}

int PlanModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : Columns;
}

QVariant PlanModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const auto row = static_cast<std::size_t>(index.row());
    const PlannedRun& run = m_view.plan.runs[row];
    if (role == Qt::TextAlignmentRole && (index.column() == Seed || index.column() == Time))
        return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) return QString::fromStdString(displayName(run.spec));
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Run:
            return QString::fromStdString(run.variant);
        case Seed:
            return QString::number(run.seed);
        case Time:
            return formatDuration(m_view.seconds[row]);
        case State:
            return m_view.recorded[row] ? statusText(m_view.status[row]) : tr("new");
        default:
            break;
    }
    QStringList needs;
    for (const std::size_t needed : run.needs) needs << QString::number(needed + 1);
    return needs.join(QStringLiteral(", "));
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    static const char* kNames[] = {QT_TR_NOOP("Run"), QT_TR_NOOP("Seed"), QT_TR_NOOP("Starts from"),
                                   QT_TR_NOOP("Time"), QT_TR_NOOP("State")};
    return tr(kNames[section]);
}

}  // namespace skd
