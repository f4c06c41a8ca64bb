// Notifications and sleep inhibition against services on a bus of the test's own.
#include "bridge/desktop.h"

#include <unistd.h>
#include <QDBusConnection>
#include <QDBusUnixFileDescriptor>
#include <QProcess>
#include <QStandardPaths>

#include "widgets/support/gui_fixture.h"
#include "window/run_attention.h"

namespace skd::test {

class NotificationService : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.Notifications")
public:
    QStringList titles, texts;
    QList<uint> replaced;
public Q_SLOTS:
    uint Notify(const QString&, uint replaces, const QString&, const QString& title,
                const QString& text, const QStringList&, const QVariantMap&, int) {
        titles << title;
        texts << text;
        replaced << replaces;
        return 7;
    }
};

class ScreenSaverService : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.ScreenSaver")
public:
    QStringList reasons;
    QList<uint> released;
public Q_SLOTS:
    uint Inhibit(const QString&, const QString& reason) {
        reasons << reason;
        return 42;
    }
    void UnInhibit(uint cookie) { released << cookie; }
};

class LoginService : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.login1.Manager")
public:
    int reader = -1;
    QString what;
public Q_SLOTS:
    QDBusUnixFileDescriptor Inhibit(const QString& kinds, const QString&, const QString&,
                                    const QString&) {
        int ends[2];
        if (::pipe(ends) != 0) return {};
        reader = ends[0];
        what = kinds;
        QDBusUnixFileDescriptor descriptor(ends[1]);
        ::close(ends[1]);
        return descriptor;
    }
};

class PortalService : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
public Q_SLOTS:
    QDBusVariant Read(const QString&, const QString&) {
        return QDBusVariant(QVariant::fromValue(QDBusVariant(QVariant(1u))));
    }
Q_SIGNALS:
    void SettingChanged(const QString& group, const QString& name, const QDBusVariant& value);
};

