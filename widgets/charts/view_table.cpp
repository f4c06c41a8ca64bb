#include "charts/view_table.h"

#include <QAbstractTableModel>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QMenu>
#include <QShortcut>
#include <QTableView>
#include <QVBoxLayout>
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

QStringList rowOf(const ViewTable& table, int row, QString ViewCell::*part) {
    QStringList cells;
    for (int column = 0; column < table.header.size(); ++column)
        cells << table.cell(row, column).*part;
    return cells;
}

std::vector<std::string> stringsOf(const QStringList& texts) {
    std::vector<std::string> strings;
    for (const QString& text : texts) strings.push_back(text.toStdString());
    return strings;
}

class ViewTableModel : public QAbstractTableModel {
public:
    ViewTableModel(const ViewTable& table, QObject* parent)
        : QAbstractTableModel(parent), m_table(table) {}

    [[nodiscard]] int rowCount(const QModelIndex& parent) const override {
        return parent.isValid() ? 0 : m_table.rows;
    }
    [[nodiscard]] int columnCount(const QModelIndex& parent) const override {
        return parent.isValid() ? 0 : static_cast<int>(m_table.header.size());
    }
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override {
        if (role == Qt::TextAlignmentRole)
            return static_cast<int>((index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight) |
                                    Qt::AlignVCenter);
        return role == Qt::DisplayRole ? m_table.cell(index.row(), index.column()).shown
                                       : QVariant();
    }
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role) const override {
        return role == Qt::DisplayRole && orientation == Qt::Horizontal ? m_table.header[section]
                                                                        : QVariant();
    }

private:
    const ViewTable m_table;
};

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
    std::string out = csvRow(stringsOf(table.header));
    for (int row = 0; row < table.rows; ++row)
        out += csvRow(stringsOf(rowOf(table, row, &ViewCell::exact)));
    return QByteArray::fromStdString(out);
}

QByteArray toMarkdown(const ViewTable& table, int rows) {
    TextTable shown{.header = stringsOf(table.header), .figures = true};
    for (int row = 0; row < std::min(rows, table.rows); ++row)
        shown.rows.push_back(stringsOf(rowOf(table, row, &ViewCell::shown)));
    if (table.rows > rows)
        shown.notes.push_back(
            QCoreApplication::translate("ViewTable", "%1 more rows are in the CSV file.")
                .arg(table.rows - rows)
                .toStdString());
    return QByteArray::fromStdString(toMarkdown(shown));
}

QString tabSeparated(const ViewTable& table) {
    QStringList lines{table.header.join(QLatin1Char('\t'))};
    for (int row = 0; row < table.rows; ++row)
        lines << rowOf(table, row, &ViewCell::exact).join(QLatin1Char('\t'));
    return lines.join(QLatin1Char('\n'));
}

void showTableTwin(QWidget* parent, const QString& title, const ViewTable& table) {
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("tableTwin"));
    dialog->setWindowTitle(title);
    auto* view = new QTableView(dialog);
    view->setModel(new ViewTableModel(table, view));
    view->setAccessibleName(title);
    view->verticalHeader()->hide();
    view->resizeColumnsToContents();
    auto* copy = new QShortcut(QKeySequence::Copy, dialog);
    QObject::connect(copy, &QShortcut::activated, dialog,
                     [table] { QApplication::clipboard()->setText(tabSeparated(table)); });
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(view);
    dialog->resize(std::min(900, view->horizontalHeader()->length() + 60),
                   std::min(600, view->verticalHeader()->length() + 90));
    dialog->show();
}

void addTableActions(QMenu& menu, QWidget* parent, const QString& title, const ViewTable& table) {
    menu.addAction(QCoreApplication::translate("TableTwin", "Show as table"), parent,
                   [=] { showTableTwin(parent, title, table); });
    menu.addAction(QCoreApplication::translate("TableTwin", "Copy values"), parent,
                   [=] { QApplication::clipboard()->setText(tabSeparated(table)); });
}

}  // namespace skd
