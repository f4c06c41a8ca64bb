#pragma once

#include <QLabel>

namespace skd {

/// One line that gives way: it ends in "…" where there is no room for it, and its tip then has all
/// of it.
class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);
    /// More than the text itself says; shown whether it is cut off or not.
    void setTip(const QString& tip);
    [[nodiscard]] bool elided() const;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QString shown() const;
    QString m_tip;
};

}  // namespace skd
