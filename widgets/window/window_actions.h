#pragma once

class QUndoGroup;

namespace skd {

class MainWindow;
class Theme;
class TopBar;

/// Puts the window's menus into its top bar: one table of text, keys and what each entry does.
/// Ctrl+K searches every action that is enabled, and the runs. The window's pages and docks exist
/// already.
void addWindowActions(MainWindow& window, Theme& theme, QUndoGroup& undo, TopBar& top);

}  // namespace skd
