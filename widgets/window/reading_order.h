#pragma once

class QWidget;

namespace skd {

/// Tab goes through the controls of `root` as one reads them: along its layouts, from the left to
/// the right and from the top down, hidden ones included. They follow `before` in the window's
/// order.
void setReadingOrder(QWidget& root, QWidget* before);

}  // namespace skd
