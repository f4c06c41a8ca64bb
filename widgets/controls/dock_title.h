#pragma once

class QDockWidget;
class QWidget;

namespace skd {

/// A title bar in the window's style: small capitals, no frame; `control` at its right end.
QWidget* makeDockTitle(QDockWidget* dock, QWidget* control = nullptr);

}  // namespace skd
