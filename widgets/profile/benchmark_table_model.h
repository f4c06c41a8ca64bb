#pragma once

#include <QAbstractTableModel>

#include "results/benchmark_report.h"

namespace skd {

/// A benchmark as a table: one line per model and batch, medians with their quartiles. Qt::UserRole
/// gives the value to sort by.
class BenchmarkTableModel : public QAbstractTableModel {
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

    using QAbstractTableModel::QAbstractTableModel;
    /// `names` are those of the report's models, for people.
    void setReport(const BenchmarkReport& report, const QStringList& names);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index,
                                int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    struct Line {
        QString model;
        BenchmarkCell cell;
    };
    [[nodiscard]] static double value(const BenchmarkCell& cell, int column);
    [[nodiscard]] static QString text(const Line& line, int column);
    std::vector<Line> m_lines;
};

}  // namespace skd
