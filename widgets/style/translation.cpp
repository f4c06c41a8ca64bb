#include "style/translation.h"

#include <QCoreApplication>
#include <QDir>
#include <QLibraryInfo>
#include <QLocale>
#include <QTranslator>

/// Q_INIT_RESOURCE works outside of namespaces only.
static void initTranslations() {
    Q_INIT_RESOURCE(translations);
}

namespace skd {

namespace {

constexpr const char* kFolder = ":/translations";

bool install(const QString& file, const QString& folder) {
    auto* translator = new QTranslator(QCoreApplication::instance());
    if (translator->load(file, folder)) return QCoreApplication::installTranslator(translator);
    delete translator;
    return false;
}

QString fileOf(const QString& language) {
    return QStringLiteral("workbench_%1.qm").arg(language);
}

/// "1 run", "2 runs": every program and test has the plurals of the texts in the sources.
void installPlurals() {
    initTranslations();
    install(fileOf(QStringLiteral("en")), QLatin1String(kFolder));
}

}  // namespace

Q_COREAPP_STARTUP_FUNCTION(installPlurals)

QStringList availableLanguages() {
    QStringList languages;
    for (const QString& file :
         QDir(QLatin1String(kFolder)).entryList({fileOf(QStringLiteral("*"))}))
        if (const QString language = file.mid(10).chopped(3); language != QLatin1String("en"))
            languages << language;
    return languages;
}

void installTranslation(const QString& language) {
    const QLocale locale = language.isEmpty() ? QLocale::system() : QLocale(language);
    const QString name = locale.name().section(QLatin1Char('_'), 0, 0);
    if (!availableLanguages().contains(name)) return;
    install(QStringLiteral("qtbase_") + name, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    install(fileOf(name), QLatin1String(kFolder));
}

}  // namespace skd
