#pragma once

#include <QString>

#include "base/result.h"

namespace skd {

class MainWindow;
class Theme;

/// Writes every page as PAGE-dark.png and PAGE-light.png into `folder`.
Status saveScreenshots(MainWindow& window, Theme& theme, const QString& folder);

}  // namespace skd
