#include "controls/build.h"

#include <QHeaderView>
#include <QHelpEvent>
#include <QPainter>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>
#include <QToolTip>
#include <algorithm>
#include <cmath>
#include <map>

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
    return {[=](QBoxLayout& box) { box.addSpacing(pixels); }};
}

Place rest(int stretch) {
    return {[=](QBoxLayout& box) { box.addStretch(stretch); }};
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

void addEmptyNote(QAbstractItemView* view, const QString& text) {
    QLabel* note =
        wrapped(makeLabel(text, TextRole::Body, "secondary", view->viewport(), "emptyNote"));
    note->setAlignment(Qt::AlignCenter);
    note->setMargin(12);
    note->setAttribute(Qt::WA_TransparentForMouseEvents);
    const auto follow = [view, note] {
        note->setGeometry(view->viewport()->rect());
        note->setVisible(view->model()->rowCount(view->rootIndex()) == 0 &&
                         !note->text().isEmpty());
    };
    const QAbstractItemModel* model = view->model();
    QObject::connect(model, &QAbstractItemModel::modelReset, note, follow);
    QObject::connect(model, &QAbstractItemModel::rowsInserted, note, follow);
    QObject::connect(model, &QAbstractItemModel::rowsRemoved, note, follow);
    whenChanged(view->viewport(), QEvent::Resize, follow);
    follow();
}

QHBoxLayout* makeRow(int spacing, QWidget* parent, QMargins margins) {
    return makeBox<QHBoxLayout>(spacing, parent, margins);
}

QVBoxLayout* makeColumn(int spacing, QWidget* parent, QMargins margins) {
    return makeBox<QVBoxLayout>(spacing, parent, margins);
}

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent) : QLabel(text, parent) {}

QString ElidedLabel::shown() const {
    return font().capitalization() == QFont::AllUppercase ? text().toUpper() : text();
}

bool ElidedLabel::elided() const {
    return fontMetrics().horizontalAdvance(shown()) > contentsRect().width();
}

QSize ElidedLabel::minimumSizeHint() const {
    return {30, QLabel::minimumSizeHint().height()};
}

bool ElidedLabel::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const QString tip = !m_tip.isEmpty() ? m_tip : elided() ? text() : QString();
        QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), tip, this);
        return true;
    }
    return QLabel::event(event);
}

void ElidedLabel::paintEvent(QPaintEvent*) {
    const ThemeColors& colors = themeColors(this);
    const QString tone = property("tone").toString();
    QPainter painter(this);
    painter.setPen(tone == QLatin1String("secondary") ? colors.secondary
                   : tone == QLatin1String("accent") || tone == QLatin1String("bad") ? colors.accent
                                                                                     : colors.text);
    painter.drawText(contentsRect(), static_cast<int>(alignment() | Qt::TextSingleLine),
                     fontMetrics().elidedText(shown(), Qt::ElideRight, contentsRect().width()));
}

NumberLine::NumberLine(Range range, QWidget* parent) : QLineEdit(parent), m_range(range) {
    setAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void NumberLine::keyPressEvent(QKeyEvent* event) {
    static const std::map<int, int> ways{
        {Qt::Key_Up, 1}, {Qt::Key_Down, -1}, {Qt::Key_PageUp, 10}, {Qt::Key_PageDown, -10}};
    const auto way = ways.find(event->key());
    way == ways.end() ? QLineEdit::keyPressEvent(event) : step(way->second);
}

void NumberLine::step(int steps) {
    bool number = false;
    const double value = text().toDouble(&number);
    if (!number) return;
    // Shares go by hundredths, small values (a learning rate) by a tenth of themselves.
    const double magnitude = std::abs(value);
    const double unit = m_range.whole ? 1
                        : magnitude > 0 && magnitude < 0.01
                            ? std::pow(10, std::floor(std::log10(magnitude))) / 2
                        : magnitude < 2 ? 0.01
                                        : 0.1;
    const double next = std::clamp(value + steps * unit, m_range.minimum, m_range.maximum);
    setText(m_range.whole ? QString::number(next, 'f', 0) : QString::number(next, 'g', 10));
    Q_EMIT textEdited(text());
}

}  // namespace skd
