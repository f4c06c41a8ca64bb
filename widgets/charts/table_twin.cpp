#include "charts/table_twin.h"

#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QMenu>
#include <QShortcut>
#include <QTableWidget>
#include <QVBoxLayout>

namespace skd {

namespace {

QString asText(const ViewTable& table) {
    QStringList lines{table.header.join(QLatin1Char('\t'))};
    for (int row = 0; row < table.rows; ++row) {
        QStringList cells;
        for (int column = 0; column < table.header.size(); ++column)
            cells << table.cell(row, column).exact;
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

}  // namespace

void showTableTwin(QWidget* parent, const QString& title, const ViewTable& table) {
    auto* dialog = new QDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setObjectName(QStringLiteral("tableTwin"));
    dialog->setWindowTitle(title);
    auto* view = new QTableWidget(table.rows, static_cast<int>(table.header.size()), dialog);
    view->setAccessibleName(title);
    view->setHorizontalHeaderLabels(table.header);
    view->verticalHeader()->hide();
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    for (int row = 0; row < view->rowCount(); ++row)
        for (int column = 0; column < view->columnCount(); ++column) {
            auto* item = new QTableWidgetItem(table.cell(row, column).shown);
            item->setTextAlignment((column == 0 ? Qt::AlignLeft : Qt::AlignRight) |
                                   Qt::AlignVCenter);
            view->setItem(row, column, item);
        }
    view->resizeColumnsToContents();
    auto* copy = new QShortcut(QKeySequence::Copy, dialog);
    QObject::connect(copy, &QShortcut::activated, dialog,
                     [text = asText(table)] { QApplication::clipboard()->setText(text); });
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(view);
    dialog->resize(std::min(900, view->horizontalHeader()->length() + 60),
                   std::min(600, view->verticalHeader()->length() + 90));
    dialog->show();
}

void showTableMenu(QWidget* parent, const QPoint& at, const QString& title,
                   const ViewTable& table) {
    QMenu menu(parent);
    menu.addAction(QCoreApplication::translate("TableTwin", "Show as table"), parent,
                   [&] { showTableTwin(parent, title, table); });
    menu.addAction(QCoreApplication::translate("TableTwin", "Copy values"), parent,
                   [&] { QApplication::clipboard()->setText(asText(table)); });
    menu.exec(at);
}

}  // namespace skd
