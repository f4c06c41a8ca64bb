#pragma once

#include "charts/painted_view.h"

namespace skd {

/// Horizontal bars made of the same parts, one below the other on one scale, with a legend. Parts
/// are picked with the mouse or the arrow keys.
class StackedBars : public PaintedView {
    Q_OBJECT
public:
    struct Part {
        QString name;
        QColor color;
    };
    struct Piece {
        double value = 0;
        QString text;  ///< inside, where it fits
        QString tip;
    };
    struct Bar {
        QString name, total;
        std::vector<Piece> pieces;  ///< one per part
    };

    explicit StackedBars(const QString& accessibleName, QWidget* parent = nullptr);
    void setBars(std::vector<Part> parts, std::vector<Bar> bars);
    /// Parts that stand out; none = all alike.
    void setHighlighted(std::vector<bool> parts);
    /// The bar that other charts show in detail.
    void setCurrentBar(int bar);
    [[nodiscard]] const std::vector<Bar>& bars() const { return m_bars; }
    [[nodiscard]] const std::vector<Part>& parts() const { return m_parts; }
    [[nodiscard]] const std::vector<bool>& highlighted() const { return m_highlighted; }
    [[nodiscard]] int currentBar() const { return m_current; }
    [[nodiscard]] QRectF pieceRect(int bar, int part) const;
    [[nodiscard]] QRectF legendRect(int part) const;

    [[nodiscard]] ViewTable viewTable() const override;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// bar < 0: of the legend; part < 0: beside every piece.
    void picked(int bar, int part);
    /// The arrow keys have come to a bar and a part of it; part < 0: none.
    void walkedTo(int bar, int part);

protected:
    [[nodiscard]] bool empty() const override { return m_bars.empty(); }
    void paintContent(QPainter& painter) override;
    void paintOverlay(QPainter& painter) override;
    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Hit {
        int bar = -1, part = -1;
    };
    [[nodiscard]] std::optional<Hit> hitAt(const QPointF& position) const;
    [[nodiscard]] QRectF barRect(int bar) const;  ///< the whole scale, whatever its pieces take
    [[nodiscard]] int barCount() const { return static_cast<int>(m_bars.size()); }
    [[nodiscard]] int partCount() const { return static_cast<int>(m_parts.size()); }
    [[nodiscard]] double labelWidth() const;
    [[nodiscard]] double totalWidth() const;
    [[nodiscard]] double legendHeight(double width) const;
    [[nodiscard]] std::vector<QRectF> legend(double width) const;
    [[nodiscard]] bool used(int part) const;
    void paintBar(QPainter& painter, int bar) const;
    void paintPiece(QPainter& painter, int bar, int part, bool faint) const;
    void paintLegend(QPainter& painter) const;
    void describe();

    std::vector<Part> m_parts;
    std::vector<Bar> m_bars;
    std::vector<bool> m_highlighted;
    double m_maximum = 0;
    int m_current = 0, m_cursor = -1;
};

}  // namespace skd
