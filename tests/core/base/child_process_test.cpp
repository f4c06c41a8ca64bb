#include "base/processes/child_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "base/files.h"
#include "base/processes/file_turn.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

ProcessEnd waitFor(pid_t child) {
    for (;;) {
        if (const auto end = endOf(child)) return *end;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

TEST(ChildProcess, ArgumentsReachTheProgramAsTheyAre) {
    const std::string hostile = "a b'c\"$(date);\n`x` ü";
    const auto output = captureProcess({"printf", "%s", hostile}, std::chrono::seconds(10));
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->out, hostile);
    EXPECT_EQ(output->exitCode, 0);
}

TEST(ChildProcess, QuotedTextIsOneWordOfAShell) {
    for (const std::string text : {"", "plain", "it's", "$HOME", "a\nb", "'", "\\", "--x"}) {
        const auto output = captureProcess({"sh", "-c", "printf %s " + shellQuoted(text)},
                                           std::chrono::seconds(10));
        ASSERT_TRUE(output);
        EXPECT_EQ(output->out, text);
    }
}

TEST(ChildProcess, SaysHowAProgramEnded) {
    const auto failed =
        captureProcess({"sh", "-c", "echo out; echo err >&2; exit 7"}, std::chrono::seconds(10));
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->exitCode, 7);
    EXPECT_EQ(failed->out, "out\n");
    EXPECT_EQ(failed->err, "err\n");
    const auto child = startProcess({{"sh", "-c", "kill -KILL $$"}, {}, {}});
    ASSERT_TRUE(child);
    const ProcessEnd end = waitFor(*child);
    EXPECT_TRUE(end.bySignal);
    EXPECT_EQ(end.exitCode, 128 + SIGKILL);
}

TEST(ChildProcess, WhatIsMissingOrTakesTooLongIsAnError) {
    const auto missing = captureProcess({"no-such-program-here"}, std::chrono::seconds(10));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
    const auto slow = captureProcess({"sleep", "60"}, std::chrono::seconds(1));
    ASSERT_FALSE(slow);
    EXPECT_NE(slow.error().message.find("1 s"), std::string::npos);
}

TEST(ChildProcess, ReplacesTheEnvironmentAndAppendsItsOutput) {
    const TemporaryFolder folder;
    for (int i = 0; i < 2; ++i) {
        const auto child =
            startProcess({{"sh", "-c", "echo $HOME"}, {"HOME=/somewhere"}, folder / "log"});
        ASSERT_TRUE(child);
        waitFor(*child);
    }
    EXPECT_EQ(*readFile(folder / "log"), "/somewhere\n/somewhere\n");
}

TEST(FileTurn, IsOneProcessesAtATime) {
    const TemporaryFolder folder;
    auto first = FileTurn::tryTake(folder / "lock");
    ASSERT_TRUE(first && *first);
    const auto second = FileTurn::tryTake(folder / "lock");
    ASSERT_TRUE(second);
    EXPECT_FALSE(*second);
    int looks = 0;
    const auto waited = FileTurn::take(folder / "lock", [&] { return ++looks > 2; });
    ASSERT_TRUE(waited);
    EXPECT_FALSE(*waited) << "it was cancelled";
    first->reset();
    EXPECT_TRUE(FileTurn::take(folder / "lock", [] { return false; })->has_value());
}

TEST(FileTurn, NobodyWaitsWhereNothingIsShared) {
    const TemporaryFolder folder;
    EXPECT_FALSE(turnToMake(folder / "teacher", "key", [] { return false; }));
    std::filesystem::create_directories(turnsBeside(folder / "teacher"));
    EXPECT_TRUE(turnToMake(folder / "teacher", "key", [] { return false; }));
}

}  // namespace
}  // namespace skd
