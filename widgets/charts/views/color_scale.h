#pragma once

#include <QColor>
#include <QWidget>

namespace skd {

/// Viridis (CC0, van der Walt and Smith); t from 0 to 1.
QColor viridis(double t);
/// Black or white, whichever reads better on `background`.
QColor readableOn(const QColor& background);

/// The colour scale below a heat map, with its ends written out.
class ColorBar : public QWidget {
    Q_OBJECT
public:
    explicit ColorBar(QWidget* parent = nullptr);
    void setEnds(const QString& low, const QString& high);
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_low, m_high;
};

}  // namespace skd
