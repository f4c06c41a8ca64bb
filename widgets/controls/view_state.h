#pragma once

#include <QString>

#include "base/json.h"

class QWidget;

namespace skd {

/// What a user has chosen on a page: the value of every named control below it (choices, check
/// boxes, numbers, texts, splitters), by object name.
Json controlsOf(const QWidget& page);
/// Puts the values back where controls of those names are; others are skipped.
void setControls(QWidget& page, const Json& values);

}  // namespace skd
