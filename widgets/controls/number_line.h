#pragma once

#include <QLineEdit>

namespace skd {

/// A line for a number: arrow keys go by one step, PgUp and PgDn by ten. Any text may be typed;
/// whoever reads it says what is wrong.
class NumberLine : public QLineEdit {
    Q_OBJECT
public:
    struct Range {
        double minimum = 0, maximum = 0;
        bool whole = false;
    };
    explicit NumberLine(Range range, QWidget* parent = nullptr);

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void step(int steps);
    Range m_range;
};

}  // namespace skd
