#pragma once

#include <QBoxLayout>
#include <QEvent>
#include <QLabel>
#include <QTimer>
#include <functional>
#include <initializer_list>

#include "style/theme.h"

class QPushButton;
class QTableView;
class QToolButton;

/// Widgets made in one expression with what each of them needs. Tests, the style sheet and saved
/// views find a widget by its object name, screen readers announce its accessible name.
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

/// A table whose rows are what is chosen: thin rules, no grid; Tab leaves it.
void showAsRows(QTableView& table, int rowHeight);

/// One place of a row or column: a widget or layout with its stretch, a gap, or what is left.
struct Place {
    Place(QWidget* w, int s = 0) : widget(w), stretch(s) {}
    Place(QLayout* l, int s = 0) : layout(l), stretch(s) {}
    QWidget* widget = nullptr;
    QLayout* layout = nullptr;
    int stretch = 0;
    int pixels = -1;  ///< of a gap
};
/// Room of that many pixels.
Place gap(int pixels);
/// Takes what the others leave.
Place rest(int stretch = 1);
void addPlace(QBoxLayout& box, const Place& place);

/// `box` with these places at its end.
template <class Box>
Box* addAll(Box* box, std::initializer_list<Place> places) {
    for (const Place& place : places) addPlace(*box, place);
    return box;
}

/// A row or column; the style's spacing where none is given.
QHBoxLayout* makeRow(int spacing = -1, QWidget* parent = nullptr, QMargins margins = {});
QVBoxLayout* makeColumn(int spacing = -1, QWidget* parent = nullptr, QMargins margins = {});

/// Calls `act` when `widget` has got other colours or fonts: PaletteChange, FontChange.
void whenChanged(QWidget* widget, QEvent::Type type, std::function<void()> act);

/// Lets `timer` call `act` once, `delay` ms after it was last started.
template <class Receiver, class Act>
void callAfter(QTimer& timer, int delay, Receiver* receiver, Act act) {
    timer.setSingleShot(true);
    timer.setInterval(delay);
    QObject::connect(&timer, &QTimer::timeout, receiver, act);
}

}  // namespace skd
