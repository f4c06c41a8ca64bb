#include "controls/choice_button.h"

#include <QActionGroup>
#include <QButtonGroup>
#include <QKeyEvent>
#include <QMenu>

#include "controls/build.h"

namespace skd {

ChoiceButton::ChoiceButton(const char* id, const QString& name, const QString& prefix,
                           std::vector<Choice> choices, QWidget* parent)
    : QToolButton(parent),
      m_prefix(prefix),
      m_choices(std::move(choices)),
      m_group(new QActionGroup(this)) {
    setObjectName(QLatin1String(id));
    setAccessibleName(name);
    setPopupMode(QToolButton::InstantPopup);
    setFont(textFont(TextRole::Small));
    setProperty("flat", true);
    setFocusPolicy(Qt::StrongFocus);
    setMenu(new QMenu(this));
    menu()->setToolTipsVisible(true);
    buildMenu();
    connect(m_group, &QActionGroup::triggered, this, [this](QAction* action) {
        setValue(action->data().toInt());
        Q_EMIT chosen(m_value);
    });
    if (!m_choices.empty()) setValue(m_choices.front().value);
}

void ChoiceButton::buildMenu() {
    menu()->clear();
    for (QAction* action : m_group->actions()) {
        m_group->removeAction(action);
        action->deleteLater();  // it may be the one that is being carried out
    }
    for (const Choice& choice : m_choices) {
        auto* action = new QAction(choice.text, m_group);
        action->setToolTip(choice.tip);
        action->setCheckable(true);
        action->setData(choice.value);
        menu()->addAction(action);
    }
}

QAction* ChoiceButton::actionOf(int value) const {
    for (QAction* action : m_group->actions())
        if (action->data().toInt() == value) return action;
    return nullptr;
}

void ChoiceButton::setChoices(std::vector<Choice> choices) {
    if (choices == m_choices) return;
    m_choices = std::move(choices);
    buildMenu();
    if (!m_choices.empty())
        setValue(actionOf(m_value) != nullptr ? m_value : m_choices.front().value);
}

void ChoiceButton::setMaximumText(int width) {
    m_maximumText = width;
    setValue(m_value);
}

void ChoiceButton::setValue(int value) {
    m_value = value;
    QAction* action = actionOf(value);
    if (action == nullptr) return;
    action->setChecked(true);
    const QString text = m_prefix + action->text();
    const bool elide = m_maximumText > 0;
    setText(elide ? fontMetrics().elidedText(text, Qt::ElideRight, m_maximumText) : text);
    setAccessibleDescription(action->text());
}

void ChoiceButton::choose(int value) {
    if (value == m_value) return;
    setValue(value);
    Q_EMIT chosen(value);
}

void ChoiceButton::setChoiceText(int value, const QString& text, const QString& tip) {
    if (QAction* action = actionOf(value)) {
        action->setText(text);
        action->setToolTip(tip);
    }
    setValue(m_value);
}

void ChoiceButton::setChoiceEnabled(int value, bool enabled) {
    if (QAction* action = actionOf(value)) action->setEnabled(enabled);
}

void ChoiceButton::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Down || event->key() == Qt::Key_Return)
        showMenu();
    else
        QToolButton::keyPressEvent(event);
}

ModeSwitch::ModeSwitch(const QString& accessibleName, const QStringList& modes, QWidget* parent)
    : QWidget(parent), m_buttons(new QButtonGroup(this)) {
    setAccessibleName(accessibleName);
    auto* row = makeRow(2, this);
    for (int i = 0; i < modes.size(); ++i) {
        auto* button = makeTool(modes[i], "", "mode", {}, this);
        button->setAccessibleName(modes[i]);
        button->setCheckable(true);
        button->setFont(textFont(TextRole::Small));
        button->setFocusPolicy(Qt::StrongFocus);
        m_buttons->addButton(button, i);
        row->addWidget(button);
    }
    if (!modes.isEmpty()) m_buttons->button(0)->setChecked(true);
    connect(m_buttons, &QButtonGroup::idClicked, this, &ModeSwitch::chosen);
}

int ModeSwitch::mode() const {
    return m_buttons->checkedId();
}

void ModeSwitch::setMode(int mode) {
    if (QAbstractButton* button = m_buttons->button(mode)) button->setChecked(true);
    Q_EMIT chosen(mode);
}

}  // namespace skd
