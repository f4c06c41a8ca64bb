#pragma once

#include <QWidget>
#include <array>
#include <functional>
#include <optional>

#include "charts/exportable_view.h"

namespace skd {

/// How much of the cut falls on the early, middle and late layers: three handles over the faders,
/// joined by a step line. Left and Right choose one, arrows and PgUp/PgDn move it, digits type its
/// factor, Delete or a double click sets it back.
class TierStrip : public QWidget, public ExportableView {
    Q_OBJECT
public:
    static constexpr double kMost = 3;  ///< largest factor
    using Factors = std::array<double, 3>;

    /// `standard` is what a handle goes back to.
    explicit TierStrip(const Factors& standard, QWidget* parent = nullptr);

    void setFactors(const Factors& factors);
    [[nodiscard]] const Factors& factors() const { return m_factors; }
    /// x where each tier begins and the last one ends; equal ends mean that a tier has no layers.
    void setEdges(std::function<std::array<double, 4>()> edges) { m_edges = std::move(edges); }
    [[nodiscard]] QPointF handleCenter(int tier) const;
    [[nodiscard]] int current() const { return m_current; }

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSizeF viewSize() const override { return size(); }
    [[nodiscard]] QSize sizeHint() const override { return {600, 52}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 38}; }

Q_SIGNALS:
    void pressed();
    void moved(int tier, double factor);
    void released();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    [[nodiscard]] std::array<double, 4> edges() const;
    [[nodiscard]] bool exists(int tier) const;
    [[nodiscard]] double factorAt(double y) const;
    [[nodiscard]] std::optional<int> tierAt(const QPointF& position) const;
    [[nodiscard]] QString text(int tier) const;
    void paintAll(QPainter& painter, const ThemeColors& colors) const;
    void paintTier(QPainter& painter, int tier, const ThemeColors& colors) const;
    void choose(int tier);
    void set(double factor);
    bool typeDigit(const QString& text);

    Factors m_standard, m_factors;
    std::function<std::array<double, 4>()> m_edges;
    int m_current = 0;
    std::optional<double> m_grab;  ///< from the mouse to the handle's middle while dragging
    QString m_typing;
};

}  // namespace skd
