#include "controls/mode_switch.h"

#include <QButtonGroup>
#include <QToolButton>

#include "controls/build.h"

namespace skd {

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
