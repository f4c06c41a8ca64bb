#include "screenshots.h"

#include <QApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QPixmap>
#include <QThread>

#include "main_window.h"

namespace skd {

namespace {

constexpr int kPatience = 10000;  ///< ms for a workspace to be read
constexpr int kQuiet = 250;       ///< ms without news after that

/// Lets the window read its workspace and draw.
void settle(MainWindow& window) {
    const QDeadlineTimer patience(kPatience);
    while (!window.settled() && !patience.hasExpired()) {
        QApplication::processEvents(QEventLoop::AllEvents, 20);
        QThread::msleep(5);
    }
    const QDeadlineTimer quiet(kQuiet);
    while (!quiet.hasExpired()) QApplication::processEvents(QEventLoop::AllEvents, 20);
}

}  // namespace

bool saveScreenshots(MainWindow& window, Theme& theme, const QString& folder, QString& problem) {
    if (!QDir().mkpath(folder)) {
        problem = QObject::tr("the folder %1 cannot be created").arg(folder);
        return false;
    }
    window.show();
    for (ThemeChoice choice : {ThemeChoice::Dark, ThemeChoice::Light}) {
        theme.apply(choice);
        for (int i = 0; i < static_cast<int>(window.pages().size()); ++i) {
            window.showPage(i);
            settle(window);
            const QString file =
                QDir(folder).filePath(QStringLiteral("%1-%2.png")
                                          .arg(window.pages()[static_cast<std::size_t>(i)].first,
                                               QLatin1String(themeChoiceName(choice))));
            if (window.grab().save(file)) continue;
            problem = QObject::tr("%1 cannot be written").arg(file);
            return false;
        }
    }
    return true;
}

}  // namespace skd
