#pragma once

#include <QWidget>

namespace skd {

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
