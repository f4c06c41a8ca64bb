#pragma once

#include <QString>

namespace skd {

class MainWindow;
class Theme;

/// Writes every page as PAGE-dark.png and PAGE-light.png into `folder`. False with `problem` set
/// when a file could not be written.
bool saveScreenshots(MainWindow& window, Theme& theme, const QString& folder, QString& problem);

}  // namespace skd
