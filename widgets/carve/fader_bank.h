#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "charts/exportable_view.h"

namespace skd {

/// A mixer console: one upright fader per layer, side by side. Arrow keys choose and move,
/// PgUp/PgDn move coarsely, digits type a value, L locks.
class FaderBank : public QWidget, public ExportableView {
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
    /// Left edge of a fader's strip; of one behind the last, its right edge.
    [[nodiscard]] double stripLeft(int fader) const;
    /// Middle of a fader's handle.
    [[nodiscard]] QPointF handleCenter(int fader) const;

    [[nodiscard]] QString viewName() const override { return accessibleName(); }
    void paintView(QPainter& painter, const QRectF& area, const ThemeColors& colors) override;
    [[nodiscard]] ViewTable viewTable() const override;
    [[nodiscard]] QSizeF viewSize() const override { return size(); }

    /// Stands in its middle while there is nothing to show.
    void setEmptyText(const QString& text) { m_emptyText = text; }
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
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    [[nodiscard]] QRectF tracks() const;
    [[nodiscard]] double pitch() const;
    [[nodiscard]] double trackX(int fader) const;
    [[nodiscard]] int faderAt(double x) const;
    [[nodiscard]] double positionAt(double y) const;
    [[nodiscard]] QRectF lockRect(int fader) const;
    void paintAll(QPainter& painter, const ThemeColors& colors) const;
    void paintShape(QPainter& painter, const ThemeColors& colors) const;
    void paintTrack(QPainter& painter, int fader, const ThemeColors& colors) const;
    void paintHandle(QPainter& painter, int fader, const ThemeColors& colors) const;
    void paintBehind(QPainter& painter, int fader, const ThemeColors& colors) const;
    void paintTicks(QPainter& painter, const ThemeColors& colors) const;
    void choose(int fader, bool extend);
    bool typeDigit(const QString& text);
    void describe();

    std::vector<Fader> m_faders;
    std::vector<std::pair<double, QString>> m_ticks;
    int m_current = 0;
    std::optional<double> m_grab;  ///< from the mouse to the handle's middle while dragging
    QString m_typing;
    QString m_emptyText;
};

}  // namespace skd
