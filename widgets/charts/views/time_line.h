#pragma once

#include <QColor>
#include <QPixmap>
#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "base/ticks.h"
#include "charts/exportable_view.h"
#include "charts/views/time_line_rows.h"

namespace skd {

/// What a profile did when: records over time, nested ones below, one lane per thread. The wheel
/// zooms, dragging pans, keys do both; a click picks a record. A repaint costs as much as the
/// window is wide.
class TimeLine : public QWidget, public ExportableView {
    Q_OBJECT
public:
    struct Content {
        std::shared_ptr<const std::vector<ProfileRecord>> records;
        std::shared_ptr<const TimeLineRows> rows;
        std::vector<QColor> colors;  ///< by Module
        std::function<QString(const ProfileRecord&)> text, tip;
    };

    explicit TimeLine(const QString& accessibleName, QWidget* parent = nullptr);
    void setContent(Content content);
    void setEmptyText(const QString& text);
    /// Records of these modules stand out (by Module); all false = all alike.
    void setHighlighted(const std::vector<bool>& modules);
    [[nodiscard]] Range view() const { return m_view; }  ///< ns
    void zoomTo(const Range& ns);
    void zoomWhole();
    [[nodiscard]] std::optional<std::uint32_t> recordAtPoint(const QPointF& position) const;
    [[nodiscard]] QRectF recordRect(std::size_t row, std::uint32_t record) const;
    /// Blocks that the last repaint drew.
    [[nodiscard]] std::size_t drawnBlocks() const { return m_drawn; }

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;

    [[nodiscard]] QSize sizeHint() const override { return {420, 150}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 80}; }

Q_SIGNALS:
    void picked(std::uint32_t record);
    void pickedNothing();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] bool empty() const { return !m_content.rows || m_content.rows->rows.empty(); }
    [[nodiscard]] QRectF area() const;
    [[nodiscard]] double rowHeight() const;
    [[nodiscard]] double rowTop(std::size_t row) const;
    [[nodiscard]] double timeAt(double x) const;
    [[nodiscard]] Range whole() const;
    [[nodiscard]] QSizeF extent() const { return m_extent.isEmpty() ? QSizeF(size()) : m_extent; }
    [[nodiscard]] const ThemeColors& colors() const {
        return m_colors != nullptr ? *m_colors : themeColors(this);
    }
    void render();
    void paintRows(QPainter& painter);
    void paintRow(QPainter& painter, std::size_t row);
    void paintBlocks(QPainter& painter, std::size_t row, const std::vector<std::uint32_t>& records,
                     bool faint);
    void paintAxis(QPainter& painter);
    void paintLane(QPainter& painter, std::size_t row);
    void pan(double share);
    void zoom(double factor, double ns);
    void step(int direction);
    void setCurrent(std::optional<std::uint32_t> record);
    void markDirty();

    Content m_content;
    std::vector<std::vector<std::uint32_t>> m_marked;  ///< by row: records that stand out
    bool m_anyMarked = false;
    QString m_emptyText;
    Range m_view;
    double m_scroll = 0;                    ///< pixels
    QSizeF m_extent;                        ///< while it is drawn elsewhere; empty: its own size
    const ThemeColors* m_colors = nullptr;  ///< likewise
    QPixmap m_cache;
    bool m_dirty = true;
    std::size_t m_drawn = 0;
    std::optional<std::uint32_t> m_current;
    std::optional<QPointF> m_hover, m_pressed;
    Range m_pressedView;
    double m_pressedScroll = 0;
    bool m_dragged = false;
};

}  // namespace skd
