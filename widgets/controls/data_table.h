#pragma once

#include <QTableView>

#include "charts/exportable_view.h"

namespace skd {

/// A table in the window's style that can be exported: thin rules, figures to the right, Ctrl+C
/// copies what is selected with tabs.
class DataTable : public QTableView, public ExportableView {
    Q_OBJECT
public:
    explicit DataTable(const QString& accessibleName, QWidget* parent = nullptr);

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSizeF viewSize() const override { return tableSize(viewTable()); }
    /// Widths that fit what stands in the first rows, none wider than `widest`.
    void fitColumns(int widest = 260);

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace skd
