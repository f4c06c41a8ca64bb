#pragma once

#include "charts/painted_view.h"

class QChart;

namespace skd {

/// Measured speed-ups as bars with their quartiles, each beside what was predicted and below the
/// ceiling that Amdahl's law sets. Drawn by Qt Charts, which no other file includes.
class SpeedUpChart : public PaintedView {
    Q_OBJECT
public:
    struct Entry {
        QString name, tip;
        double measured = 1, low = 1, high = 1, predicted = 1, ceiling = 1;
    };

    explicit SpeedUpChart(const QString& accessibleName, QWidget* parent = nullptr);
    void setEntries(std::vector<Entry> entries);
    [[nodiscard]] const std::vector<Entry>& entries() const { return m_entries; }
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {260, 150}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {160, 90}; }

protected:
    [[nodiscard]] bool empty() const override { return m_entries.empty(); }
    void paintContent(QPainter& painter) override;
    [[nodiscard]] QString tipAt(const QPointF& position) const override;

private:
    void fill(QChart& chart) const;
    void paintTexts(QPainter& painter, QChart& chart) const;

    std::vector<Entry> m_entries;
    QRectF m_area;  ///< of the bars, in the last picture
};

}  // namespace skd
