#pragma once

#include <QKeySequence>
#include <QObject>
#include <functional>
#include <vector>

class QAction;
class QMenu;
class QUndoGroup;

namespace skd {

class CommandPalette;
class MainWindow;
class Theme;

/// The window's menus: one table of text, keys and what each entry does.
class WindowActions : public QObject {
    Q_OBJECT
public:
    /// The window's pages and docks exist already.
    WindowActions(MainWindow& window, Theme& theme, QUndoGroup& undo);

    [[nodiscard]] QMenu* menu() const { return m_menu; }
    /// What the top bar's button for the workspace offers.
    void fillWorkspaceMenu(QMenu* menu);
    void chooseFolder();
    void chooseFile();
    /// Ctrl+K: every action that is enabled, and the runs.
    void openPalette();

private:
    /// One line of a menu; without a text it separates.
    struct Entry {
        QString text;
        QList<QKeySequence> keys;
        std::function<void()> act;
        bool enabled = true;
    };
    void add(QMenu* menu, const std::vector<Entry>& entries);
    void addShared(QMenu* menu, QAction* action);
    [[nodiscard]] std::vector<Entry> fileEntries();
    [[nodiscard]] std::vector<Entry> runEntries();
    [[nodiscard]] std::vector<Entry> presentEntries();
    void buildEditMenu(QMenu* menu, QUndoGroup& undo);
    void buildViewMenu(QMenu* menu);
    void chooseWorkspace();
    void showInFolder();
    void exportView();
    void saveView();
    void manageViews();
    void about();

    MainWindow& m_window;
    Theme& m_theme;
    QMenu* m_menu;
    CommandPalette* m_palette;
};

}  // namespace skd
