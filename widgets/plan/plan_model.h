#pragma once

#include <QAbstractTableModel>
#include "controls/grid_model.h"
#include "study/run_estimate.h"
#include "study/study_queue.h"

namespace skd {

/// A study's plan, worked out: each run, how long it takes, and what the workspace has of it
/// already.
struct PlanView {
    StudySpec study;
    StudyPlan plan;
    std::vector<double> seconds;
    std::vector<RunStatus> status;  ///< of the recorded run, where there is one
    std::vector<bool> recorded;
    std::vector<RunDetails> known;
    /// Seconds of the runs that are not complete.
    [[nodiscard]] double secondsLeft() const;
    [[nodiscard]] std::size_t complete() const;
};
/// Slow for large studies: asks planStudy and hashes specs.
Result<PlanView> viewPlan(const RunStore& store, const StudySpec& study, const RunPaths& paths,
                          const SpeedRecord& speed);

class PlanModel : public GridModel {
    Q_OBJECT
public:
    enum Column { Run, Seed, StartsFrom, Time, State, Columns };
    explicit PlanModel(QObject* parent = nullptr);
    void set(PlanView view);
    void clear();
    [[nodiscard]] const PlanView& view() const { return m_view; }

    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    PlanView m_view;
};

}  // namespace skd
