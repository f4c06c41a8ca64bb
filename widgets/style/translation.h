#pragma once

#include <QStringList>

namespace skd {

/// Languages that the program speaks beside English, e.g. "de".
QStringList availableLanguages();
/// Installs the translation and Qt's own texts for a language ("" = the system's); nothing where
/// there is none.
void installTranslation(const QString& language);

}  // namespace skd
