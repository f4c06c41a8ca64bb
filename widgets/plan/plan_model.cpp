#include "plan/plan_model.h"

#include <algorithm>

#include "base/text.h"
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

void PlanModel::clear() {
    set({});
}

QVariant PlanModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    return GridModel::headerData(section, orientation, role);
}

}  // namespace skd
