#pragma once

#include <QFrame>

#include "controls/build.h"

namespace skd {

/// A surface with a title in small capitals, its controls in the title's row, and a body below.
class Card : public QFrame {
    Q_OBJECT
public:
    explicit Card(const QString& title, QWidget* parent = nullptr);
    /// `tip` says more than the title.
    void setTitle(const QString& title, const QString& tip = {});
    /// Puts a control at the right end of the title's row.
    void addControl(QWidget* control) { m_header->addWidget(control); }
    /// Puts a control beside the title.
    void addLeftControl(QWidget* control);
    [[nodiscard]] QVBoxLayout* body() const { return m_body; }

private:
    ElidedLabel* m_title;
    QHBoxLayout* m_header;
    QVBoxLayout* m_body;
    int m_left = 1;
};

}  // namespace skd
