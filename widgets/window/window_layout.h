#pragma once

#include <QTimer>

class QDockWidget;
class QMainWindow;
class QString;

namespace skd {

class RunsDock;
class Theme;

/// Where the window's docks are: as they were the last time, or by default. The theme and how runs
/// are grouped are kept with them.
class WindowLayout : public QObject {
    Q_OBJECT
public:
    static constexpr int kVersion = 3;  ///< of saved docks; other versions are ignored

    struct Docks {
        RunsDock* runs;
        QDockWidget *queue, *log, *help;
    };
    WindowLayout(QMainWindow& window, Theme& theme, Docks docks);

    /// What was saved, from here on kept up to date. False where it crashed the last start: it is
    /// ignored then.
    bool restore();
    void restoreDefault();
    void save(const QString& page);
    /// Asks to be saved a moment after the last of these calls.
    void changed() { m_later.start(); }
    /// The page that was in front.
    [[nodiscard]] static QString savedPage();

Q_SIGNALS:
    void saveWanted();

private:
    [[nodiscard]] bool restoreSaved();

    QMainWindow& m_window;
    Theme& m_theme;
    Docks m_docks;
    QTimer m_later;
    bool m_keeps = false;  ///< false until restore(): pictures leave no traces
};

}  // namespace skd
