#include "controls/dock.h"

#include "controls/build.h"

namespace skd {

Dock::Dock(const char* id, const QString& title, QWidget* parent)
    : QDockWidget(title, parent), m_panel(named(new QWidget(this), "dock")) {
    setObjectName(QLatin1String(id));
    auto* bar = named(new QWidget(this), "dockTitle");
    for (QWidget* part : {bar, m_panel}) part->setAttribute(Qt::WA_StyledBackground);
    addAll(makeRow(-1, bar, {10, 9, 8, 3}),
           {{makeLabel(title, TextRole::Title, "secondary", bar), 1}});
    setTitleBarWidget(bar);
    setWidget(m_panel);
}

void Dock::setTitleControl(QWidget* control) {
    control->setParent(titleBarWidget());
    titleBarWidget()->layout()->addWidget(control);
}

}  // namespace skd
