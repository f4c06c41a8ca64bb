#include "plan/json_document_page.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QLayout>
#include <QMenu>
#include <QToolButton>

#include "base/files.h"
#include "controls/build.h"

namespace skd {

namespace {

std::string textOf(const Json& json) {
    return dumpJson(json, 2);
}

}  // namespace

JsonDocumentPage::JsonDocumentPage(PageContext context, Words words, QWidget* parent)
    : Page(parent), m_context(std::move(context)), m_words(std::move(words)) {}

void JsonDocumentPage::showEvent(QShowEvent* event) {
    if (layout() == nullptr) {
        build();
        for (QWidget* card : findChildren<QWidget*>(Qt::FindDirectChildrenOnly))
            card->show();  // the page is visible already
        layout()->activate();
    }
    Page::showEvent(event);
}

QToolButton* JsonDocumentPage::startFromButton(const char* id, const char* menuId,
                                               const QString& tip) {
    auto* button = makeTool(tr("start from"), id, "flat", tip, this);
    button->setAccessibleName(tr("Start from"));
    button->setFont(textFont(TextRole::Small));
    button->setPopupMode(QToolButton::InstantPopup);
    auto* menu = named(new QMenu(button), menuId);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] { showMenu(*menu); });
    button->setMenu(menu);
    return button;
}

void JsonDocumentPage::showMenu(QMenu& menu) {
    menu.clear();
    qDeleteAll(menu.findChildren<QMenu*>(Qt::FindDirectChildrenOnly));
    fillMenu(menu);
    menu.addSeparator();
    menu.addAction(tr("Open a file…"), this, &JsonDocumentPage::openFile);
    menu.addAction(tr("Save as a file…"), this, &JsonDocumentPage::saveFile);
}

void JsonDocumentPage::say(const Status& status, const QString& done) {
    Q_EMIT context(status ? done : QString::fromStdString(status.error().message));
}

void JsonDocumentPage::openFile() {
    const QString path = QFileDialog::getOpenFileName(this, m_words.open, {}, m_words.kinds);
    if (!path.isEmpty()) say(open(path), tr("%1 is read.").arg(path));
}

void JsonDocumentPage::saveFile() {
    const Result<Json> json = document();
    if (!json) return say(fail(json.error()), {});
    const QString path =
        QFileDialog::getSaveFileName(this, m_words.save, m_words.file, m_words.kinds);
    if (!path.isEmpty())
        say(writeFileAtomically(path.toStdString(), textOf(*json) + "\n"),
            tr("%1 is written.").arg(path));
}

bool JsonDocumentPage::copy() {
    const Result<Json> json = document();
    if (json) QApplication::clipboard()->setText(QString::fromStdString(textOf(*json)));
    say(json ? Status() : Status(fail(json.error())), m_words.copied);
    return json.has_value();
}

bool JsonDocumentPage::paste() {
    const Status read = pasteText(QApplication::clipboard()->text());
    say(read, m_words.pasted);
    return read.has_value();
}

}  // namespace skd
