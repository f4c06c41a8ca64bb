#pragma once

#include "controls/page.h"

class QMenu;
class QToolButton;

namespace skd {

/// A page whose contents are one JSON document: it is opened, saved, copied and pasted in one way.
///
/// It is built when it is first shown, not while the window starts.
class JsonDocumentPage : public Page {
    Q_OBJECT
public:
    bool copy() override;
    bool paste() override;
    [[nodiscard]] bool followsRuns() const override { return false; }

protected:
    /// What its messages and file dialogs say.
    struct Words {
        QString open, save, kinds;  ///< titles of the dialogs, and their filter
        QString file;               ///< the name proposed for a new file
        QString copied, pasted;
    };
    JsonDocumentPage(PageContext context, Words words, QWidget* parent);

    virtual void build() = 0;
    /// The menu of what the document can start from, but for files.
    virtual void fillMenu(QMenu& menu) = 0;
    /// What is copied and saved; an error where it is not complete.
    [[nodiscard]] virtual Result<Json> document() const = 0;
    virtual Status open(const QString& path) = 0;
    virtual Status pasteText(const QString& text) = 0;

    /// The button that opens the menu.
    QToolButton* startFromButton(const char* id, const char* menuId, const QString& tip);
    /// `done`, or what is wrong, in the status bar.
    void say(const Status& status, const QString& done);
    void showEvent(QShowEvent* event) override;

    PageContext m_context;

private:
    void showMenu(QMenu& menu);
    void openFile();
    void saveFile();
    Words m_words;
};

}  // namespace skd
