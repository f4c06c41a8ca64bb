#pragma once

#include "charts/painted_view.h"
#include "charts/plot/plot_axes.h"

namespace skd {

/// The last tries as bars, newest at the right, on a log scale; a click goes back to one.
class TrailBar : public PaintedView {
    Q_OBJECT
public:
    struct Bar {
        double value = 0;
        bool current = false;
        bool recorded = false;  ///< from a stored run instead of a preview
        QString tip;
    };
    explicit TrailBar(QWidget* parent = nullptr);
    void setBars(std::vector<Bar> bars);
    [[nodiscard]] const std::vector<Bar>& bars() const { return m_bars; }
    [[nodiscard]] QRectF barRect(int bar) const;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {180, 56}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 26}; }

Q_SIGNALS:
    void activated(int bar);

protected:
    void paintContent(QPainter& painter) override;
    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    [[nodiscard]] int barCount() const { return static_cast<int>(m_bars.size()); }
    [[nodiscard]] int barAt(const QPointF& position) const;
    std::vector<Bar> m_bars;
    int m_focus = -1;
    Range m_logs;  ///< of the values' logarithms
};

}  // namespace skd
