#pragma once

#include <QWidget>

class QButtonGroup;

namespace skd {

/// A few words in a row of which one is chosen: which of several views a card shows.
class ModeSwitch : public QWidget {
    Q_OBJECT
    Q_PROPERTY(int mode READ mode WRITE setMode NOTIFY chosen USER true)
public:
    ModeSwitch(const QString& accessibleName, const QStringList& modes, QWidget* parent = nullptr);
    [[nodiscard]] int mode() const;
    void setMode(int mode);

Q_SIGNALS:
    void chosen(int mode);

private:
    QButtonGroup* m_buttons;
};

}  // namespace skd
