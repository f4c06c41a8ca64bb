#pragma once

#include <QColor>
#include <QWidget>
#include <vector>

#include "charts/exportable_view.h"
#include "charts/plot/plot_axes.h"

namespace skd {

/// Measured speed-ups as bars with their quartiles, each beside what was predicted and below the
/// ceiling that Amdahl's law sets.
class SpeedUpChart : public QWidget, public ExportableView {
    Q_OBJECT
public:
    struct Entry {
        QString name, tip;
        double measured = 1, low = 1, high = 1, predicted = 1, ceiling = 1;
    };

    explicit SpeedUpChart(const QString& accessibleName, QWidget* parent = nullptr);
    void setEntries(std::vector<Entry> entries);
    void setEmptyText(const QString& text);
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {260, 150}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    [[nodiscard]] PlotAxes axes(const QSizeF& size) const;
    [[nodiscard]] double slot(const PlotAxes& axes) const;
    void paintAll(QPainter& painter, const QSizeF& size, const ThemeColors& colors) const;
    void paintEntry(QPainter& painter, const PlotAxes& axes, std::size_t index,
                    const ThemeColors& colors) const;
    void paintCeiling(QPainter& painter, const PlotAxes& axes, std::size_t index,
                      const ThemeColors& colors) const;

    std::vector<Entry> m_entries;
    QString m_emptyText;
};

}  // namespace skd
