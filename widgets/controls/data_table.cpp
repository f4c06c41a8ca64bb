#include "controls/data_table.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>

#include "controls/build.h"

namespace skd {

DataTable::DataTable(const QString& accessibleName, QWidget* parent) : QTableView(parent) {
    setAccessibleName(accessibleName);
    setFrameShape(QFrame::NoFrame);
    setFont(textFont(TextRole::Small));
    showAsRows(*this, QFontMetrics(font()).height() + 10);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setWordWrap(false);
    setCornerButtonEnabled(false);
    verticalHeader()->hide();
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setFont(font());
    horizontalHeader()->setAccessibleName(tr("Columns of: %1").arg(accessibleName));
}

ViewTable DataTable::viewTable() const {
    return model() == nullptr ? ViewTable{} : tableOf(*model());
}

void DataTable::paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) {
    paintTable(painter, area, viewTable(), colors);
}

void DataTable::fitColumns(int widest) {
    if (model() == nullptr) return;
    resizeColumnsToContents();
    for (int column = 0; column < model()->columnCount(); ++column)
        setColumnWidth(column, std::min(widest, columnWidth(column) + 8));
}

void DataTable::keyPressEvent(QKeyEvent* event) {
    if (!event->matches(QKeySequence::Copy) || model() == nullptr)
        return QTableView::keyPressEvent(event);
    QStringList lines;
    for (const QModelIndex& row : selectionModel()->selectedRows()) {
        QStringList cells;
        for (int column = 0; column < model()->columnCount(); ++column)
            cells << row.siblingAtColumn(column).data().toString();
        lines << cells.join(QLatin1Char('\t'));
    }
    QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace skd
