#pragma once

#include <QColor>

namespace skd {

/// Viridis (CC0, van der Walt and Smith); t from 0 to 1.
QColor viridis(double t);
/// Black or white, whichever reads better on `background`.
QColor readableOn(const QColor& background);

}  // namespace skd
