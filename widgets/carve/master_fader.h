#pragma once

#include <QWidget>

namespace skd {

/// The one fader for the whole model: share to remove, dense above. Arrow keys by 1 %, PgUp/PgDn by
/// 5 %, digits type a share.
class MasterFader : public QWidget {
    Q_OBJECT
public:
    explicit MasterFader(QWidget* parent = nullptr);
    /// `value` from 0 (dense) to `maximum`; `caption` stands below.
    void setValue(double value, const QString& caption);
    /// What it is a share of, for people.
    void setMeaning(const QString& name, const QString& tip);
    [[nodiscard]] double value() const { return m_value; }
    [[nodiscard]] QPointF handleCenter() const;
    [[nodiscard]] QSize sizeHint() const override { return {66, 120}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {60, 64}; }

    static constexpr double kMaximum = 0.9;

Q_SIGNALS:
    void pressed();
    void moved(double value);
    void released();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    [[nodiscard]] QRectF track() const;
    void step(double by);
    double m_value = 0;
    bool typeDigit(const QString& text);
    QString m_caption, m_typing;
    bool m_dragging = false;
};

}  // namespace skd
