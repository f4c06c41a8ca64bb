#pragma once

#include <QDockWidget>

namespace skd {

/// A dock in the window's style: a title in small capitals without a frame, and a panel below it.
class Dock : public QDockWidget {
    Q_OBJECT
public:
    /// `id` is the object name, by which saved layouts know it.
    Dock(const char* id, const QString& title, QWidget* parent);

protected:
    /// Puts a control at the right end of the title.
    void setTitleControl(QWidget* control);
    /// What its contents go into; the dock's widget.
    [[nodiscard]] QWidget* panel() const { return m_panel; }

private:
    QWidget* m_panel;
};

}  // namespace skd
