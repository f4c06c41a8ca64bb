#pragma once

#include <QString>

#include "charts/view_table.h"

class QMenu;
class QPoint;
class QWidget;

namespace skd {

/// The exact values of a table, tab-separated, with a header line.
QString tabSeparated(const ViewTable& table);

/// Opens a window with what a chart shows as a table; Ctrl+C copies all of it, tab-separated. Rows
/// are read as they are scrolled to.
void showTableTwin(QWidget* parent, const QString& title, const ViewTable& table);

/// "Show as table" and "Copy values" for the menu of a chart.
void addTableActions(QMenu& menu, QWidget* parent, const QString& title, const ViewTable& table);

}  // namespace skd
