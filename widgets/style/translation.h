#pragma once

#include <QHash>
#include <QStringList>
#include <QTranslator>

namespace skd {

/// Texts of the window in another language, straight out of a translator's file (Qt Linguist's .ts,
/// as lupdate writes it): no compiled copy that can be out of date. Unfinished entries stay
/// English.
class TsTranslator : public QTranslator {
    Q_OBJECT
public:
    using QTranslator::QTranslator;
    /// False where the file cannot be read; `problem` then says why.
    bool loadFile(const QString& file, QString* problem = nullptr);
    [[nodiscard]] QString translate(const char* context, const char* source,
                                    const char* comment = nullptr, int n = -1) const override;
    [[nodiscard]] bool isEmpty() const override { return m_texts.isEmpty(); }
    [[nodiscard]] qsizetype count() const { return m_texts.size(); }

private:
    QHash<QByteArray, QString> m_texts;  ///< by context and source
};

/// Languages there is a file for: resources/translations/workbench_LANGUAGE.ts.
QStringList availableLanguages();
/// Installs the translation of a language ("" = the system's), and Qt's own; English where there is
/// none.
void installTranslation(const QString& language);

}  // namespace skd
