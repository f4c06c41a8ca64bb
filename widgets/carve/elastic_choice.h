#pragma once

#include "bridge/workspace.h"
#include "carve/carve_state.h"

namespace skd {

/// Which elastic runs the workspace has, and the way of the page onto one of them and back.
class ElasticChoice : public QObject {
    Q_OBJECT
public:
    ElasticChoice(CarveState& state, Workspace& workspace, QObject* parent = nullptr);

    struct Run {
        RunId id;
        QString name;
    };
    /// Complete elastic runs, newest first.
    [[nodiscard]] const std::vector<Run>& runs() const { return m_runs; }
    /// The run that the page is over; 0 for a model that is cut.
    [[nodiscard]] RunId chosen() const;
    /// Reads a run's path, nodes and analysis, and shows these ranks, or its selection node where
    /// there are none; 0 goes back to the model that was on the page before.
    void choose(RunId run, std::vector<std::int64_t> ranks = {});
    /// Reads the list again.
    void reload();

Q_SIGNALS:
    void changed();
    /// The run cannot be shown; says why.
    void failed(const QString& message);

private:
    struct Found;
    using FoundPtr = std::shared_ptr<Found>;
    static Result<FoundPtr> read(const RunStore& store, const RunPaths& paths, RunId run);
    void show(const Result<FoundPtr>& read);
    void goBack();

    CarveState& m_state;
    Workspace& m_workspace;
    std::vector<Run> m_runs;
    RunId m_wanted;
    std::vector<std::int64_t> m_wantedRanks;
    AnalysisPtr m_before;  ///< of the model that the page was over
    std::vector<std::int64_t> m_ranksBefore;
};

}  // namespace skd
