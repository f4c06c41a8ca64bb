#include "charts/view_table.h"

#include <QAbstractItemModel>
#include <QCoreApplication>
#include <algorithm>
#include <cmath>

namespace skd {

namespace {

QString allDigits(double value) {
    if (std::isnan(value)) return {};
    if (std::isinf(value)) return value > 0 ? QStringLiteral("inf") : QStringLiteral("-inf");
    return QString::number(value, 'g', QLocale::FloatingPointShortest);
}

/// Text that a spreadsheet would take for a formula starts with an apostrophe; numbers stay
/// numbers.
QString csvField(QString text) {
    bool number = false;
    (void)text.toDouble(&number);
    if (!number && !text.isEmpty() && QStringLiteral("=+-@\t").contains(text[0]))
        text.prepend(QLatin1Char('\''));
    const bool quoted = std::any_of(text.begin(), text.end(), [](QChar c) {
        return c == QLatin1Char(',') || c == QLatin1Char('"') || c == QLatin1Char('\n') ||
               c == QLatin1Char('\r');
    });
    if (!quoted) return text;
    return QLatin1Char('"') + text.replace(QLatin1Char('"'), QStringLiteral("\"\"")) +
           QLatin1Char('"');
}

/// Text that cannot end its cell or its line, or become markup.
QString markdownField(const QString& text) {
    QString out;
    for (const QChar c : text) {
        if (QStringLiteral("|*_`<[\\").contains(c)) out += QLatin1Char('\\');
        out += c == QLatin1Char('\n') || c == QLatin1Char('\r') ? QLatin1Char(' ') : c;
    }
    return out;
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
    QByteArray out;
    const auto columns = static_cast<int>(table.header.size());
    for (int column = 0; column < columns; ++column) {
        if (column > 0) out += ',';
        out += csvField(table.header[column]).toUtf8();
    }
    out += "\r\n";
    for (int row = 0; row < table.rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            if (column > 0) out += ',';
            out += csvField(table.cell(row, column).exact).toUtf8();
        }
        out += "\r\n";
    }
    return out;
}

QByteArray toMarkdown(const ViewTable& table, int rows) {
    const auto columns = static_cast<int>(table.header.size());
    QString out = QStringLiteral("|");
    for (const QString& title : table.header)
        out += QLatin1Char(' ') + markdownField(title) + QStringLiteral(" |");
    out += QStringLiteral("\n|");
    for (int column = 0; column < columns; ++column)
        out += column == 0 ? QStringLiteral("---|") : QStringLiteral("---:|");
    out += QLatin1Char('\n');
    for (int row = 0; row < std::min(rows, table.rows); ++row) {
        out += QLatin1Char('|');
        for (int column = 0; column < columns; ++column)
            out += QLatin1Char(' ') + markdownField(table.cell(row, column).shown) +
                   QStringLiteral(" |");
        out += QLatin1Char('\n');
    }
    if (table.rows > rows)
        out += QLatin1Char('\n') +
               QCoreApplication::translate("ViewTable", "%1 more rows are in the CSV file.")
                   .arg(table.rows - rows) +
               QLatin1Char('\n');
    return out.toUtf8();
}

}  // namespace skd
