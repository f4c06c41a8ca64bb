// The workbench window: options, theme, workspace, event loop.
#include <QApplication>
#include <QMessageBox>
#include <QScreen>
#include <QTimer>

#include "base/log.h"
#include "base/process_environment.h"
#include "bridge/background.h"
#include "study/demo_plan.h"
#include "style/format.h"
#include "style/preferences.h"
#include "style/translation.h"
#include "window/main_window.h"
#include "window/notice_bar.h"
#include "window/screenshots.h"
#include "window/startup.h"

namespace skd {
namespace {

/// Opens windows one after the other: a window may ask for another workspace in its place.
class Program : public QObject {
public:
    Program(Theme& theme, AppOptions options) : m_theme(theme), m_options(std::move(options)) {}

    Status open(const QString& path) {
        SKD_TRY(OpenedWorkspace opened, openWorkspace(path, m_options.readOnly));
        auto window = std::make_unique<MainWindow>(std::move(opened.workspace), m_theme);
        if (m_options.screenshots.isEmpty()) window->restoreLayout();
        if (m_options.theme) m_theme.apply(*m_options.theme);
        if (m_options.size) window->resize(*m_options.size);
        if (!opened.remark.isEmpty()) sayReadOnly(*window, opened.remark, path);
        QObject::connect(window.get(), &MainWindow::workspaceRequested, this,
                         [this](const QString& next) {
                             QTimer::singleShot(0, this, [this, next] {
                                 change(next);
                             });  // the window must not end inside its own signal
                         });
        m_window = std::move(window);
        return {};
    }

    /// Starts the demo, fitted to this machine, whose speed may have to be measured first.
    void demo() {
        MainWindow* window = m_window.get();
        window->showMessage(
            QApplication::translate("main", "Measuring the speed of this machine for the demo…"));
        inBackground(
            window, [] { return demoPlan(false); },
            [window](const Result<DemoPlan>& plan) {
                if (!plan) return window->showMessage(QString::fromStdString(plan.error().message));
                window->monitor().start(plan->spec);
                window->showMessage(QApplication::translate("main", "The demo takes about %1 here.")
                                        .arg(formatDuration(plan->seconds())));
            });
    }

    MainWindow& window() { return *m_window; }

private:
    /// Where the other one cannot be opened, the one that was open comes back.
    void change(const QString& path) {
        const QString before = QString::fromStdString(m_window->workspace().path().string());
        if (!m_window->close()) return;
        m_window.reset();
        if (const Status status = open(path); !status) {
            QMessageBox::critical(nullptr, QApplication::translate("main", "SparseKD Workbench"),
                                  QString::fromStdString(status.error().message));
            if (path == before || !open(before)) return QApplication::quit();
        }
        m_window->show();
    }

    static void sayReadOnly(MainWindow& window, const QString& why, const QString& path) {
        window.showMessage(why);
        window.notices().show(QStringLiteral("read-only"), why,
                              QApplication::translate("main", "Try again"),
                              [&window, path] { Q_EMIT window.workspaceRequested(path); });
    }

    Theme& m_theme;
    AppOptions m_options;
    std::unique_ptr<MainWindow> m_window;
};

int complain(const Error& error, bool headless) {
    log::error(error.message);
    if (!headless)
        QMessageBox::critical(nullptr, QApplication::translate("main", "SparseKD Workbench"),
                              QString::fromStdString(error.message));
    return 1;
}

int run(QApplication& application) {
    const AppOptions options = parseOptions(application);
    const bool headless = !options.screenshots.isEmpty();
    const Preferences preferences = Preferences::load();
    installTranslation(preferences.language);
    Theme theme(application);
    if (!headless) theme.setTextScale(preferences.textScale);
    theme.apply(options.theme.value_or(ThemeChoice::System));
    const Result<QString> path =
        options.workspace.isEmpty() ? defaultWorkspace() : Result<QString>(options.workspace);
    if (!path) return complain(path.error(), headless);
    Program program(theme, options);
    if (const Status status = program.open(*path); !status)
        return complain(status.error(), headless);
    if (headless) {
        program.window().resize(options.size.value_or(QSize(1440, 900)));
        const Status saved = saveScreenshots(program.window(), theme, options.screenshots);
        return saved ? 0 : complain(saved.error(), true);
    }
    if (const QScreen* screen = program.window().screen(); screen != nullptr && !options.size)
        program.window().resize(program.window().size().boundedTo(screen->availableSize()));
    program.window().show();
    if (!options.model.isEmpty()) program.window().openModel(options.model);
    if (options.demo) program.demo();
    return QApplication::exec();
}

}  // namespace
}  // namespace skd

int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    QApplication::setApplicationName(QStringLiteral("sparsekd-workbench"));
    QApplication::setOrganizationName(QStringLiteral("sparsekd"));
    QApplication::setApplicationVersion(skd::applicationVersion());
    QApplication application(argc, argv);
    return skd::run(application);
}
