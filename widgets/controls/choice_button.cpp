#include "controls/choice_button.h"

#include <QActionGroup>
#include <QKeyEvent>
#include <QMenu>
#include <algorithm>

#include "style/theme.h"

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

void ChoiceButton::setChoices(std::vector<Choice> choices) {
    const auto same = [](const Choice& a, const Choice& b) {
        return a.text == b.text && a.tip == b.tip && a.value == b.value;
    };
    if (std::equal(choices.begin(), choices.end(), m_choices.begin(), m_choices.end(), same))
        return;
    m_choices = std::move(choices);
    buildMenu();
    const bool there =
        std::any_of(m_choices.begin(), m_choices.end(),
                    [this](const Choice& choice) { return choice.value == m_value; });
    if (!m_choices.empty()) setValue(there ? m_value : m_choices.front().value);
}

void ChoiceButton::setMaximumText(int width) {
    m_maximumText = width;
    setValue(m_value);
}

void ChoiceButton::setValue(int value) {
    m_value = value;
    for (QAction* action : m_group->actions()) {
        if (action->data().toInt() != value) continue;
        action->setChecked(true);
        const QString text = m_prefix + action->text();
        const bool elide = m_maximumText > 0;
        setText(elide ? fontMetrics().elidedText(text, Qt::ElideRight, m_maximumText) : text);
        setAccessibleDescription(action->text());
    }
}

void ChoiceButton::choose(int value) {
    if (value == m_value) return;
    setValue(value);
    Q_EMIT chosen(value);
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
