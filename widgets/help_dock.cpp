#include "help_dock.h"

#include <QEvent>
#include <QFile>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>
#include <QShortcut>
#include <QTextBlock>
#include <QTextBrowser>
#include <QToolButton>
#include <QVBoxLayout>

#include "pages/build.h"
#include "runs_dock.h"
#include "theme.h"

namespace skd {

namespace {

/// "New run / New study" -> "newrunnewstudy": headings and page ids are compared without the rest.
QString lettersOf(const QString& text) {
    QString letters;
    for (const QChar c : text)
        if (c.isLetterOrNumber()) letters += c.toLower();
    return letters;
}

}  // namespace

QString tourText() {
    QFile file(QStringLiteral(":/help/tour.md"));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

HelpDock::HelpDock(QWidget* parent)
    : QDockWidget(tr("Help"), parent),
      m_search(named(new QLineEdit(this), "help.search")),
      m_nothing(new QLabel(this)),
      m_text(named(new QTextBrowser(this), "help.text")) {
    setObjectName(QStringLiteral("helpDock"));
    auto* close = new QToolButton(this);
    close->setProperty("quiet", true);
    close->setText(QStringLiteral("✕"));
    close->setAccessibleName(tr("Close the help"));
    close->setToolTip(tr("Close (F1)"));
    connect(close, &QToolButton::clicked, this, &QWidget::hide);
    setTitleBarWidget(makeDockTitle(this, close));
    buildLayout();
    load();
    connect(m_search, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_text->moveCursor(QTextCursor::Start);
        find(text);
    });
    connect(m_search, &QLineEdit::returnPressed, this, [this] { find(m_search->text()); });
    auto* shortcut =
        new QShortcut(QKeySequence::Find, this, nullptr, nullptr, Qt::WidgetWithChildrenShortcut);
    connect(shortcut, &QShortcut::activated, m_search, qOverload<>(&QWidget::setFocus));
}

void HelpDock::buildLayout() {
    auto* panel = named(new QWidget(this), "dock");
    panel->setAttribute(Qt::WA_StyledBackground);
    m_search->setAccessibleName(tr("Search the help"));
    m_search->setPlaceholderText(tr("search · Enter: next"));
    m_search->setClearButtonEnabled(true);
    m_nothing->setText(tr("not found"));
    m_nothing->setProperty("tone", "bad");
    m_nothing->hide();
    m_text->setAccessibleName(tr("Guided tour"));
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setOpenExternalLinks(true);
    m_text->setMinimumWidth(260);
    auto* column = makeColumn(6, panel, {10, 4, 8, 8});
    auto* row = makeRow();
    row->addWidget(m_search, 1);
    row->addWidget(m_nothing);
    column->addLayout(row);
    column->addWidget(m_text, 1);
    setWidget(panel);
}

void HelpDock::load() {
    const int place = m_text->verticalScrollBar()->value();
    m_text->document()->setDefaultFont(textFont(TextRole::Body));
    m_text->document()->setDocumentMargin(2);
    m_text->setMarkdown(tourText());
    m_text->verticalScrollBar()->setValue(place);
}

void HelpDock::changeEvent(QEvent* event) {
    QDockWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_text != nullptr) load();
}

void HelpDock::showSection(const QString& page) {
    const QString wanted = lettersOf(page);
    QTextBlock found;
    for (QTextBlock block = m_text->document()->begin(); block.isValid(); block = block.next()) {
        const QString heading =
            block.blockFormat().headingLevel() > 0 ? lettersOf(block.text()) : QString();
        if (heading.startsWith(wanted)) {
            found = block;
            break;
        }
        if (!found.isValid() && heading.contains(wanted)) found = block;
    }
    if (!found.isValid()) return;
    m_text->moveCursor(QTextCursor::End);  // so that the heading comes to stand at the top
    m_text->setTextCursor(QTextCursor(found));
}

bool HelpDock::find(const QString& text) {
    bool found = text.isEmpty() || m_text->find(text);
    if (!found) {
        m_text->moveCursor(QTextCursor::Start);
        found = m_text->find(text);
    }
    m_nothing->setVisible(!found);
    return found;
}

}  // namespace skd
