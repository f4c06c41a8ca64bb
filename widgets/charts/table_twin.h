#pragma once

#include <QString>
#include <QStringList>
#include <vector>

class QWidget;

namespace skd {

/// What a chart shows, as a table for readers and for copying.
struct TableTwin {
    QStringList header;
    std::vector<QStringList> rows;

    /// Tab-separated, with the header line.
    [[nodiscard]] QString toText() const;
};

/// Opens a window with the table; Ctrl+C copies all of it.
void showTableTwin(QWidget* parent, const QString& title, const TableTwin& table);

}  // namespace skd
