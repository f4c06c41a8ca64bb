#pragma once

#include <QWidget>
#include <vector>

#include "charts/exportable_view.h"

namespace skd {

/// The last tries as bars, newest at the right, on a log scale; a click goes back to one.
class TrailBar : public QWidget, public ExportableView {
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
    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSizeF viewSize() const override { return size(); }
    [[nodiscard]] QSize sizeHint() const override { return {180, 56}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 26}; }

Q_SIGNALS:
    void activated(int bar);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    void paintAll(QPainter& painter, const ThemeColors& colors) const;
    [[nodiscard]] int barAt(const QPointF& position) const;
    std::vector<Bar> m_bars;
    int m_hover = -1, m_focus = -1;
    double m_low = 0, m_high = 1;
};

}  // namespace skd
