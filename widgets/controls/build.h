#pragma once

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QLineEdit>
#include <QTimer>
#include <functional>

#include "style/theme.h"

class QAbstractItemView;
class QPushButton;
class QTableView;
class QToolButton;

/// Small widgets, and others made in one expression with what each of them needs. Tests, the style
/// sheet and saved views find a widget by its object name, screen readers announce its accessible
/// name.
namespace skd {

/// `widget` with its object name and, where one is given, its accessible name.
template <class W>
W* named(W* widget, QAnyStringView id, const QString& accessibleName = {}) {
    widget->setObjectName(id.toString());
    if (!accessibleName.isNull()) widget->setAccessibleName(accessibleName);
    return widget;
}

/// A label whose colour says what it is: "secondary", "accent", "bad", "".
QLabel* makeLabel(const QString& text, TextRole role, const char* tone, QWidget* parent,
                  QAnyStringView id = "");
void setTone(QLabel* label, const char* tone);
/// `label` with lines that wrap.
QLabel* wrapped(QLabel* label);

QPushButton* makeButton(const QString& text, QAnyStringView id, const QString& tip,
                        QWidget* parent);
/// A spin box without its buttons.
template <class Box, class Number>
Box* makeNumber(const char* id, const QString& name, const QString& tip, Number low, Number high,
                Number value, int width, QWidget* parent) {
    auto* box = named(new Box(parent), id, name);
    box->setToolTip(tip);
    box->setRange(low, high);
    box->setValue(value);
    box->setButtonSymbols(Box::NoButtons);
    box->setFixedWidth(width);
    return box;
}
/// A button that stands out: the usual next step.
QPushButton* makePrimary(const QString& text, const char* id, const QString& tip, QWidget* parent);
/// A button without a frame, by the style sheet's property `look`: "quiet", "flat", "pill".
QToolButton* makeTool(const QString& text, QAnyStringView id, const char* look, const QString& tip,
                      QWidget* parent);

/// One line that gives way: it ends in "…" where there is no room for it, and its tip then has all
/// of it.
class ElidedLabel : public QLabel {
    Q_OBJECT
public:
    explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);
    /// More than the text itself says; shown whether it is cut off or not.
    void setTip(const QString& tip) { m_tip = tip; }
    [[nodiscard]] bool elided() const;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] QString shown() const;
    QString m_tip;
};

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

/// A table whose rows are what is chosen: thin rules, no grid; Tab leaves it.
void showAsRows(QTableView& table, int rowHeight);

/// One place of a row or column: a widget or layout with its stretch, a gap, or what is left.
struct Place {
    Place(std::function<void(QBoxLayout&)> act) : add(std::move(act)) {}
    Place(QWidget* widget, int stretch = 0)
        : add([=](QBoxLayout& box) { box.addWidget(widget, stretch); }) {}
    Place(QLayout* layout, int stretch = 0)
        : add([=](QBoxLayout& box) { box.addLayout(layout, stretch); }) {}
    std::function<void(QBoxLayout&)> add;
};
/// Room of that many pixels.
Place gap(int pixels);
/// Takes what the others leave.
Place rest(int stretch = 1);

/// `box` with these places at its end.
template <class Box>
Box* addAll(Box* box, std::initializer_list<Place> places) {
    for (const Place& place : places) place.add(*box);
    return box;
}

/// A row or column; the style's spacing where none is given.
QHBoxLayout* makeRow(int spacing = -1, QWidget* parent = nullptr, QMargins margins = {});
QVBoxLayout* makeColumn(int spacing = -1, QWidget* parent = nullptr, QMargins margins = {});

/// Calls `act` when `widget` gets such an event: other colours (PaletteChange), another size
/// (Resize).
void whenChanged(QWidget* widget, QEvent::Type type, std::function<void()> act);

/// Puts a note into the middle of a list or table while it has no rows: what would fill it and how.
/// The view must have its model already.
void addEmptyNote(QAbstractItemView* view, const QString& text);

/// Lets `timer` call `act` once, `delay` ms after it was last started.
template <class Receiver, class Act>
void callAfter(QTimer& timer, int delay, Receiver* receiver, Act act) {
    timer.setSingleShot(true);
    timer.setInterval(delay);
    QObject::connect(&timer, &QTimer::timeout, receiver, act);
}

}  // namespace skd
