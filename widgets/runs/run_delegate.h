#pragma once

class QAbstractItemDelegate;
class QObject;

namespace skd {

/// Draws a run as two lines with colour chip, sparkline and live badge.
QAbstractItemDelegate* makeRunDelegate(QObject* parent);

}  // namespace skd
