#include "window/help_dock.h"

#include <QCoreApplication>
#include <QDesktopServices>
#include <QDir>
#include <QLineEdit>
#include <QRegularExpression>
#include <QScrollBar>
#include <QShortcut>
#include <QSplitter>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <QTreeWidget>
#include <QUrl>
#include <algorithm>
#include <array>
#include <utility>

#include "controls/build.h"
#include "controls/card.h"

namespace skd {

namespace {

constexpr std::array kOrder{"tour",  "method",   "formats", "architecture", "command-line",
                            "scale", "parallel", "results", "glossary"};

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

/// "New run / New study" -> "newrunnewstudy": headings, ids and the ends of links are compared
/// without what they are written differently by.
QString lettersOf(const QString& text) {
    QString letters;
    for (const QChar c : text)
        if (c.isLetterOrNumber()) letters += c.toLower();
    return letters;
}

/// Every page: the tour first, then those that are read in an order, then others by name.
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

constexpr int kPageRole = Qt::UserRole, kSectionRole = Qt::UserRole + 1;

/// The heading that is `section`, else the first that begins with it, else one that contains it.
QTextBlock headingOf(const QTextDocument& document, const QString& section) {
    const QString wanted = lettersOf(section);
    QTextBlock begins, contains;
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        if (block.blockFormat().headingLevel() == 0) continue;
        const QString heading = lettersOf(block.text());
        if (heading == wanted) return block;
        if (!begins.isValid() && heading.startsWith(wanted)) begins = block;
        if (!contains.isValid() && heading.contains(wanted)) contains = block;
    }
    return begins.isValid() ? begins : contains;
}

}  // namespace

HelpDock::HelpDock(QWidget* parent) : Dock("helpDock", tr("Help"), parent), m_pages(helpPages()) {
    auto* close = makeTool(QStringLiteral("✕"), "", "quiet", tr("Close (F1)"), this);
    close->setAccessibleName(tr("Close the help"));
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    setTitleControl(close);
    buildLayout();
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        auto* page = new QTreeWidgetItem(m_contents, {m_pages[i].title});
        page->setData(0, kPageRole, QVariant::fromValue<qulonglong>(i));
        for (const QString& section : m_pages[i].sections) {
            auto* entry = new QTreeWidgetItem(page, {section});
            entry->setData(0, kPageRole, QVariant::fromValue<qulonglong>(i));
            entry->setData(0, kSectionRole, section);
        }
    }
    connectParts();
    load(0);
    m_history = {{0, 0}};
    step(0);
}

void HelpDock::buildLayout() {
    m_back = makeTool(QStringLiteral("‹"), "help.back", "quiet", tr("Back (Alt+Left)"), panel());
    m_forward =
        makeTool(QStringLiteral("›"), "help.forward", "quiet", tr("Forward (Alt+Right)"), panel());
    m_back->setAccessibleName(tr("Back"));
    m_forward->setAccessibleName(tr("Forward"));
    for (QToolButton* button : {m_back, m_forward}) button->setFocusPolicy(Qt::StrongFocus);
    m_search = named(new QLineEdit(panel()), "help.search", tr("Search the help"));
    m_search->setPlaceholderText(tr("search · Enter: next"));
    m_search->setClearButtonEnabled(true);
    m_nothing = makeLabel(tr("not found"), TextRole::Small, "bad", panel());
    m_nothing->hide();
    auto* split = new QSplitter(Qt::Vertical, panel());
    m_contents = named(new QTreeWidget(split), "help.contents", tr("Contents of the help"));
    m_contents->setHeaderHidden(true);
    m_contents->setFrameShape(QFrame::NoFrame);
    m_text = named(new QTextBrowser(split), "help.text");
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setOpenLinks(false);
    m_text->setMinimumWidth(260);
    split->setSizes({140, 460});
    split->setStretchFactor(1, 1);
    addAll(makeColumn(6, panel(), {10, 4, 8, 8}),
           {addAll(makeRow(), {m_back, m_forward, {m_search, 1}, m_nothing}), {split, 1}});
}

void HelpDock::connectParts() {
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_text->moveCursor(QTextCursor::Start);
        find(text);
    });
    connect(m_search, &QLineEdit::returnPressed, this, [this] { find(m_search->text()); });
    connect(m_text, &QTextBrowser::anchorClicked, this,
            [this](const QUrl& url) { follow(url.toString()); });
    const auto open = [this](const QTreeWidgetItem* item) {
        showPage(m_pages[item->data(0, kPageRole).toULongLong()].id,
                 item->data(0, kSectionRole).toString());
    };
    connect(m_contents, &QTreeWidget::itemClicked, this, open);
    connect(m_contents, &QTreeWidget::itemActivated, this, open);
    connect(m_back, &QToolButton::clicked, this, &HelpDock::back);
    connect(m_forward, &QToolButton::clicked, this, &HelpDock::forward);
    const auto key = [this](const QKeySequence& keys, auto act) {
        connect(new QShortcut(keys, this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut),
                &QShortcut::activated, this, act);
    };
    key(QKeySequence::Find, [this] { m_search->setFocus(); });
    key(QKeySequence(Qt::ALT | Qt::Key_Left), [this] { back(); });
    key(QKeySequence(Qt::ALT | Qt::Key_Right), [this] { forward(); });
}

