#include "charts/table_twin.h"

#include <QAbstractTableModel>
#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QMenu>
#include <QShortcut>
#include <QTableView>
#include <QVBoxLayout>

namespace skd {

namespace {

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

QString tabSeparated(const ViewTable& table) {
    QStringList lines{table.header.join(QLatin1Char('\t'))};
    for (int row = 0; row < table.rows; ++row) {
        QStringList cells;
        for (int column = 0; column < table.header.size(); ++column)
            cells << table.cell(row, column).exact;
        lines << cells.join(QLatin1Char('\t'));
    }
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
