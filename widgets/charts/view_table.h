#pragma once

#include <QStringList>
#include <functional>
#include <vector>

class QAbstractItemModel;
class QMenu;
class QWidget;

namespace skd {

/// A figure or a word of a table: as users read it, and with every digit.
struct ViewCell {
    QString shown, exact;

    ViewCell() = default;
    ViewCell(const QString& text) : shown(text), exact(text) {}  // NOLINT: text is a cell
    ViewCell(const QString& shownText, double value);
    /// A number with all its digits both ways; empty for NaN.
    static ViewCell number(double value);
};

/// What a view holds, as rows: the table twin of a chart. Cells are made when asked for, so that a
/// million points cost nothing until they are written.
struct ViewTable {
    QStringList header;
    int rows = 0;
    std::function<ViewCell(int row, int column)> cell;

    [[nodiscard]] bool empty() const { return rows == 0 || header.isEmpty(); }
};

/// A table with these rows, which it keeps; `cellsOf` makes the cells of one of them from it and
/// its place.
template <class Row, class CellsOf>
ViewTable tableOf(QStringList header, std::vector<Row> rows, CellsOf cellsOf) {
    const int count = static_cast<int>(rows.size());
    return {std::move(header), count, [rows = std::move(rows), cellsOf](int row, int column) {
                return std::vector<ViewCell>(cellsOf(rows[row], row))[column];
            }};
}

/// Role under which a model gives a figure with every digit (a double), beside its text.
inline constexpr int kExactValueRole = Qt::UserRole + 77;

/// The top level of a model: texts, and exact values where the model has them. The model must live
/// as long as the table is read.
ViewTable tableOf(const QAbstractItemModel& model);

/// RFC 4180, UTF-8, a point as decimal sign; every value with all its digits.
QByteArray toCsv(const ViewTable& table);
/// A pipe table with the texts that users read; at most `rows` rows, what is skipped is said
/// below.
QByteArray toMarkdown(const ViewTable& table, int rows = 500);

/// The exact values of a table, tab-separated, with a header line.
QString tabSeparated(const ViewTable& table);

/// Opens a window with what a chart shows as a table; Ctrl+C copies all of it, tab-separated. Rows
/// are read as they are scrolled to.
void showTableTwin(QWidget* parent, const QString& title, const ViewTable& table);

/// "Show as table" and "Copy values" for the menu of a chart.
void addTableActions(QMenu& menu, QWidget* parent, const QString& title, const ViewTable& table);

}  // namespace skd
