#pragma once

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QPixmap>
#include <QWidget>
#include <functional>
#include <optional>

#include "charts/exportable_view.h"

namespace skd {

/// What every painted chart and control shares: focus, the text while it is empty, a tip under the
/// mouse, a menu with its table, and its picture in a file. A subclass draws and answers keys.
class PaintedView : public QWidget, public ExportableView {
    Q_OBJECT
public:
    enum class Kind {
        Control,  ///< painted every time; a file shows it as it stands, scaled
        Chart     ///< kept as a pixmap until markDirty(); laid out again for the size of a file
    };
    PaintedView(Kind kind, const QString& accessibleName, QWidget* parent);

    /// Stands in its middle while there is nothing to show.
    void setEmptyText(const QString& text);
    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override { return {}; }
    [[nodiscard]] QSizeF viewSize() const override {
        return m_kind == Kind::Control ? QSizeF(size()) : QSizeF();
    }

protected:
    [[nodiscard]] virtual bool empty() const { return false; }
    /// Draws it in colors() over extent().
    virtual void paintContent(QPainter& painter) = 0;
    /// What mouse and keyboard add on screen, above the pixmap of a chart.
    virtual void paintOverlay(QPainter&) {}
    /// The text that the mouse finds there; empty for none.
    [[nodiscard]] virtual QString tipAt(const QPointF&) const { return {}; }
    /// What of a control is not blank.
    [[nodiscard]] virtual QSizeF contentSize() const { return size(); }

    /// The size it is drawn at: its own, or that of the file being written.
    [[nodiscard]] QSizeF extent() const { return m_extent.isEmpty() ? QSizeF(size()) : m_extent; }
    /// Likewise.
    [[nodiscard]] const ThemeColors& colors() const {
        return m_colors != nullptr ? *m_colors : themeColors(this);
    }
    [[nodiscard]] bool exporting() const { return m_colors != nullptr; }
    /// A colour that was chosen for the screen, in colors().
    [[nodiscard]] QColor themed(const QColor& color) const {
        return inTheme(color, themeColors(this), colors());
    }
    [[nodiscard]] const QString& emptyText() const { return m_emptyText; }
    [[nodiscard]] const std::optional<QPointF>& hover() const { return m_hover; }
    /// The keyboard has taken over from the mouse.
    void forgetHover() { m_hover.reset(); }
    [[nodiscard]] bool dirty() const { return m_dirty; }
    void markDirty();
    /// Takes a value over and draws everything again.
    template <class Field, class Value>
    void take(Field& field, Value value) {
        field = std::move(value);
        markDirty();
    }

    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent*) override { m_dirty = true; }
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;

private:
    void renderPixmap();

    const Kind m_kind;
    QString m_emptyText;
    QSizeF m_extent;
    const ThemeColors* m_colors = nullptr;
    std::optional<QPointF> m_hover;
    QPixmap m_pixmap;
    bool m_dirty = true;
};

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

/// What several keys do.
struct KeyAct {
    std::vector<int> keys;
    std::function<void()> act;
};
/// Does what one of `acts` has for the key that was pressed; false where none has it.
bool actOnKey(const QKeyEvent& event, const std::vector<KeyAct>& acts);

/// A text on a small rounded box whose left middle is at `anchor`, kept inside `bounds`.
void paintBubble(QPainter& painter, const QPointF& anchor, const QString& text,
                 const QRectF& bounds, const ThemeColors& colors);
/// Height of a line of small text.
double smallLineHeight();

}  // namespace skd
