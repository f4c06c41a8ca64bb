#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "base/text.h"
#include "core/store/raw_database.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

/// What the child reports through the pipe: its run, and the steps below `acknowledged` that a
/// flush has confirmed.
struct Acknowledgement {
    std::int64_t run = 0, acknowledged = 0;
};

/// Writes metrics and events without end; returns only when something fails.
int writeForEver(const std::filesystem::path& file, int pipe) {
    auto writer = RunWriter::open(file);
    if (!writer) return 2;
    const auto run = (*writer)->createRun("child", Json::object(), "");
    if (!run || !(*writer)->markStarted(*run, Json::object())) return 3;
    for (std::int64_t step = 0;; ++step) {
        (*writer)->appendMetrics(
            *run, {{"kd.loss", step, static_cast<double>(step)}, {"kd.kl", step, 0.5}});
        if (step % 40 != 39) continue;
        if (!(*writer)->flush()) return 4;
        const Acknowledgement said{run->value(), step + 1};
        if (::write(pipe, &said, sizeof said) != sizeof said) return 5;
        if (!(*writer)->appendEvent(*run, "checkpoint", Json{{"step", step}})) return 6;
    }
}

/// Lets a child write, kills it `after` its first acknowledgement, and returns the last one.
Acknowledgement killedWhileWriting(const std::filesystem::path& file,
                                   std::chrono::microseconds after) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        ::_exit(writeForEver(file, ends[1]));
    }
    ::close(ends[1]);
    Acknowledgement last;
    EXPECT_EQ(::read(ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    std::this_thread::sleep_for(after);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "ended by itself with " << WEXITSTATUS(status);
    for (Acknowledgement next;
         ::read(ends[0], &next, sizeof next) == static_cast<ssize_t>(sizeof next);)
        last = next;
    ::close(ends[0]);
    return last;
}

TEST(StoreKill, NoAcknowledgedMetricIsLost) {
    const TemporaryFolder folder;
    const auto file = folder / "w";
    std::mt19937 random(20);
    for (int round = 0; round < 20; ++round) {
        const Acknowledgement last =
            killedWhileWriting(file, std::chrono::microseconds(random() % 40'000));
        ASSERT_GT(last.acknowledged, 0);
        {
            const auto writer = RunWriter::open(file);
            ASSERT_TRUE(writer) << writer.error().message;
        }
        EXPECT_EQ(RawDatabase{file}("PRAGMA integrity_check"), "ok");
        const auto store = std::move(*RunStore::open(file));
        const RunId run(last.run);
        EXPECT_EQ(store->details(run)->row.status, RunStatus::Interrupted);
        EXPECT_EQ(store->runs()->size(), static_cast<std::size_t>(round + 1));
        for (const char* name : {"kd.loss", "kd.kl"}) {
            const auto series = store->series(run, name);
            ASSERT_GE(series->steps.size(), static_cast<std::size_t>(last.acknowledged));
            for (std::size_t i = 0; i < series->steps.size(); ++i)
                ASSERT_EQ(series->steps[i], static_cast<double>(i)) << "a hole";
        }
    }
}

}  // namespace
}  // namespace skd
