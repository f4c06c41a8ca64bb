#include "bridge/desktop.h"

#include <fcntl.h>
#include <unistd.h>
#include <QDBusError>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusUnixFileDescriptor>
#include <QMetaType>
#include <QVariantMap>
#include <utility>

namespace skd {

namespace {

constexpr const char* kScreenSaver = "org.freedesktop.ScreenSaver";
constexpr const char* kAppearance = "org.freedesktop.appearance";
constexpr const char* kColorScheme = "color-scheme";

QDBusMessage call(const char* service, const char* path, const char* interface, const char* method,
                  const QVariantList& arguments) {
    QDBusMessage message =
        QDBusMessage::createMethodCall(QLatin1String(service), QLatin1String(path),
                                       QLatin1String(interface), QLatin1String(method));
    message.setArguments(arguments);
    return message;
}

/// The first value of a reply; invalid where there was none.
QVariant answerOf(const QDBusMessage& reply) {
    return reply.type() == QDBusMessage::ReplyMessage ? reply.arguments().value(0) : QVariant();
}

}  // namespace

Desktop::Desktop(QObject* parent)
    : Desktop(QDBusConnection::sessionBus(), QDBusConnection::systemBus(), parent) {}

Desktop::Desktop(QDBusConnection session, QDBusConnection system, QObject* parent)
    : QObject(parent), m_session(std::move(session)), m_system(std::move(system)) {}

Desktop::~Desktop() {
    allowSleep();
}

/// Never waits: a bus that hangs must not hold up the window.
void Desktop::send(const QDBusConnection& bus, const QDBusMessage& message,
                   std::function<void(const QDBusMessage&)> then) {
    if (!bus.isConnected())
        return then(QDBusMessage::createError(QDBusError::Disconnected, QString()));
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(message), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this,
            [then = std::move(then)](QDBusPendingCallWatcher* answered) {
                then(answered->reply());
                answered->deleteLater();
            });
}

void Desktop::notify(const QString& title, const QString& text) {
    const QVariantMap hints{
        {QStringLiteral("desktop-entry"), QStringLiteral("sparsekd-workbench")}};
    const char* const name = "org.freedesktop.Notifications";
    send(m_session,
         call(name, "/org/freedesktop/Notifications", name, "Notify",
              {tr("SparseKD Workbench"), m_notice, QStringLiteral("sparsekd-workbench"), title,
               text, QStringList(), hints, -1}),
         [this](const QDBusMessage& reply) {
             if (const QVariant id = answerOf(reply); id.isValid()) m_notice = id.toUInt();
         });
}

void Desktop::stayAwake(const QString& why) {
    if (std::exchange(m_wanted, true)) return;
    send(m_system,
         call("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager",
              "Inhibit",
              {QStringLiteral("sleep:idle"), tr("SparseKD Workbench"), why,
               QStringLiteral("block")}),
         [this, why](const QDBusMessage& reply) { takeLock(reply, why); });
}

void Desktop::takeLock(const QDBusMessage& reply, const QString& why) {
    if (const auto descriptor = answerOf(reply).value<QDBusUnixFileDescriptor>();
        descriptor.isValid()) {
        m_lock = ::fcntl(descriptor.fileDescriptor(), F_DUPFD_CLOEXEC, 0);
        if (!m_wanted) allowSleep();  // the run was over before the answer came
        return;
    }
    if (!m_wanted) return;
    send(m_session,
         call(kScreenSaver, "/org/freedesktop/ScreenSaver", kScreenSaver, "Inhibit",
              {tr("SparseKD Workbench"), why}),
         [this](const QDBusMessage& answer) {
             const QVariant cookie = answerOf(answer);
             if (!cookie.isValid()) return;
             m_cookie = cookie.toUInt();
             if (!m_wanted) allowSleep();
         });
}

void Desktop::followColorScheme() {
    const char *const service = "org.freedesktop.portal.Desktop",
                      *const path = "/org/freedesktop/portal/desktop",
                      *const interface = "org.freedesktop.portal.Settings";
    if (!m_session.isConnected()) return;
    qRegisterMetaType<QDBusVariant>();  // before it is known by name, a slot that takes one cannot
                                        // be connected
    m_session.connect(QLatin1String(service), QLatin1String(path), QLatin1String(interface),
                      QStringLiteral("SettingChanged"), this,
                      SLOT(onSetting(QString, QString, QDBusVariant)));
    send(m_session,
         call(service, path, interface, "Read",
              {QLatin1String(kAppearance), QLatin1String(kColorScheme)}),
         [this](const QDBusMessage& reply) {
             QVariant value = answerOf(reply);
             if (!value.isValid()) return;
             while (value.canConvert<QDBusVariant>())
                 value = value.value<QDBusVariant>().variant();  // Read wraps it twice
             onSetting(QLatin1String(kAppearance), QLatin1String(kColorScheme),
                       QDBusVariant(value));
         });
}

/// 0: no preference, 1: dark, 2: light (the portal's documentation).
void Desktop::onSetting(const QString& group, const QString& name, const QDBusVariant& value) {
    if (group != QLatin1String(kAppearance) || name != QLatin1String(kColorScheme)) return;
    if (const unsigned scheme = value.variant().toUInt(); scheme == 1 || scheme == 2)
        Q_EMIT darkPreferred(scheme == 1);
}

void Desktop::allowSleep() {
    m_wanted = false;
    if (m_lock >= 0) ::close(m_lock);
    m_lock = -1;
    if (m_cookie != 0) {
        m_session.send(call(kScreenSaver, "/org/freedesktop/ScreenSaver", kScreenSaver, "UnInhibit",
                            {m_cookie}));
    }
    m_cookie = 0;
}

}  // namespace skd
