#include "window/help_pages.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QRegularExpression>
#include <algorithm>
#include <array>
#include <utility>

namespace skd {

namespace {

constexpr std::array kOrder{"tour",         "method",  "formats", "architecture",
                            "command-line", "results", "glossary"};

std::size_t placeOf(const QString& id) {
    return std::find(kOrder.begin(), kOrder.end(), id) - kOrder.begin();
}

struct Heading {
    int level;
    QString text;
};

std::vector<Heading> headingsOf(const QString& markdown) {
    static const QRegularExpression heading(QStringLiteral("^(#{1,6})\\s+(.*?)\\s*#*$")),
        marks(QStringLiteral("[*`]"));
    std::vector<Heading> headings;
    bool code = false;
    for (const QString& line : markdown.split(QLatin1Char('\n'))) {
        if (line.startsWith(QLatin1String("```"))) code = !code;
        const auto match = heading.match(line);
        if (!code && match.hasMatch())
            headings.push_back(
                {static_cast<int>(match.capturedLength(1)), match.captured(2).remove(marks)});
    }
    return headings;
}

QString titleOf(const QString& id) {
    if (id == QLatin1String("tour")) return QCoreApplication::translate("Help", "Guided tour");
    const QString words = QString(id).replace(QLatin1Char('-'), QLatin1Char(' '));
    return words.left(1).toUpper() + words.mid(1);
}

HelpPage readPage(const QString& path, const QString& id) {
    HelpPage page{id, titleOf(id), {}, {}};
    if (QFile file(path); file.open(QIODevice::ReadOnly))
        page.markdown = QString::fromUtf8(file.readAll());
    int top = 7;
    for (const Heading& heading : headingsOf(page.markdown)) {
        if (heading.level == 1) {
            page.title = heading.text;
        } else if (heading.level <= top) {
            if (std::exchange(top, heading.level) > heading.level) page.sections.clear();
            page.sections << heading.text;
        }
    }
    return page;
}

}  // namespace

QString lettersOf(const QString& text) {
    QString letters;
    for (const QChar c : text)
        if (c.isLetterOrNumber()) letters += c.toLower();
    return letters;
}

std::vector<HelpPage> helpPages() {
    const QDir folder(QStringLiteral(":/help"));
    std::vector<HelpPage> pages;
    for (const QString& file : folder.entryList({QStringLiteral("*.md")}, QDir::Files, QDir::Name))
        pages.push_back(readPage(folder.filePath(file), file.chopped(3)));
    std::stable_sort(pages.begin(), pages.end(), [](const HelpPage& a, const HelpPage& b) {
        return placeOf(a.id) < placeOf(b.id);
    });
    return pages;
}

}  // namespace skd