namespace {

class DesktopTest : public testing::Test {
protected:
    void SetUp() override {
        if (QStandardPaths::findExecutable("dbus-daemon").isEmpty())
            FAIL() << "dbus-daemon is not installed; packaging/setup installs it";
        m_daemon.start("dbus-daemon", {"--session", "--nofork", "--print-address"});
        ASSERT_TRUE(m_daemon.waitForReadyRead(5000))
            << m_daemon.readAllStandardError().toStdString();
        m_address = QString::fromUtf8(m_daemon.readLine()).trimmed();
        m_services = bus("services");
        ASSERT_TRUE(m_services.isConnected());
    }
    void TearDown() override {
        for (const QString& name : m_names) QDBusConnection::disconnectFromBus(name);
        m_daemon.kill();
        m_daemon.waitForFinished();
    }
    QDBusConnection bus(const QString& name) {
        const QString unique = QStringLiteral("%1-%2").arg(name, m_address);
        m_names << unique;
        return QDBusConnection::connectToBus(m_address, unique);
    }
    void offer(const char* service, const char* path, QObject* object) {
        ASSERT_TRUE(m_services.registerObject(
            QLatin1String(path), object,
            QDBusConnection::ExportAllSlots | QDBusConnection::ExportAllSignals));
        ASSERT_TRUE(m_services.registerService(QLatin1String(service)));
    }
    QProcess m_daemon;
    QString m_address;
    QStringList m_names;
    QDBusConnection m_services{QStringLiteral("none")};
};

TEST_F(DesktopTest, ALaterNotificationTakesThePlaceOfTheEarlier) {
    NotificationService service;
    offer("org.freedesktop.Notifications", "/org/freedesktop/Notifications", &service);
    Desktop desktop(bus("session"), QDBusConnection("none"));
    desktop.notify("done", "perplexity 40");
    ASSERT_TRUE(waitFor([&] { return service.titles.size() == 1; }));
    EXPECT_EQ(service.texts.front(), "perplexity 40");
    QTest::qWait(50);
    desktop.notify("again", "");
    ASSERT_TRUE(waitFor([&] { return service.titles.size() == 2; }));
    EXPECT_EQ(service.replaced, (QList<uint>{0, 7}));
}

TEST_F(DesktopTest, TheMachineStaysAwakeByLoginsDescriptorUntilItIsClosed) {
    LoginService login;
    offer("org.freedesktop.login1", "/org/freedesktop/login1", &login);
    Desktop desktop(QDBusConnection("none"), bus("system"));
    desktop.stayAwake("a run");
    ASSERT_TRUE(waitFor([&] { return desktop.awake(); }));
    EXPECT_TRUE(login.what.contains("sleep"));
    desktop.allowSleep();
    EXPECT_FALSE(desktop.awake());
    char byte = 0;
    EXPECT_TRUE(
        waitFor([&] { return ::read(login.reader, &byte, 1) == 0; }));  // the last writer is gone
    ::close(login.reader);
}

TEST_F(DesktopTest, WithoutLoginTheScreenSaverIsAsked) {
    ScreenSaverService saver;
    offer("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", &saver);
    {
        Desktop desktop(bus("session"), QDBusConnection("none"));
        desktop.stayAwake("a run");
        ASSERT_TRUE(waitFor([&] { return desktop.awake(); }));
        EXPECT_EQ(saver.reasons, QStringList{"a run"});
    }
    EXPECT_TRUE(waitFor([&] { return saver.released == QList<uint>{42}; }));
}

TEST_F(DesktopTest, ARunThatEndsBeforeTheAnswerLeavesNothingInhibited) {
    ScreenSaverService saver;
    offer("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", &saver);
    Desktop desktop(bus("session"), QDBusConnection("none"));
    desktop.stayAwake("a run");
    desktop.allowSleep();
    QTest::qWait(200);
    EXPECT_FALSE(desktop.awake());
    EXPECT_EQ(saver.released.size(), saver.reasons.size());
}

TEST_F(DesktopTest, TheColourSchemeIsAskedForAndFollowed) {
    PortalService portal;
    offer("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", &portal);
    Desktop desktop(bus("session"), QDBusConnection("none"));
    std::vector<bool> said;
    QObject::connect(&desktop, &Desktop::darkPreferred, [&](bool dark) { said.push_back(dark); });
    desktop.followColorScheme();
    ASSERT_TRUE(waitFor([&] { return said.size() == 1; }));
    EXPECT_TRUE(said[0]);
    Q_EMIT portal.SettingChanged("org.freedesktop.appearance", "accent-color", QDBusVariant(2u));
    Q_EMIT portal.SettingChanged("org.freedesktop.appearance", "color-scheme", QDBusVariant(2u));
    ASSERT_TRUE(waitFor([&] { return said.size() == 2; }));
    EXPECT_FALSE(said[1]);
}

TEST(DesktopWithoutBus, SaysAndDoesNothing) {
    Desktop desktop(QDBusConnection("none"), QDBusConnection("none"));
    desktop.notify("a", "b");
    desktop.stayAwake("c");
    desktop.followColorScheme();
    EXPECT_FALSE(desktop.awake());
    desktop.allowSleep();
}

/// A run as the engine tells it, heard by a RunAttention whose desktop is on the test's bus.
class AttentionTest : public DesktopTest {
protected:
    void SetUp() override {
        DesktopTest::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        offer("org.freedesktop.Notifications", "/org/freedesktop/Notifications", &m_notifications);
        offer("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", &m_saver);
        m_workspace =
            std::make_unique<Workspace>(m_folder.filePath("none.sqlite").toStdString(), nullptr);
        m_desktop = std::make_unique<Desktop>(bus("session"), QDBusConnection("none"));
        m_attention = std::make_unique<RunAttention>(*m_workspace, *m_desktop);
        m_attention->setLongRun(0);
    }
    void say(const Event& event) { m_workspace->events().sink()->emit(event); }
    NotificationService m_notifications;
    ScreenSaverService m_saver;
    QTemporaryDir m_folder;
    std::unique_ptr<Workspace> m_workspace;
    std::unique_ptr<Desktop> m_desktop;
    std::unique_ptr<RunAttention> m_attention;
};

TEST_F(AttentionTest, AwakeDuringTheRunAndANotificationAtItsEnd) {
    say(RunStarted{RunId(3), "svd-15", Json::object(), false});
    ASSERT_TRUE(waitFor([&] { return m_desktop->awake(); }));
    RunSummary summary;
    summary.postKdPpl = 40.1234;
    say(RunFinished{RunId(3), Outcome::Completed, "plateau",
                    std::make_shared<RunSummary>(summary)});
    ASSERT_TRUE(waitFor([&] { return m_notifications.titles.size() == 1; }));
    EXPECT_EQ(m_notifications.titles[0], "svd-15 is complete");
    EXPECT_TRUE(m_notifications.texts[0].contains("40.1"))
        << m_notifications.texts[0].toStdString();
    EXPECT_FALSE(m_desktop->awake());
    say(RunStarted{RunId(4), "b", Json::object(), false});
    say(RunFailed{RunId(4), {ErrorCode::NoSpace, "the disk is full"}});
    ASSERT_TRUE(waitFor([&] { return m_notifications.titles.size() == 2; }));
    EXPECT_EQ(m_notifications.texts[1], "the disk is full");
}

TEST_F(AttentionTest, ShortRunsReplaysAndThoseWhoDoNotWantItAreLeftAlone) {
    m_attention->setReplayed(RunId(3));
    say(RunStarted{RunId(3), "replay", Json::object(), false});
    say(RunFinished{RunId(3), Outcome::Completed, "", {}});
    QTest::qWait(100);
    EXPECT_TRUE(m_saver.reasons.isEmpty());
    m_attention->setReplayed({});
    m_attention->setLongRun(3'600'000);
    say(RunStarted{RunId(5), "short", Json::object(), false});
    say(RunFinished{RunId(5), Outcome::Completed, "", {}});
    QTest::qWait(200);
    m_attention->setLongRun(0);
    Preferences quiet;
    quiet.notifications = quiet.inhibitSleep = false;
    m_attention->setPreferences(quiet);
    const auto asked = m_saver.reasons.size();
    say(RunStarted{RunId(6), "quiet", Json::object(), false});
    say(RunFinished{RunId(6), Outcome::Completed, "", {}});
    QTest::qWait(200);
    EXPECT_TRUE(m_notifications.titles.isEmpty());
    EXPECT_EQ(m_saver.reasons.size(), asked);
    EXPECT_EQ(asked, 1);  // of the short one
}

}  // namespace
}  // namespace skd::test

#include "desktop_test.moc"
