#pragma once

#include <vector>

#include "controls/dock.h"

class QLabel;
class QLineEdit;
class QTextBrowser;
class QTextCursor;
class QToolButton;
class QTreeWidget;

namespace skd {

/// A page of the help: a Markdown file of the resource folder help.
struct HelpPage {
    QString id;     ///< the file's name without ".md"
    QString title;  ///< its first heading of level 1, else made of the id
    QString markdown;
    QStringList sections;  ///< its headings of the highest level below the title
};

/// F1: the tour, the method, the formats and whatever else the help has, offline: contents,
/// full-text search, links between pages, back and forward.
class HelpDock : public Dock {
    Q_OBJECT
public:
    explicit HelpDock(QWidget* parent = nullptr);

    /// A page of the help, at a section where one is named: the heading that is it, else one that
    /// begins with it or contains it. False where there is no such page.
    bool showPage(const QString& id, const QString& section = {});
    /// Where a link of the page in front leads: "method.md#ranks", "#ranks", or out of the help.
    void follow(const QString& link);
    /// The next place of `text` after the last one, on this page or a later one; from the first
    /// page when there is none further down.
    bool find(const QString& text);
    void back() { step(-1); }
    void forward() { step(1); }

    [[nodiscard]] const std::vector<HelpPage>& pages() const { return m_pages; }
    [[nodiscard]] const QString& page() const { return m_pages[m_page].id; }
    [[nodiscard]] QTextBrowser& text() { return *m_text; }
    [[nodiscard]] QLineEdit& searchLine() { return *m_search; }
    [[nodiscard]] QTreeWidget& contents() { return *m_contents; }

protected:
    void changeEvent(QEvent* event) override;

private:
    /// Where a reader was.
    struct Place {
        std::size_t page;
        int position;  ///< of the cursor
    };
    void buildLayout();
    void connectParts();
    void load(std::size_t page);
    void moveTo(const QTextCursor& cursor);
    void remember();
    void step(int by);
    void showHits();
    [[nodiscard]] int hitsOn(std::size_t page, const QString& text);

    std::vector<HelpPage> m_pages;
    std::vector<QString> m_plain;  ///< of each page, without its markup; made by the first search
    std::size_t m_page = 0;
    std::vector<Place> m_history;
    std::size_t m_at = 0;  ///< in the history
    QLineEdit* m_search;
    QLabel* m_nothing;
    QToolButton *m_back, *m_forward;
    QTreeWidget* m_contents;
    QTextBrowser* m_text;
};

}  // namespace skd
