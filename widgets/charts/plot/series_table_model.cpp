#include "charts/plot/series_table_model.h"

#include <algorithm>

namespace skd {

SeriesTableModel::SeriesTableModel(const std::vector<PlotSeries>& series, const QString& xName,
                                   QObject* parent)
    : QAbstractTableModel(parent) {
    const bool shared = std::all_of(series.begin(), series.end(), [&](const PlotSeries& one) {
        return one.xs() == series.front().xs();
    });
    for (const PlotSeries& one : series) {
        const bool first = &one == &series.front();
        if (first || !shared) m_columns.push_back({xName, one.xs()});
        m_columns.push_back({one.style.name, one.ys()});
        m_rows = std::max(m_rows, static_cast<int>(one.xs().size()));
    }
}

int SeriesTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_rows;
}

int SeriesTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_columns.size());
}

QVariant SeriesTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    if (role == Qt::TextAlignmentRole) return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
    const auto& values = m_columns[index.column()].values;
    if (role != Qt::DisplayRole || index.row() >= static_cast<int>(values.size())) return {};
    return QString::number(values[index.row()], 'g', 10);
}

QVariant SeriesTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    return m_columns[section].name;
}

QString SeriesTableModel::toText() const {
    QStringList lines, cells;
    for (const Column& column : m_columns) cells << column.name;
    lines << cells.join(QLatin1Char('\t'));
    for (int row = 0; row < m_rows; ++row) {
        cells.clear();
        for (int column = 0; column < columnCount(); ++column)
            cells << data(index(row, column), Qt::DisplayRole).toString();
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

}  // namespace skd
