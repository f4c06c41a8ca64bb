#include "controls/page.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QMetaProperty>
#include <QSplitter>
#include <QStackedWidget>

#include "controls/build.h"

namespace skd {

namespace {

constexpr int kFrame = 33;  ///< ms: at most 30 refreshes a second, however much arrives

/// What the user chooses with a control: its index where it has one, else Qt's user property. Text
/// that is written (a prompt, a spec) is no choice; a line is.
QMetaProperty choiceOf(const QWidget& widget) {
    const QMetaObject& type = *widget.metaObject();
    if (const int index = type.indexOfProperty("currentIndex");
        index >= 0 && qobject_cast<const QStackedWidget*>(&widget) == nullptr)
        return type.property(index);
    const QMetaProperty user = type.userProperty();
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    switch (user.typeId()) {
        case QMetaType::Int:
        case QMetaType::Double:
            return user;
        case QMetaType::Bool:
            return button != nullptr && button->isCheckable() ? user : QMetaProperty();
        case QMetaType::QString:
            return qobject_cast<const QLineEdit*>(&widget) != nullptr ? user : QMetaProperty();
        default:
            return {};
    }
}

/// Null where a widget is no control that a view keeps.
Json valueOf(const QWidget& widget) {
    if (const auto* splitter = qobject_cast<const QSplitter*>(&widget))
        return splitter->saveState().toBase64().toStdString();
    const QMetaProperty choice = choiceOf(widget);
    if (!choice.isValid()) return {};
    const QVariant value = choice.read(&widget);
    switch (value.typeId()) {
        case QMetaType::Bool:
            return value.toBool();
        case QMetaType::Int:
            return value.toInt();
        case QMetaType::Double:
            return value.toDouble();
        default:
            return value.toString().toStdString();
    }
}

void setValue(QWidget& widget, const Json& value) {
    if (auto* splitter = qobject_cast<QSplitter*>(&widget)) {
        if (value.is_string())
            splitter->restoreState(
                QByteArray::fromBase64(QByteArray::fromStdString(valueOr(value, ""))));
        return;
    }
    const QMetaProperty choice = choiceOf(widget);
    const bool flag = choice.typeId() == QMetaType::Bool,
               text = choice.typeId() == QMetaType::QString;
    if (!choice.isValid() || flag != value.is_boolean() || text != value.is_string()) return;
    if (flag && choice.read(&widget).toBool() != valueOr(value, false))
        qobject_cast<QAbstractButton*>(&widget)->click();  // as a user does
    else if (text)
        choice.write(&widget, QString::fromStdString(valueOr(value, "")));
    else if (value.is_number())
        choice.write(&widget, valueOr(value, 0.0));
}

}  // namespace

Json controlsOf(const QWidget& page) {
    Json values = Json::object();
    for (const QWidget* widget : page.findChildren<QWidget*>()) {
        if (widget->objectName().isEmpty() || widget->objectName().startsWith(QLatin1String("qt_")))
            continue;
        if (Json value = valueOf(*widget); !value.is_null())
            values[widget->objectName().toStdString()] = std::move(value);
    }
    return values;
}

void setControls(QWidget& page, const Json& values) {
    if (!values.is_object()) return;
    for (const auto& [name, value] : values.items())
        if (auto* widget = page.findChild<QWidget*>(QString::fromStdString(name)))
            setValue(*widget, value);
}

Page::Page(QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAttribute(Qt::WA_StyledBackground);
}

LivePage::LivePage(QWidget* parent) : Page(parent) {
    callAfter(m_later, kFrame, this, [this] { catchUp(); });
}

void LivePage::markDirty() {
    m_dirty = true;
    if (isVisible() && !m_later.isActive()) m_later.start();
}

void LivePage::catchUp() {
    m_dirty = false;
    refresh();
}

void LivePage::showEvent(QShowEvent* event) {
    Page::showEvent(event);
    catchUp();
}

}  // namespace skd
