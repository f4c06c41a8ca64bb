#include "style/translation.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QLibraryInfo>
#include <QLocale>
#include <QXmlStreamReader>

#include "base/resources.h"

namespace skd {

namespace {

QByteArray key(const QByteArray& context, const QByteArray& source) {
    return context + '\n' + source;
}

QString folder() {
    const auto path = resolveResource("resource:translations");
    return path ? QString::fromStdString(path->string()) : QString();
}

struct Message {
    QByteArray source;
    QString text;
    bool finished = true;
};

Message readMessage(QXmlStreamReader& xml) {
    Message message;
    while (xml.readNextStartElement()) {
        if (xml.name() == QLatin1String("source")) {
            message.source = xml.readElementText().toUtf8();
        } else if (xml.name() == QLatin1String("translation")) {
            message.finished = !xml.attributes().hasAttribute(
                QLatin1String("type"));  // unfinished, vanished, obsolete
            message.text = xml.readElementText(QXmlStreamReader::SkipChildElements);
        } else {
            xml.skipCurrentElement();
        }
    }
    return message;
}

}  // namespace

bool TsTranslator::loadFile(const QString& path, QString* problem) {
    QFile file(path);
    const auto refuse = [&](const QString& why) {
        if (problem != nullptr) *problem = why;
        return false;
    };
    if (!file.open(QIODevice::ReadOnly))
        return refuse(QStringLiteral("%1: %2").arg(path, file.errorString()));
    QXmlStreamReader xml(&file);
    QByteArray context;
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        if (xml.name() == QLatin1String("name")) {
            context = xml.readElementText().toUtf8();
        } else if (xml.name() == QLatin1String("message")) {
            const Message message = readMessage(xml);
            if (message.finished && !message.text.isEmpty())
                m_texts.insert(key(context, message.source), message.text);
        }
    }
    if (!xml.hasError()) return true;
    m_texts.clear();
    return refuse(
        QStringLiteral("%1, line %2: %3").arg(path).arg(xml.lineNumber()).arg(xml.errorString()));
}

QString TsTranslator::translate(const char* context, const char* source, const char*, int) const {
    return m_texts.value(key(QByteArray(context), QByteArray(source)));
}

QStringList availableLanguages() {
    QStringList languages;
    if (folder().isEmpty()) return languages;
    for (const QString& file :
         QDir(folder()).entryList({QStringLiteral("workbench_*.ts")}, QDir::Files, QDir::Name))
        languages << file.mid(10).chopped(3);
    return languages;
}

void installTranslation(const QString& language) {
    const QLocale locale = language.isEmpty() ? QLocale::system() : QLocale(language);
    const QString name = locale.name().section(QLatin1Char('_'), 0, 0);
    if (!availableLanguages().contains(name)) return;
    auto* own = new TsTranslator(QCoreApplication::instance());
    if (!own->loadFile(QDir(folder()).filePath(QStringLiteral("workbench_%1.ts").arg(name))))
        return own->deleteLater();
    auto* qt = new QTranslator(QCoreApplication::instance());
    if (qt->load(QLocale(name), QStringLiteral("qtbase"), QStringLiteral("_"),
                 QLibraryInfo::path(QLibraryInfo::TranslationsPath)))
        QCoreApplication::installTranslator(qt);
    QCoreApplication::installTranslator(own);
}

}  // namespace skd
