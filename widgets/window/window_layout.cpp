#include "window/window_layout.h"

#include <QGuiApplication>
#include <QMainWindow>
#include <QSettings>
#include <algorithm>

#include "controls/build.h"
#include "runs/runs_dock.h"

namespace skd {

namespace {
constexpr int kSafeAfter = 2000;  ///< ms after which a layout that was put back counts as harmless
constexpr int kSaveDelay = 1500;  ///< ms after the last change of the layout
}  // namespace

WindowLayout::WindowLayout(QMainWindow& window, Theme& theme, Docks docks)
    : QObject(&window), m_window(window), m_theme(theme), m_docks(docks) {
    callAfter(m_later, kSaveDelay, this, &WindowLayout::saveWanted);
    connect(&theme, &Theme::changed, this, &WindowLayout::changed);
    for (QDockWidget* dock :
         {static_cast<QDockWidget*>(docks.runs), docks.queue, docks.log, docks.help}) {
        connect(dock, &QDockWidget::dockLocationChanged, this, &WindowLayout::changed);
        connect(dock, &QDockWidget::visibilityChanged, this, &WindowLayout::changed);
    }
}

bool WindowLayout::restore() {
    QSettings settings;
    m_keeps = true;
    m_theme.apply(themeChoiceFrom(settings.value("theme").toString()));
    m_docks.runs->setGrouping(static_cast<RunGrouping>(std::clamp(
        settings.value("runs/grouping").toInt(), 0, static_cast<int>(RunGrouping::Tag))));
    if (settings.value("layout/opening", false).toBool()) return false;
    settings.setValue("layout/opening", true);
    settings.sync();
    if (!restoreSaved()) restoreDefault();
    // Drawing it may fail as well: only a window that has stood for a while counts as got through.
    QTimer::singleShot(kSafeAfter, this, [] { QSettings().setValue("layout/opening", false); });
    return true;
}

/// False where what was saved is damaged, or lies on a screen that is gone.
bool WindowLayout::restoreSaved() {
    const QSettings settings;
    const QByteArray geometry = settings.value("layout/geometry").toByteArray(),
                     state = settings.value("layout/state").toByteArray();
    if (geometry.isEmpty() && state.isEmpty()) return true;
    const bool whole = m_window.restoreGeometry(geometry) && m_window.restoreState(state, kVersion);
    const bool onScreen = QGuiApplication::screenAt(m_window.frameGeometry().center()) != nullptr;
    if (!onScreen) m_window.resize(1440, 900), m_window.move(40, 40);
    return whole;
}

QString WindowLayout::savedPage() {
    return QSettings().value("layout/page").toString();
}

void WindowLayout::save(const QString& page) {
    if (!m_keeps) return;
    QSettings settings;
    settings.setValue("theme", QLatin1String(themeChoiceName(m_theme.choice())));
    settings.setValue("runs/grouping", static_cast<int>(m_docks.runs->tree().grouping()));
    settings.setValue("layout/geometry", m_window.saveGeometry());
    settings.setValue("layout/state", m_window.saveState(kVersion));
    settings.setValue("layout/opening", false);
    if (!page.isEmpty()) settings.setValue("layout/page", page);
}

void WindowLayout::restoreDefault() {
    const auto& [runs, queue, log, help] = m_docks;
    for (QDockWidget* dock : {static_cast<QDockWidget*>(runs), queue, log, help})
        dock->setFloating(false);
    m_window.addDockWidget(Qt::LeftDockWidgetArea, runs);
    for (QDockWidget* dock : {queue, log}) m_window.addDockWidget(Qt::BottomDockWidgetArea, dock);
    m_window.splitDockWidget(queue, log, Qt::Horizontal);
    runs->show();
    m_window.addDockWidget(Qt::RightDockWidgetArea, help);
    for (QDockWidget* dock : {queue, log, help}) dock->hide();
    m_window.resizeDocks({runs, help}, {238, 380}, Qt::Horizontal);
    m_window.resizeDocks({queue, log}, {190, 190}, Qt::Vertical);
}

}  // namespace skd
