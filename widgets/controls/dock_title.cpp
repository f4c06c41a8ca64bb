#include "controls/dock_title.h"

#include <QDockWidget>
#include <QHBoxLayout>

#include "controls/card.h"
#include "style/theme.h"

namespace skd {

QWidget* makeDockTitle(QDockWidget* dock, QWidget* control) {
    auto* bar = new QWidget(dock);
    bar->setObjectName(QStringLiteral("dockTitle"));
    bar->setAttribute(Qt::WA_StyledBackground);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(10, 9, 8, 3);
    row->addWidget(
        makeLabel(dock->windowTitle(), static_cast<int>(TextRole::Title), "secondary", bar), 1);
    if (control != nullptr) row->addWidget(control);
    return bar;
}

}  // namespace skd