void HelpDock::load(std::size_t page) {
    m_page = page;
    if (page >= m_pages.size()) return;
    m_text->setAccessibleName(m_pages[page].title);
    m_text->document()->setDefaultFont(textFont(TextRole::Body));
    m_text->document()->setDocumentMargin(2);
    m_text->setMarkdown(m_pages[page].markdown);
    QTreeWidgetItem* item = m_contents->topLevelItem(static_cast<int>(page));
    m_contents->setCurrentItem(item);
    item->setExpanded(true);
    showHits();
}

void HelpDock::changeEvent(QEvent* event) {
    Dock::changeEvent(event);
    if (event->type() != QEvent::FontChange || m_pages.empty() || m_history.empty()) return;
    const int place = m_text->verticalScrollBar()->value();
    load(m_page);
    m_text->verticalScrollBar()->setValue(place);
}

/// So that the line comes to stand at the top.
void HelpDock::moveTo(const QTextCursor& cursor) {
    m_text->moveCursor(QTextCursor::End);
    m_text->setTextCursor(cursor);
}

bool HelpDock::showPage(const QString& id, const QString& section) {
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        if (m_pages[i].id != id) continue;
        if (i != m_page) load(i);
        const QTextBlock heading = headingOf(*m_text->document(), section);
        if (section.isEmpty())
            m_text->moveCursor(QTextCursor::Start);
        else if (heading.isValid())
            moveTo(QTextCursor(heading));
        remember();
        return true;
    }
    return false;
}

void HelpDock::follow(const QString& link) {
    const QUrl url(link);
    if (!url.scheme().isEmpty()) {
        QDesktopServices::openUrl(url);
        return;
    }
    const QString file = url.path();
    const QString id = file.isEmpty() ? page() : file.section(QLatin1Char('/'), -1).chopped(3);
    if (file.isEmpty() || file.endsWith(QLatin1String(".md"))) showPage(id, url.fragment());
}

/// What came after the place in the history is forgotten, as in a browser.
void HelpDock::remember() {
    const Place now{m_page, m_text->textCursor().position()};
    if (m_history[m_at].page == now.page && m_history[m_at].position == now.position) return;
    m_history.resize(m_at + 1);
    m_history.push_back(now);
    m_at = m_history.size() - 1;
    step(0);
}

void HelpDock::step(int by) {
    const auto last = static_cast<int>(m_history.size()) - 1, to = static_cast<int>(m_at) + by;
    if (to < 0 || to > last) return;
    m_at = to;
    m_back->setEnabled(to > 0);
    m_forward->setEnabled(to < last);
    if (by == 0) return;
    if (m_history[m_at].page != m_page) load(m_history[m_at].page);
    QTextCursor cursor(m_text->document());
    cursor.setPosition(m_history[m_at].position);
    moveTo(cursor);
}

int HelpDock::hitsOn(std::size_t page, const QString& text) {
    if (text.isEmpty()) return 0;
    for (std::size_t i = m_plain.size(); i < m_pages.size(); ++i) {
        QTextDocument document;
        document.setMarkdown(m_pages[i].markdown);
        m_plain.push_back(document.toPlainText());
    }
    return static_cast<int>(m_plain[page].count(text, Qt::CaseInsensitive));
}

/// Hits on the page are marked, and counted beside every page of the contents.
void HelpDock::showHits() {
    const QString text = m_search->text();
    for (std::size_t i = 0; i < m_pages.size(); ++i) {
        const int hits = hitsOn(i, text);
        m_contents->topLevelItem(static_cast<int>(i))
            ->setText(0, hits == 0 ? m_pages[i].title
                                   : QStringLiteral("%1 (%2)").arg(m_pages[i].title).arg(hits));
    }
    QList<QTextEdit::ExtraSelection> marks;
    QColor color = themeColors(this).accent;
    color.setAlphaF(0.3F);
    QTextCursor cursor(m_text->document());
    while (!text.isEmpty() && !(cursor = m_text->document()->find(text, cursor)).isNull()) {
        QTextCharFormat format;
        format.setBackground(color);
        marks.push_back({cursor, format});
    }
    m_text->setExtraSelections(marks);
}

bool HelpDock::find(const QString& text) {
    showHits();
    bool found = text.isEmpty() || m_text->find(text);
    const std::size_t begin = m_page;
    for (std::size_t i = 1; !found && i <= m_pages.size(); ++i) {
        const std::size_t next = (begin + i) % m_pages.size();  // at last this one from its top
        if (hitsOn(next, text) == 0) continue;
        if (next != m_page) load(next);
        m_text->moveCursor(QTextCursor::Start);
        found = m_text->find(text);
    }
    m_nothing->setVisible(!found);
    if (m_page != begin) remember();
    return found;
}

}  // namespace skd
