#pragma once

#include <QAbstractTableModel>

#include "charts/plot/plot_series.h"

namespace skd {

/// The table twin of a chart: its lines as columns. One x column where all lines share their x.
class SeriesTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    SeriesTableModel(const std::vector<PlotSeries>& series, const QString& xName, QObject* parent);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override;
    /// Tab-separated, with a header line.
    [[nodiscard]] QString toText() const;

private:
    struct Column {
        QString name;
        std::vector<double> values;
    };
    std::vector<Column> m_columns;
    int m_rows = 0;
};

}  // namespace skd
