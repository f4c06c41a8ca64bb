// What goes wrong while the real engine works: the window closed, the process killed, the disk
// full, the model gone.
#include <sys/resource.h>
#include <QDir>
#include <QProcess>
#include <csignal>
#include <cstdlib>

#include "run/session.h"
#include "store/run_store.h"
#include "support/small_corpus.h"
#include "window_test.h"

namespace skd::test {
namespace {

constexpr std::int64_t kCheckpoint = 5;

/// A run of a tiny model; the steps decide whether it ends while somebody watches.
RunSpec badDaySpec(const std::string& model, std::int64_t steps) {
    RunSpec spec;
    spec.name = "bad day";
    spec.model.path = model;
    spec.corpus.shares = smallShares();
    spec.corpus.sequenceLength = 64;
    spec.corpus.samples = 16;
    spec.prune.calibrationTokens = spec.prune.fisherTokens = 512;
    spec.prune.probeTokens = 128;
    spec.distill.steps = steps;
    spec.distill.batch = 4;
    spec.distill.evalEvery = kCheckpoint;
    spec.distill.checkpointEvery = kCheckpoint;
    spec.distill.stopOnPlateau = spec.distill.stopOnRise = false;
    spec.eval.maxTokens = 1024;
    spec.eval.liveTokens = 512;
    return spec;
}

class BadDay : public WindowTest {
protected:
    [[nodiscard]] RunSpec spec(std::int64_t steps) const {
        return badDaySpec(m_model.string(), steps);
    }
    [[nodiscard]] RunStatus statusOf(RunId run) {
        const int row = m_window->runs().model().indexOf(run);
        return row < 0 ? RunStatus::Queued : m_window->runs().model().row(row).status;
    }
    [[nodiscard]] std::vector<double> losses(RunId run) const {
        const auto store = RunStore::open(m_path.toStdString());
        const auto series =
            store ? (*store)->series(run, "kd.loss") : Result<Series>(fail(store.error()));
        return series ? series->values : std::vector<double>{};
    }
    /// Waits until at least `steps` are in the database.
    [[nodiscard]] bool waitForSteps(RunId run, std::size_t steps) {
        return QTest::qWaitFor([&] { return losses(run).size() >= steps; }, kLong);
    }
    [[nodiscard]] RunId start(std::int64_t steps) {
        m_window->monitor().start(spec(steps));
        EXPECT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
        return m_window->monitor().run();
    }
    [[nodiscard]] bool waitForEnd() {
        return waitFor([&] { return !m_window->monitor().running(); }, kLong);
    }
};

TEST_F(BadDay, ClosedDuringARunItGoesOnWhereItStoppedToTheSameResult) {
    open();
    const RunId whole = start(200);
    ASSERT_TRUE(waitForEnd()) << notice();
    const RunId run = start(200);
    ASSERT_TRUE(waitForSteps(run, 8));
    m_window->setCloseQuestion([] { return true; });
    m_window->close();
    ASSERT_TRUE(QTest::qWaitFor([&] { return !m_window->isVisible(); }, kLong))
        << "it closes by itself when the checkpoint is on disk";
    m_window.reset();
    open();
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().indexOf(run) >= 0; }));
    ASSERT_TRUE(statusOf(run) == RunStatus::Cancelled || statusOf(run) == RunStatus::Interrupted);
    m_window->workspace().resumeRun(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
    ASSERT_TRUE(waitForEnd()) << notice();
    EXPECT_TRUE(waitFor([&] { return statusOf(run) == RunStatus::Completed; }));
    ASSERT_EQ(losses(run).size(), 200u);
    EXPECT_EQ(losses(run), losses(whole)) << "bit for bit what an undisturbed run computes";
}

