#pragma once

#include <QString>
#include <QStringList>
#include <vector>

namespace skd {

/// A page of the help: a Markdown file of the resource folder help.
struct HelpPage {
    QString id;     ///< the file's name without ".md"
    QString title;  ///< its first heading of level 1, else made of the id
    QString markdown;
    QStringList sections;  ///< its headings of the highest level below the title
};

/// Every page: the tour first, then those that are read in an order, then others by name.
std::vector<HelpPage> helpPages();

/// "New run / New study" -> "newrunnewstudy": headings, ids and the ends of links are compared
/// without what they are written differently by.
QString lettersOf(const QString& text);

}  // namespace skd
