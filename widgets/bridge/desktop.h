#pragma once

#include <QDBusConnection>
#include <QDBusVariant>
#include <QObject>
#include <QString>
#include <functional>

class QDBusMessage;

namespace skd {

/// What the desktop does for the program over D-Bus: notifications, and staying awake. Where there
/// is no such service, nothing happens and nothing is said.
class Desktop : public QObject {
    Q_OBJECT
public:
    explicit Desktop(QObject* parent = nullptr);
    Desktop(QDBusConnection session, QDBusConnection system, QObject* parent = nullptr);
    ~Desktop() override;  ///< lets the machine sleep again

    /// org.freedesktop.Notifications; a later one of ours takes an earlier one's place.
    void notify(const QString& title, const QString& text);
    /// Keeps the machine from sleeping: org.freedesktop.login1 (a file descriptor that is held),
    /// else org.freedesktop.ScreenSaver (a cookie).
    void stayAwake(const QString& why);
    void allowSleep();
    [[nodiscard]] bool awake() const { return m_lock >= 0 || m_cookie != 0; }
    /// Asks the desktop's portal for its colour scheme, and listens for changes.
    void followColorScheme();

Q_SIGNALS:
    void darkPreferred(bool dark);

private Q_SLOTS:
    void onSetting(const QString& group, const QString& name, const QDBusVariant& value);

private:
    void send(const QDBusConnection& bus, const QDBusMessage& message,
              std::function<void(const QDBusMessage&)> then);
    void takeLock(const QDBusMessage& reply, const QString& why);
    QDBusConnection m_session, m_system;
    bool m_wanted = false;
    int m_lock = -1;        ///< login1's descriptor; closing it lets go
    unsigned m_cookie = 0;  ///< the screen saver's
    unsigned m_notice = 0;  ///< id of the last notification
};

}  // namespace skd
