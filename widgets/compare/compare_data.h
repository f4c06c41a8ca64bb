#pragma once

#include <set>

#include "bridge/workspace.h"
#include "compare/run_figures.h"

namespace skd {

/// Runs that are one thing measured several times: the seeds of a variant.
struct RunGroup {
    QString name;
    std::vector<RunId> runs;  ///< never empty
};

/// What the Compare page knows of the workspace: the rows of all runs, and details of those wanted,
/// read in the background and kept while they are true.
class CompareData : public QObject {
    Q_OBJECT
public:
    explicit CompareData(Workspace& workspace, QObject* parent = nullptr);

    /// Reads the list of runs again, and the details of runs that continued since.
    void refresh();
    /// Details of these runs are wanted; others are kept as they are.
    void want(const std::vector<RunId>& runs);

    /// Every run that is not deleted, newest first.
    [[nodiscard]] const std::vector<RunId>& all() const { return m_order; }
    /// What is known of a run; null where the workspace has no such run (yet).
    [[nodiscard]] const ComparedRun* find(RunId run) const;
    /// Whether spec and summary have arrived.
    [[nodiscard]] bool hasDetails(RunId run) const { return m_detailed.count(run.value()) > 0; }
    [[nodiscard]] bool settled() const;

    /// Runs of one variant of a study together, and runs whose specs differ in name and seed alone;
    /// each on its own where not `together`. In the order of their first run.
    [[nodiscard]] std::vector<RunGroup> groups(const std::vector<RunId>& runs, bool together) const;
    /// Of a figure over the runs of a group.
    [[nodiscard]] Statistic statistic(const RunGroup& group, RunFigure figure) const;

Q_SIGNALS:
    void changed();

private:
    struct Listing {
        std::vector<RunRow> rows;
        std::vector<MeasurementRow> benchmarks;
    };
    void takeRows(Listing listing);
    void loadNext();

    Workspace& m_workspace;
    std::vector<RunId> m_order, m_wanted;
    std::map<std::int64_t, ComparedRun> m_runs;
    std::set<std::int64_t> m_detailed;
    int m_asked = 0;   ///< lists of runs that have not arrived
    int m_chunks = 0;  ///< read since the last news
    bool m_loading = false, m_loaded = false;
};

}  // namespace skd
