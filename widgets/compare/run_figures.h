#pragma once

#include <QString>

#include "store/records.h"

namespace skd {

/// A run as the Compare page knows it. Details come later than the row; `ttftMs` is NaN without a
/// benchmark of the run that was kept.
struct ComparedRun {
    RunRow row;
    Json spec;
    RunSummary summary;
    double ttftMs = 0;
    std::string
        settings;  ///< equal for runs whose specs differ in name and seed alone; "" while unknown
};

enum class RunFigure {
    DensePpl,
    PostPrunePpl,
    PostKdPpl,
    Recovery,
    MlpRemoved,
    ParametersRemoved,
    BytesRemoved,
    Parameters,
    Seconds,
    Ece,
    KlToDense,
    Ttft,
};

struct FigureInfo {
    RunFigure figure;
    QString name, tip;
    QString (*text)(double value);
    double (*value)(const ComparedRun& run);  ///< NaN where the run lacks it
    bool lowerIsBetter = true;
    bool log = false;          ///< over decades
    bool fromSummary = false;  ///< needs the run's details, not its row alone
};

/// All figures, in the order of the table's columns.
const std::vector<FigureInfo>& figureInfos();
const FigureInfo& infoOf(RunFigure figure);
/// NaN where the run lacks it.
inline double figureOf(const ComparedRun& run, RunFigure figure) {
    return infoOf(figure).value(run);
}
/// The level that all have, within a thousandth; NaN where they differ. Those that are NaN have
/// none.
double commonLevel(const std::vector<double>& levels);

/// TTFT in ms of run `id` at the smallest batch, from benchmarks that were kept (newest first); NaN
/// where none measured it.
double measuredTtft(const std::vector<MeasurementRow>& benchmarks, RunId id);

}  // namespace skd
