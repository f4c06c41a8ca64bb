#pragma once

#include <QString>

#include "charts/view_table.h"

class QPoint;
class QWidget;

namespace skd {

/// Opens a window with what a chart shows as a table; Ctrl+C copies all of it, tab-separated.
void showTableTwin(QWidget* parent, const QString& title, const ViewTable& table);

/// The context menu of a chart that has nothing else to offer: "Show as table", "Copy values".
void showTableMenu(QWidget* parent, const QPoint& at, const QString& title, const ViewTable& table);

}  // namespace skd