TEST_F(BadDay, KilledDuringARunNothingButTheLastStepsIsLost) {
    open();
    const QString workspace = m_path;
    const RunId whole = start(300);
    ASSERT_TRUE(waitForEnd()) << notice();
    m_window.reset();

    QProcess child;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("SPARSEKD_E2E_WORKSPACE", workspace);
    environment.insert("SPARSEKD_E2E_MODEL", QString::fromStdString(m_model.string()));
    child.setProcessEnvironment(environment);
    child.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    child.start(QCoreApplication::applicationFilePath(), {});
    ASSERT_TRUE(child.waitForStarted());
    const RunId run(whole.value() + 1);
    ASSERT_TRUE(waitForSteps(run, 2 * kCheckpoint + 2));
    ::kill(static_cast<pid_t>(child.processId()), SIGKILL);
    ASSERT_TRUE(child.waitForFinished());
    ASSERT_EQ(child.exitStatus(), QProcess::CrashExit);

    open();  // the dead process' lock is no obstacle
    ASSERT_TRUE(waitFor([&] { return statusOf(run) == RunStatus::Interrupted; })) << notice();
    EXPECT_GE(losses(run).size(), 2u * kCheckpoint);
    m_window->workspace().resumeRun(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
    ASSERT_TRUE(waitForEnd()) << notice();
    EXPECT_TRUE(waitFor([&] { return statusOf(run) == RunStatus::Completed; }));
    EXPECT_EQ(losses(run), losses(whole));
}

TEST_F(BadDay, ADiskThatIsFullDuringARunIsASentenceAndTheRunIsResumedWhenThereIsRoom) {
    open();
    const RunId run = start(300);
    ASSERT_TRUE(waitForSteps(run, kCheckpoint + 1));
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{4096, before.rlim_max};  // no file grows: what a full disk does, without one
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const bool told = QTest::qWaitFor([&] { return !m_window->notices().text().isEmpty(); }, kLong);
    const std::string said = notice();
    const bool ended = QTest::qWaitFor([&] { return !m_window->monitor().running(); }, kLong);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_TRUE(told);
    EXPECT_TRUE(said.find("full") != std::string::npos || said.find("space") != std::string::npos)
        << said;
    EXPECT_TRUE(ended);
    m_window->setCloseQuestion([] { return true; });
    m_window->close();
    m_window.reset();
    open();
    ASSERT_TRUE(waitFor([&] { return m_window->runs().model().indexOf(run) >= 0; })) << notice();
    EXPECT_GE(losses(run).size(), static_cast<std::size_t>(kCheckpoint));
    m_window->workspace().resumeRun(run);
    ASSERT_TRUE(waitFor([&] { return m_window->monitor().running(); }, kLong)) << notice();
    ASSERT_TRUE(waitForEnd()) << notice();
    EXPECT_TRUE(waitFor([&] { return statusOf(run) == RunStatus::Completed; }));
    EXPECT_EQ(losses(run).size(), 300u);
}

TEST_F(BadDay, AModelFolderDeletedWhileLoadedIsSaidAndCarvingGoesOn) {
    open();
    m_window->openModel(QString::fromStdString(m_model.string()));
    ASSERT_TRUE(
        waitFor([&] { return carve().preview().state() == PreviewRunner::State::Measured; }, kLong))
        << notice();
    ASSERT_TRUE(QDir(QString::fromStdString(m_model.string())).removeRecursively());
    m_window->findChild<HealthWatch*>()->look();
    ASSERT_TRUE(QTest::qWaitFor(
        [&] { return notice().find(m_model.string()) != std::string::npos; }, 5'000))
        << notice();
    const std::uint64_t tries = carve().preview().tries().size();
    carve().state().solve(RankPreset::Uniform, 0.5);
    EXPECT_TRUE(QTest::qWaitFor([&] { return carve().preview().tries().size() > tries; }, kLong))
        << "the model in memory is still measured";
    m_window->monitor().start(
        spec(20));  // a run reads the files again: it fails with a sentence, and the window stays
    EXPECT_TRUE(QTest::qWaitFor(
        [&] {
            return notice().find("tiny") != std::string::npos && !m_window->monitor().running();
        },
        kLong))
        << notice();
    EXPECT_TRUE(m_window->isVisible());
}

}  // namespace

int runUntilKilled() {
    qputenv("SPARSEKD_RESOURCES", SKD_SOURCE_DIR "/resources");
    Theme theme(*qApp);
    auto opened = openWorkspace(qEnvironmentVariable("SPARSEKD_E2E_WORKSPACE"), false);
    if (!opened || opened->workspace->readOnly()) return 2;
    MainWindow window(std::move(opened->workspace), theme);
    window.show();
    window.monitor().start(
        badDaySpec(qEnvironmentVariable("SPARSEKD_E2E_MODEL").toStdString(), 300));
    QTest::qWait(kLong);
    return 3;  // nobody killed it
}

}  // namespace skd::test
