#include "controls/build.h"

#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>

namespace skd {

QLabel* makeLabel(const QString& text, TextRole role, const char* tone, QWidget* parent,
                  QAnyStringView id) {
    auto* label = named(new QLabel(text, parent), id);
    label->setFont(textFont(role));
    label->setProperty("tone", QLatin1String(tone));
    return label;
}

void setTone(QLabel* label, const char* tone) {
    if (label->property("tone").toString() == QLatin1String(tone)) return;
    label->setProperty("tone", QLatin1String(tone));
    label->style()->unpolish(label);  // style sheets look at properties only when polishing
    label->style()->polish(label);
}

QLabel* wrapped(QLabel* label) {
    label->setWordWrap(true);
    return label;
}

QPushButton* makeButton(const QString& text, QAnyStringView id, const QString& tip,
                        QWidget* parent) {
    auto* button = named(new QPushButton(text, parent), id);
    button->setToolTip(tip);
    return button;
}

QPushButton* makePrimary(const QString& text, const char* id, const QString& tip, QWidget* parent) {
    auto* button = makeButton(text, id, tip, parent);
    button->setProperty("primary", true);
    return button;
}

QToolButton* makeTool(const QString& text, QAnyStringView id, const char* look, const QString& tip,
                      QWidget* parent) {
    auto* button = named(new QToolButton(parent), id);
    button->setText(text);
    button->setProperty(look, true);
    button->setToolTip(tip);
    return button;
}

void showAsRows(QTableView& table, int rowHeight) {
    table.setProperty("ruled", true);
    table.setShowGrid(false);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setTabKeyNavigation(false);
    table.verticalHeader()->setDefaultSectionSize(rowHeight);
}

Place gap(int pixels) {
    Place place(static_cast<QWidget*>(nullptr));
    place.pixels = pixels;
    return place;
}

Place rest(int stretch) {
    return {static_cast<QWidget*>(nullptr), stretch};
}

void addPlace(QBoxLayout& box, const Place& place) {
    if (place.widget != nullptr)
        box.addWidget(place.widget, place.stretch);
    else if (place.layout != nullptr)
        box.addLayout(place.layout, place.stretch);
    else if (place.pixels >= 0)
        box.addSpacing(place.pixels);
    else
        box.addStretch(place.stretch);
}

namespace {

class ChangeFilter : public QObject {
public:
    ChangeFilter(QWidget* widget, QEvent::Type type, std::function<void()> act)
        : QObject(widget), m_type(type), m_act(std::move(act)) {
        widget->installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == m_type && watched == parent()) m_act();
        return false;
    }

private:
    QEvent::Type m_type;
    std::function<void()> m_act;
};

template <class Box>
Box* makeBox(int spacing, QWidget* parent, QMargins margins) {
    auto* box = new Box(parent);
    box->setContentsMargins(margins);
    if (spacing >= 0) box->setSpacing(spacing);
    return box;
}

}  // namespace

void whenChanged(QWidget* widget, QEvent::Type type, std::function<void()> act) {
    new ChangeFilter(widget, type, std::move(act));
}

QHBoxLayout* makeRow(int spacing, QWidget* parent, QMargins margins) {
    return makeBox<QHBoxLayout>(spacing, parent, margins);
}

QVBoxLayout* makeColumn(int spacing, QWidget* parent, QMargins margins) {
    return makeBox<QVBoxLayout>(spacing, parent, margins);
}

}  // namespace skd
