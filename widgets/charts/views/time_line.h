#pragma once

#include <memory>

#include "base/ticks.h"
#include "charts/painted_view.h"
#include "charts/views/time_line_rows.h"

namespace skd {

/// What a profile did when: records over time, nested ones below, one lane per thread. The wheel
/// zooms, dragging pans, keys do both; a click picks a record. A repaint costs as much as the
/// window is wide.
class TimeLine : public PaintedView {
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
    /// Records of these modules stand out (by Module); all false = all alike.
    void setHighlighted(const std::vector<bool>& modules);
    [[nodiscard]] Range view() const { return m_view; }  ///< ns
    void zoomTo(const Range& ns);
    void zoomWhole();
    [[nodiscard]] std::optional<std::uint32_t> recordAtPoint(const QPointF& position) const;
    [[nodiscard]] QRectF recordRect(std::size_t row, std::uint32_t record) const;
    /// Blocks that the last repaint drew.
    [[nodiscard]] std::size_t drawnBlocks() const { return m_drawn; }

    [[nodiscard]] ViewTable viewTable() const override;

    [[nodiscard]] QSize sizeHint() const override { return {420, 150}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 80}; }

Q_SIGNALS:
    void picked(std::uint32_t record);
    void pickedNothing();

protected:
    [[nodiscard]] bool empty() const override {
        return !m_content.rows || m_content.rows->rows.empty();
    }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    [[nodiscard]] const ProfileRecord& recordOf(std::uint32_t index) const {
        return (*m_content.records)[index];
    }
    [[nodiscard]] QRectF area() const;
    [[nodiscard]] double rowHeight() const;
    [[nodiscard]] double rowTop(std::size_t row) const {
        return area().top() + row * rowHeight() - m_scroll;
    }
    [[nodiscard]] double timeAt(double x) const {
        return m_view.low + (x - area().left()) / area().width() * m_view.span();
    }
    [[nodiscard]] Range whole() const;
    void paintRow(QPainter& painter, std::size_t row);
    void paintBlocks(QPainter& painter, std::size_t row, const std::vector<std::uint32_t>& records,
                     bool faint);
    void paintAxis(QPainter& painter);
    void paintLane(QPainter& painter, std::size_t row);
    void paintFrame(QPainter& painter, std::uint32_t record, const QColor& color);
    void pan(double share) {
        zoomTo({m_view.low + share * m_view.span(), m_view.high + share * m_view.span()});
    }
    void zoom(double factor, double ns);
    void step(int direction);
    void setCurrent(std::optional<std::uint32_t> record);

    Content m_content;
    std::vector<std::vector<std::uint32_t>> m_marked;  ///< by row: records that stand out
    bool m_anyMarked = false;
    Range m_view;
    double m_scroll = 0;  ///< pixels
    std::size_t m_drawn = 0;
    std::optional<std::uint32_t> m_current;
    struct Drag {
        QPointF from;
        Range view;
        double scroll = 0;
        bool moved = false;
    };
    std::optional<Drag> m_drag;
};

}  // namespace skd
