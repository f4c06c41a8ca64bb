#pragma once

#include <QAbstractTableModel>
#include "controls/grid_model.h"
#include "results/benchmark_report.h"

namespace skd {

/// A benchmark as a table: one line per model and batch, medians with their quartiles, which sort
/// by their distance.
class BenchmarkTableModel : public GridModel {
    Q_OBJECT
public:
    enum Column {
        Model,
        Batch,
        Ttft,
        TtftSpread,
        Tpot,
        TpotSpread,
        Rate,
        Memory,
        Prefill,
        Decode,
        Bound,
        ColumnCount
    };

    explicit BenchmarkTableModel(QObject* parent = nullptr);
    /// `names` are those of the report's models, for display.
    void setReport(const BenchmarkReport& report, const QStringList& names);
};

}  // namespace skd
