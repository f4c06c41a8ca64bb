#pragma once

#include <QDockWidget>

class QLabel;
class QLineEdit;
class QTextBrowser;

namespace skd {

/// F1: the guided tour, offline, with search. The same text stands in README.md.
class HelpDock : public QDockWidget {
    Q_OBJECT
public:
    explicit HelpDock(QWidget* parent = nullptr);
    /// Shows the section of a page: the heading that begins with its id, else one that holds it.
    void showSection(const QString& page);
    /// The next place of `text` after the last one; from the top when there is none further down.
    bool find(const QString& text);
    [[nodiscard]] QTextBrowser& text() { return *m_text; }
    [[nodiscard]] QLineEdit& searchLine() { return *m_search; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void buildLayout();
    void load();
    QLineEdit* m_search;
    QLabel* m_nothing;
    QTextBrowser* m_text;
};

/// The tour as Markdown.
QString tourText();

}  // namespace skd
