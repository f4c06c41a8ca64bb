#pragma once

#include "charts/painted_view.h"

namespace skd {

/// The one fader for the whole model: share to remove, dense above. Arrow keys by 1 %, PgUp/PgDn by
/// 5 %, digits type a share.
class MasterFader : public SliderView {
    Q_OBJECT
public:
    explicit MasterFader(QWidget* parent = nullptr);
    /// `value` from 0 (dense) to `maximum`; `caption` stands below.
    void setValue(double value, const QString& caption);
    /// What it is a share of, for display.
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
    void paintContent(QPainter& painter) override;
    [[nodiscard]] QPointF grip() const override { return handleCenter(); }
    [[nodiscard]] QString typingText(const QString& digits) const override;
    void step(int direction, bool coarse) override;
    void enter(const QString& digits) override;
    bool ownKey(const QKeyEvent& event) override;
    void dragTo(double y) override;
    void dragEnded() override { Q_EMIT released(); }
    [[nodiscard]] bool pressable(const QPointF&) const override { return true; }
    void mousePressEvent(QMouseEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    [[nodiscard]] QRectF track() const;
    /// One step by keyboard or wheel.
    void set(double value);
    double m_value = 0;
    QString m_caption;
};

}  // namespace skd
