#pragma once

#include <array>
#include <functional>
#include <optional>

#include "charts/painted_view.h"

namespace skd {

/// How much of the cut falls on the early, middle and late layers: three handles over the faders,
/// joined by a step line. Left and Right choose one, arrows and PgUp/PgDn move it, digits type its
/// factor, Delete or a double click sets it back.
class TierStrip : public SliderView {
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

    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {600, 52}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {120, 38}; }

Q_SIGNALS:
    void pressed();
    void moved(int tier, double factor);
    void released();

protected:
    void paintContent(QPainter& painter) override;
    [[nodiscard]] QPointF grip() const override { return handleCenter(m_current); }
    [[nodiscard]] QString typingText(const QString& digits) const override;
    void step(int direction, bool coarse) override;
    void enter(const QString& digits) override;
    bool ownKey(const QKeyEvent& event) override;
    void dragTo(double y) override;
    void dragEnded() override { Q_EMIT released(); }
    [[nodiscard]] bool pressable(const QPointF& position) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;

private:
    [[nodiscard]] std::array<double, 4> edges() const;
    [[nodiscard]] bool exists(int tier) const;
    [[nodiscard]] std::optional<int> tierAt(const QPointF& position) const;
    [[nodiscard]] QString text(int tier) const;
    void paintTier(QPainter& painter, int tier) const;
    void choose(int tier);
    /// One step by keyboard.
    void set(double factor);

    Factors m_standard, m_factors;
    std::function<std::array<double, 4>()> m_edges;
    int m_current = 0;
};

}  // namespace skd
