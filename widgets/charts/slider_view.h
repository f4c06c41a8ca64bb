#pragma once

#include "charts/painted_view.h"

namespace skd {

/// A control with handles that move up and down. The mouse grips one where it is and drags it;
/// arrows and PgUp/PgDn move it, digits type a value that Enter takes and Escape drops.
class SliderView : public PaintedView {
    Q_OBJECT
protected:
    SliderView(const QString& accessibleName, QWidget* parent)
        : PaintedView(Kind::Control, accessibleName, parent) {}

    /// Middle of the handle that keys move.
    [[nodiscard]] virtual QPointF grip() const = 0;
    /// What Enter will do with the digits so far: "energy %1 ⏎".
    [[nodiscard]] virtual QString typingText(const QString& digits) const = 0;
    /// The next value up (1) or down (-1); coarse for PgUp and PgDn.
    virtual void step(int direction, bool coarse) = 0;
    virtual void enter(const QString& digits) = 0;
    /// Keys of its own; false for those it does not know.
    virtual bool ownKey(const QKeyEvent& event) = 0;
    /// The handle is to stand at this height.
    virtual void dragTo(double y) = 0;
    virtual void dragEnded() = 0;
    /// Where a press would find a handle.
    [[nodiscard]] virtual bool pressable(const QPointF& position) const = 0;

    /// Begins to drag the handle of grip(): from where it is if the mouse hit it, else it comes to
    /// the mouse.
    void startDrag(double y);
    void forgetDigits() { m_digits.clear(); }

    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    bool typeDigit(const QKeyEvent& event);

    std::optional<double> m_grab;  ///< from the mouse to the handle's middle while dragging
    QString m_digits;
};

}  // namespace skd
