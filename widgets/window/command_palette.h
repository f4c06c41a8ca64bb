#pragma once

#include <QDialog>
#include <functional>
#include <vector>

class QAction;
class QLineEdit;
class QListWidget;

namespace skd {

/// How well `query` fits `text`: every letter must occur in order; word beginnings and runs of
/// letters count more. 0 = it does not fit.
int fuzzyScore(const QString& query, const QString& text);

/// Something the palette offers besides the window's actions.
struct PaletteEntry {
    QString text, detail;
    std::function<void()> act;
};

/// Ctrl+K: type a few letters, press Enter.
class CommandPalette : public QDialog {
    Q_OBJECT
public:
    explicit CommandPalette(QWidget* parent);
    /// Shows itself with these actions and entries.
    void offer(const std::vector<QAction*>& actions, std::vector<PaletteEntry> entries);
    [[nodiscard]] QLineEdit& line() { return *m_line; }
    [[nodiscard]] QListWidget& list() { return *m_list; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void showMatches();
    void carryOut();

    QLineEdit* m_line;
    QListWidget* m_list;
    std::vector<PaletteEntry> m_entries;
};

}  // namespace skd
