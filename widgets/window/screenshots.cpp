#include "window/screenshots.h"

#include <QApplication>
#include <QDeadlineTimer>
#include <QDir>
#include <QPixmap>
#include <QThread>

#include "runs/runs_dock.h"
#include "window/main_window.h"
#include "window/presenter.h"

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

Status savePicture(MainWindow& window, const QString& folder, const QString& name,
                   ThemeChoice theme) {
    settle(window);
    const QString file = QDir(folder).filePath(
        QStringLiteral("%1-%2.png").arg(name, QLatin1String(themeChoiceName(theme))));
    if (window.grab().save(file)) return {};
    return fail(ErrorCode::Io, QObject::tr("%1 cannot be written").arg(file).toStdString());
}

/// The workspace's saved views, as a presentation shows them; no replay is waited for.
Status saveViews(MainWindow& window, const QString& folder, ThemeChoice theme) {
    Presenter& presenter = window.presenter();
    for (int i = 0; i < static_cast<int>(presenter.views().size()); ++i) {
        presenter.showView(i);
        window.replay().stop();
        SKD_CHECK(savePicture(window, folder, QStringLiteral("view-%1").arg(i + 1), theme));
    }
    return {};
}

}  // namespace

Status saveScreenshots(MainWindow& window, Theme& theme, const QString& folder) {
    if (!QDir().mkpath(folder))
        return fail(ErrorCode::Io,
                    QObject::tr("the folder %1 cannot be created").arg(folder).toStdString());
    window.show();
    settle(window);
    const RunId first = window.selection().current();
    for (ThemeChoice choice : {ThemeChoice::Dark, ThemeChoice::Light}) {
        theme.apply(choice);
        if (first != RunId{}) window.runs().selectRun(first);
        for (int i = 0; i < static_cast<int>(window.pages().size()); ++i) {
            window.showPage(i);
            SKD_CHECK(savePicture(window, folder, window.pages()[i].first, choice));
        }
    }
    for (ThemeChoice choice : {ThemeChoice::Light, ThemeChoice::Dark}) {
        theme.apply(choice);
        SKD_CHECK(saveViews(window, folder, choice));
    }
    return {};
}

}  // namespace skd
