#include "controls/view_state.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QLineEdit>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QTabBar>
#include <QTabWidget>
#include <QWidget>

#include "controls/choice_button.h"
#include "controls/mode_switch.h"

namespace skd {

namespace {

/// Null where a widget is no control that a view keeps.
Json valueOf(const QWidget& widget) {
    if (const auto* choice = qobject_cast<const ChoiceButton*>(&widget)) return choice->value();
    if (const auto* mode = qobject_cast<const ModeSwitch*>(&widget)) return mode->mode();
    if (const auto* combo = qobject_cast<const QComboBox*>(&widget)) return combo->currentIndex();
    if (const auto* line = qobject_cast<const QLineEdit*>(&widget))
        return line->text().toStdString();
    if (const auto* spin = qobject_cast<const QSpinBox*>(&widget)) return spin->value();
    if (const auto* spin = qobject_cast<const QDoubleSpinBox*>(&widget)) return spin->value();
    if (const auto* slider = qobject_cast<const QSlider*>(&widget)) return slider->value();
    if (const auto* tabs = qobject_cast<const QTabWidget*>(&widget)) return tabs->currentIndex();
    if (const auto* bar = qobject_cast<const QTabBar*>(&widget)) return bar->currentIndex();
    if (const auto* splitter = qobject_cast<const QSplitter*>(&widget))
        return splitter->saveState().toBase64().toStdString();
    const auto* button = qobject_cast<const QAbstractButton*>(&widget);
    return button != nullptr && button->isCheckable() ? Json(button->isChecked()) : Json();
}

void setChoice(ChoiceButton& choice, int value) {
    if (choice.value() == value) return;
    choice.setValue(value);
    Q_EMIT choice.chosen(value);
}

void setButton(QAbstractButton& button, bool checked) {
    if (button.isCheckable() && button.isChecked() != checked) button.click();  // as a person does
}

void setNumber(QWidget& widget, const Json& value) {
    if (auto* choice = qobject_cast<ChoiceButton*>(&widget))
        setChoice(*choice, value.get<int>());
    else if (auto* mode = qobject_cast<ModeSwitch*>(&widget))
        mode->setMode(value.get<int>());
    else if (auto* combo = qobject_cast<QComboBox*>(&widget))
        combo->setCurrentIndex(value.get<int>());
    else if (auto* spin = qobject_cast<QSpinBox*>(&widget))
        spin->setValue(value.get<int>());
    else if (auto* decimal = qobject_cast<QDoubleSpinBox*>(&widget))
        decimal->setValue(value.get<double>());
    else if (auto* slider = qobject_cast<QSlider*>(&widget))
        slider->setValue(value.get<int>());
    else if (auto* tabs = qobject_cast<QTabWidget*>(&widget))
        tabs->setCurrentIndex(value.get<int>());
    else if (auto* bar = qobject_cast<QTabBar*>(&widget))
        bar->setCurrentIndex(value.get<int>());
}

void setText(QWidget& widget, const QString& text) {
    if (auto* line = qobject_cast<QLineEdit*>(&widget))
        line->setText(text);
    else if (auto* splitter = qobject_cast<QSplitter*>(&widget))
        splitter->restoreState(QByteArray::fromBase64(text.toLatin1()));
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
    for (const auto& [name, value] : values.items()) {
        auto* widget = page.findChild<QWidget*>(QString::fromStdString(name));
        if (widget == nullptr) continue;
        if (value.is_boolean()) {
            if (auto* button = qobject_cast<QAbstractButton*>(widget))
                setButton(*button, value.get<bool>());
        } else if (value.is_number()) {
            setNumber(*widget, value);
        } else if (value.is_string()) {
            setText(*widget, QString::fromStdString(value.get<std::string>()));
        }
    }
}

}  // namespace skd
