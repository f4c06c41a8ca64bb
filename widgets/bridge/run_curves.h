#pragma once

#include <unordered_map>

#include "bridge/workspace.h"

namespace skd {

struct CheckpointNote {
    std::int64_t step = 0;
    std::string path;
    bool best = false;
};

/// A metric over steps. While `edition` stays the same, points were only appended; with every other
/// change comes a new one, which no curve had before.
struct Curve : Series {
    std::uint64_t edition = nextEdition();

    /// A step that is there already, and what follows it, is replaced.
    void append(double step, double value);
    /// Appends what of `other` lies after the last step.
    void appendTail(const Series& other);
    /// Has the points of `other`, in the same edition where none of its own changed.
    void replace(Series other);

private:
    static std::uint64_t nextEdition();
};

/// Everything the pages draw of one run: its metrics, checkpoints and row.
struct RunCurves {
    RunDetails details;
    std::map<std::string, Curve, std::less<>> series;
    std::vector<CheckpointNote> checkpoints;
    std::vector<AnnotationRow> annotations;
    std::vector<AnswerSet> answers;  ///< of its models to its prompts, so far
    bool loaded = false;             ///< the store's part has arrived

    [[nodiscard]] const Curve& at(std::string_view metric) const;
    /// Last value of a metric; NaN where there is none.
    [[nodiscard]] double last(std::string_view metric) const;
};

/// Curves of the runs in view: read once from the workspace, then extended by what the engine says.
class RunCurvesCache : public QObject {
    Q_OBJECT
public:
    explicit RunCurvesCache(Workspace& workspace, QObject* parent = nullptr);

    /// What is known now; asks the workspace for a run that was never asked for.
    const RunCurves& curves(RunId run);
    /// Reads a run again, e.g. one that another process writes.
    void refresh(RunId run);
    /// From now on only what the engine says of this run counts: it is being told again.
    void hideForReplay(RunId run);
    /// What is stored counts again.
    void showAfterReplay(RunId run);

Q_SIGNALS:
    void changed(skd::RunId run);

private:
    void load(RunId run);
    void merge(RunId run, RunCurves fromStore);
    void onMetrics(const MetricBatch& batch);
    Workspace& m_workspace;
    std::unordered_map<std::int64_t, RunCurves> m_curves;
    RunId m_replayed;
};

}  // namespace skd
