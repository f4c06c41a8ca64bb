#include "charts/view_table.h"

#include <QAbstractItemModel>
#include <QCoreApplication>
#include <algorithm>
#include <cmath>

#include "base/table.h"

namespace skd {

namespace {

QString allDigits(double value) {
    if (std::isnan(value)) return {};
    if (std::isinf(value)) return value > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

std::vector<std::string> headerOf(const ViewTable& table) {
    std::vector<std::string> header;
    for (const QString& title : table.header) header.push_back(title.toStdString());
    return header;
}

std::vector<std::string> rowOf(const ViewTable& table, int row, QString ViewCell::*part) {
    std::vector<std::string> cells;
    for (int column = 0; column < static_cast<int>(table.header.size()); ++column)
        cells.push_back((table.cell(row, column).*part).toStdString());
    return cells;
}

}  // namespace

ViewCell::ViewCell(const QString& shownText, double value)
    : shown(shownText), exact(allDigits(value)) {}

ViewCell ViewCell::number(double value) {
    return {allDigits(value)};
}

ViewTable tableOf(const QAbstractItemModel& model) {
    ViewTable table;
    table.rows = model.rowCount();
    for (int column = 0; column < model.columnCount(); ++column)
        table.header << model.headerData(column, Qt::Horizontal).toString();
    table.cell = [&model](int row, int column) {
        const QModelIndex index = model.index(row, column);
        const QString text = index.data().toString();
        const QVariant exact = index.data(kExactValueRole);
        return exact.isValid() ? ViewCell(text, exact.toDouble()) : ViewCell(text);
    };
    return table;
}

QByteArray toCsv(const ViewTable& table) {
    std::string out = csvRow(headerOf(table));
    for (int row = 0; row < table.rows; ++row) out += csvRow(rowOf(table, row, &ViewCell::exact));
    return QByteArray::fromStdString(out);
}

QByteArray toMarkdown(const ViewTable& table, int rows) {
    TextTable shown{.header = headerOf(table), .figures = true};
    for (int row = 0; row < std::min(rows, table.rows); ++row)
        shown.rows.push_back(rowOf(table, row, &ViewCell::shown));
    if (table.rows > rows)
        shown.notes.push_back(
            QCoreApplication::translate("ViewTable", "%1 more rows are in the CSV file.")
                .arg(table.rows - rows)
                .toStdString());
    return QByteArray::fromStdString(toMarkdown(shown));
}

}  // namespace skd
