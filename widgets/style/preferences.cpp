#include "style/preferences.h"

#include <QSettings>
#include <algorithm>

namespace skd {

Preferences Preferences::load() {
    const QSettings settings;
    const Preferences usual;
    Preferences now;
    const double scale = settings.value("preferences/textScale", usual.textScale).toDouble();
    now.textScale = scale > 0 ? std::clamp(scale, 0.8, 2.0) : usual.textScale;
    now.threads = std::clamp(settings.value("preferences/threads", usual.threads).toInt(), 0, 1024);
    now.workspaceFolder = settings.value("preferences/workspaceFolder").toString();
    now.language = settings.value("preferences/language").toString();
    now.notifications = settings.value("preferences/notifications", usual.notifications).toBool();
    now.inhibitSleep = settings.value("preferences/inhibitSleep", usual.inhibitSleep).toBool();
    now.smoothing =
        std::clamp(settings.value("preferences/smoothing", usual.smoothing).toInt(), 0, 99);
    return now;
}

void Preferences::save() const {
    QSettings settings;
    settings.setValue("preferences/textScale", textScale);
    settings.setValue("preferences/threads", threads);
    settings.setValue("preferences/workspaceFolder", workspaceFolder);
    settings.setValue("preferences/language", language);
    settings.setValue("preferences/notifications", notifications);
    settings.setValue("preferences/inhibitSleep", inhibitSleep);
    settings.setValue("preferences/smoothing", smoothing);
}

}  // namespace skd
