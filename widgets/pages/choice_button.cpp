#include "pages/choice_button.h"

#include <QActionGroup>
#include <QKeyEvent>
#include <QMenu>

#include "theme.h"

namespace skd {

ChoiceButton::ChoiceButton(const QString& name, const QString& prefix, std::vector<Choice> choices,
                           QWidget* parent)
    : QToolButton(parent),
      m_prefix(prefix),
      m_choices(std::move(choices)),
      m_group(new QActionGroup(this)) {
    setAccessibleName(name);
    setPopupMode(QToolButton::InstantPopup);
    setFont(textFont(TextRole::Small));
    setProperty("flat", true);
    setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(this);
    menu->setToolTipsVisible(true);
    for (const Choice& choice : m_choices) {
        QAction* action = menu->addAction(choice.text);
        action->setToolTip(choice.tip);
        action->setCheckable(true);
        action->setData(choice.value);
        m_group->addAction(action);
    }
    setMenu(menu);
    connect(m_group, &QActionGroup::triggered, this, [this](QAction* action) {
        setValue(action->data().toInt());
        Q_EMIT chosen(m_value);
    });
    if (!m_choices.empty()) setValue(m_choices.front().value);
}

void ChoiceButton::setValue(int value) {
    m_value = value;
    for (QAction* action : m_group->actions()) {
        if (action->data().toInt() != value) continue;
        action->setChecked(true);
        setText(m_prefix + action->text());
        setAccessibleDescription(action->text());
    }
}

void ChoiceButton::setChoiceText(int value, const QString& text, const QString& tip) {
    for (QAction* action : m_group->actions()) {
        if (action->data().toInt() != value) continue;
        action->setText(text);
        action->setToolTip(tip);
    }
    setValue(m_value);
}

void ChoiceButton::setChoiceEnabled(int value, bool enabled) {
    for (QAction* action : m_group->actions())
        if (action->data().toInt() == value) action->setEnabled(enabled);
}

void ChoiceButton::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Down || event->key() == Qt::Key_Return)
        showMenu();
    else
        QToolButton::keyPressEvent(event);
}

}  // namespace skd
