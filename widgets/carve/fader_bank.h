#pragma once

#include <optional>
#include <vector>

#include "charts/painted_view.h"

namespace skd {

/// A mixer console: one upright fader per layer, side by side. Arrow keys choose and move,
/// PgUp/PgDn move coarsely, digits type a value, L locks.
class FaderBank : public SliderView {
    Q_OBJECT
public:
    struct Fader {
        double position = 0;  ///< 0 below, 1 above
        bool locked = false, selected = false;
        std::optional<double>
            behind;    ///< where the fader of a profile that is compared with stands
        QString text;  ///< spoken and shown as tool tip
    };

    explicit FaderBank(QWidget* parent = nullptr);

    void setFaders(std::vector<Fader> faders);
    [[nodiscard]] const std::vector<Fader>& faders() const { return m_faders; }
    /// Lines across all faders: position and text.
    void setTicks(std::vector<std::pair<double, QString>> ticks);
    void setCurrent(int fader);
    [[nodiscard]] int current() const { return m_current; }
    /// Left edge of a fader's strip; of one after the last, its right edge.
    [[nodiscard]] double stripLeft(int fader) const;
    /// Middle of a fader's handle.
    [[nodiscard]] QPointF handleCenter(int fader) const;

    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSize sizeHint() const override { return {600, 120}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {260, 76}; }

Q_SIGNALS:
    void pressed(int fader);
    void moved(int fader, double position);
    void released();
    /// Arrow keys: the next value in that direction; coarse for PgUp/PgDn.
    void stepped(int fader, int direction, bool coarse);
    void typed(int fader, double value);
    void lockToggled(int fader);
    void chosen(int fader, bool extend);

protected:
    [[nodiscard]] bool empty() const override { return m_faders.empty(); }
    void paintContent(QPainter& painter) override;
    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    [[nodiscard]] QPointF grip() const override { return handleCenter(m_current); }
    [[nodiscard]] QString typingText(const QString& digits) const override;
    void step(int direction, bool coarse) override;
    void enter(const QString& digits) override;
    bool ownKey(const QKeyEvent& event) override;
    void dragTo(double y) override;
    void dragEnded() override { Q_EMIT released(); }
    [[nodiscard]] bool pressable(const QPointF& position) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    [[nodiscard]] const Fader& at(int fader) const {
        return m_faders[static_cast<std::size_t>(fader)];
    }
    [[nodiscard]] int count() const { return static_cast<int>(m_faders.size()); }
    [[nodiscard]] QRectF tracks() const;
    /// Width of the strip that belongs to a fader.
    [[nodiscard]] double pitch() const;
    [[nodiscard]] double trackX(int fader) const { return stripLeft(fader) + pitch() / 2; }
    /// Height at which a handle at this position stands.
    [[nodiscard]] double positionY(double position) const;
    [[nodiscard]] int faderAt(double x) const;
    [[nodiscard]] QRectF lockRect(int fader) const;
    void paintShape(QPainter& painter) const;
    void paintTrack(QPainter& painter, int fader) const;
    void paintHandle(QPainter& painter, int fader) const;
    void paintBehind(QPainter& painter, int fader) const;
    void paintTicks(QPainter& painter) const;
    void choose(int fader, bool extend);
    void measureTicks();
    void describe();

    std::vector<Fader> m_faders;
    std::vector<std::pair<double, QString>> m_ticks;
    double m_tickWidth = 0;  ///< px of the widest text
    int m_current = 0;
};

}  // namespace skd
