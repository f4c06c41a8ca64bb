#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "base/text.h"
#include "core/store/raw_database.h"
#include "spec/run_spec.h"
#include "store/migrations.h"
#include "store/run_store.h"
#include "store/run_writer.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::RawDatabase;
using test::TemporaryFolder;

/// A workspace with a writer and a reader.
class StoreRuns : public testing::Test {
protected:
    void SetUp() override {
        reopen();
        auto opened = RunStore::open(m_file);
        ASSERT_TRUE(opened) << opened.error().message;
        m_store = std::move(*opened);
    }
    void reopen() {
        m_writer.reset();
        auto opened = RunWriter::open(m_file);
        ASSERT_TRUE(opened) << opened.error().message;
        m_writer = std::move(*opened);
    }
    RunId create(const std::string& name) {
        return *m_writer->createRun(name, toJson(RunSpec()), "hash");
    }
    RunRow row(RunId run) { return m_store->details(run)->row; }

    TemporaryFolder m_folder;
    std::filesystem::path m_file = m_folder / "runs.skd";
    std::unique_ptr<RunWriter> m_writer;
    std::unique_ptr<RunStore> m_store;
};

TEST_F(StoreRuns, NewWorkspaceIsEmptyAndOurs) {
    EXPECT_TRUE(m_store->runs()->empty());
    RawDatabase raw(m_file);
    EXPECT_EQ(raw("PRAGMA application_id"), std::to_string(0x534B4457));
    EXPECT_EQ(raw("PRAGMA user_version"), std::to_string(schemaMigrations().back().version));
    EXPECT_EQ(raw("PRAGMA journal_mode"), "wal");
}

TEST_F(StoreRuns, RowsShowTheSpec) {
    RunSpec spec;
    spec.seed = 7;
    spec.model.path = "models/SmolLM2/";
    spec.prune.target = 0.35;
    const RunId first = *m_writer->createRun("é 🦙", toJson(spec), "abc");
    spec.prune.method = PruneMethod::None;
    const RunId second = *m_writer->createRun("b", toJson(spec), "def");
    const auto rows = m_store->runs();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2u);
    EXPECT_EQ((*rows)[0].id, second);
    EXPECT_EQ((*rows)[0].method, "dense");
    EXPECT_TRUE(std::isnan((*rows)[0].target));
    const RunRow& row = (*rows)[1];
    EXPECT_EQ(row.id, first);
    EXPECT_EQ(row.name, "é 🦙");
    EXPECT_EQ(row.model, "SmolLM2");
    EXPECT_EQ(row.method, "svd-fisher");
    EXPECT_EQ(row.seed, 7);
    EXPECT_EQ(row.target, 0.35);
    EXPECT_EQ(row.status, RunStatus::Queued);
    EXPECT_GT(row.createdMs, 1'600'000'000'000);
    EXPECT_EQ(row.startedMs, 0);
    EXPECT_TRUE(std::isnan(row.densePpl) && std::isnan(row.postKdPpl) &&
                std::isnan(row.mlpRemoved));
    const auto details = m_store->details(first);
    ASSERT_TRUE(details);
    EXPECT_EQ(details->specSha256, "abc");
    spec.prune.method = PruneMethod::Svd;
    EXPECT_EQ(parseRunSpec(details->spec), spec);
    EXPECT_EQ(details->environment, Json::object());
}

TEST_F(StoreRuns, TakesSpecsItCannotRead) {
    const RunId run = *m_writer->createRun("odd", Json{{"unknown", 1}}, "");
    EXPECT_EQ(row(run).method, "");
    EXPECT_EQ(m_store->details(run)->spec, (Json{{"unknown", 1}}));
}

TEST_F(StoreRuns, ReadersSeeThatTheOwnerOfARunIsGone) {
    const RunId run = create("a"), other = create("b");
    ASSERT_TRUE(m_writer->markStarted(run, Json::object()));
    EXPECT_EQ(row(run).status, RunStatus::Running);
    m_writer.reset();  // as a killed process: nobody says how the run ended
    EXPECT_EQ(row(run).status, RunStatus::Interrupted);
    EXPECT_EQ(row(other).status, RunStatus::Queued) << "it can still be started";
    EXPECT_EQ(m_store->runs()->back().status, RunStatus::Interrupted);
    RawDatabase raw(m_file);
    EXPECT_EQ(raw("SELECT status FROM runs WHERE id = 1"), "running") << "readers write nothing";
}

TEST_F(StoreRuns, AReaderDoesNotKeepTheOwnerOut) {
    const RunId run = create("a");
    ASSERT_TRUE(m_writer->markStarted(run, Json::object()));
    m_writer.reset();
    std::atomic<bool> end = false;
    std::thread reader([&] {
        const auto store = std::move(*RunStore::open(m_file));
        while (!end) EXPECT_TRUE(store->runs());
    });
    for (int i = 0; i < 20; ++i) {
        reopen();
        EXPECT_TRUE(m_writer->markStarted(run, Json::object()));
        m_writer.reset();
    }
    end = true;
    reader.join();
}

TEST_F(StoreRuns, StatusFollowsARun) {
    const RunId run = create("a");
    ASSERT_TRUE(m_writer->markStarted(run, Json{{"device", "cpu"}}));
    EXPECT_EQ(row(run).status, RunStatus::Running);
    EXPECT_GT(row(run).startedMs, 0);
    EXPECT_EQ(m_store->details(run)->environment["device"], "cpu");

    const double infinity = std::numeric_limits<double>::infinity();
    RunSummary summary;
    summary.densePpl = 35.97;
    summary.postPrunePpl = infinity;
    summary.mlpRemoved = 0.15;
    ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Completed, "plateau", summary));
    RunRow done = row(run);
    EXPECT_EQ(done.status, RunStatus::Completed);
    EXPECT_EQ(done.stopReason, "plateau");
    EXPECT_EQ(done.error, "");
    EXPECT_EQ(done.densePpl, 35.97);
    EXPECT_EQ(done.postPrunePpl, infinity);
    EXPECT_TRUE(std::isnan(done.postKdPpl));
    EXPECT_EQ(done.mlpRemoved, 0.15);
    EXPECT_GE(done.finishedMs, done.startedMs);
    EXPECT_EQ(m_store->details(run)->summary.densePpl, 35.97);

    ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Failed, "out of memory", {}));
    EXPECT_EQ(row(run).error, "out of memory");
    EXPECT_EQ(row(run).stopReason, "");
    EXPECT_EQ(row(run).densePpl, 35.97) << "a summary without figures leaves them alone";

    const auto begun = row(run).startedMs;
    ASSERT_TRUE(m_writer->markStarted(run, Json::object()));
    EXPECT_EQ(row(run).startedMs, begun) << "a resumed run keeps its first start";
    EXPECT_EQ(row(run).error, "");
    EXPECT_EQ(row(run).finishedMs, 0);
}

TEST_F(StoreRuns, RunningRowsShowPerplexitiesAlreadyMeasured) {
    const RunId run = create("a");
    m_writer->appendMetrics(run, {{"ppl.dense", 0, 36.0},
                                  {"ppl.post_prune", 0, 80.0},
                                  {"ppl.post_kd", 0, 50.0},
                                  {"ppl.post_kd", 9, 41.0}});
    ASSERT_TRUE(m_writer->flush());
    EXPECT_EQ(row(run).densePpl, 36.0);
    EXPECT_EQ(row(run).postPrunePpl, 80.0);
    EXPECT_EQ(row(run).postKdPpl, 41.0);
}

TEST_F(StoreRuns, WhatWasGoingOnIsInterruptedAfterwards) {
    const RunId running = create("a"), queued = create("b"), done = create("c");
    ASSERT_TRUE(m_writer->markStarted(running, Json::object()));
    ASSERT_TRUE(m_writer->markStatus(done, RunStatus::Completed, "", {}));
    reopen();
    EXPECT_EQ(row(running).status, RunStatus::Interrupted);
    EXPECT_EQ(row(running).stopReason, "the program ended during the run");
    EXPECT_GE(row(running).finishedMs, row(running).startedMs);
    EXPECT_EQ(row(queued).status, RunStatus::Queued) << "it goes on waiting";
    EXPECT_EQ(row(done).status, RunStatus::Completed);
}

TEST_F(StoreRuns, EditsAndDeletionCanBeUndone) {
    const RunId run = create("a");
    EXPECT_EQ(m_writer->apply(DeleteRun{run}).error().code, ErrorCode::Busy);
    ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Completed, "", {}));
    ASSERT_TRUE(m_writer->apply(RenameRun{run, "b; DROP TABLE runs"}));
    ASSERT_TRUE(m_writer->apply(SetNotes{run, "line 1\nline 2"}));
    EXPECT_EQ(row(run).name, "b; DROP TABLE runs");
    EXPECT_EQ(row(run).notes, "line 1\nline 2");
    ASSERT_TRUE(m_writer->apply(DeleteRun{run}));
    EXPECT_TRUE(m_store->runs()->empty());
    EXPECT_EQ(m_store->runs(true)->size(), 1u);
    EXPECT_TRUE(row(run).deleted);
    ASSERT_TRUE(m_writer->apply(RestoreRun{run}));
    EXPECT_EQ(m_store->runs()->size(), 1u);
}

TEST_F(StoreRuns, PurgeRemovesOnlyWhatWasDeleted) {
    const RunId kept = create("kept"), gone = create("gone");
    for (const RunId run : {kept, gone}) {
        m_writer->appendMetrics(run, {{"kd.loss", 0, 1.0}});
        ASSERT_TRUE(m_writer->saveRanks(run, {{"m", 16}}));
        ASSERT_TRUE(m_writer->appendEvent(run, "log", Json{{"text", "x"}}));
        ASSERT_TRUE(m_writer->markStatus(run, RunStatus::Completed, "", {}));
    }
    ASSERT_TRUE(m_writer->apply(DeleteRun{gone}));
    ASSERT_TRUE(m_writer->purge({kept, gone}));
    EXPECT_EQ(m_store->runs(true)->size(), 1u);
    EXPECT_EQ(m_store->details(gone).error().code, ErrorCode::NotFound);
    RawDatabase raw(m_file);
    for (const char* table : {"metrics", "ranks", "events"})
        EXPECT_EQ(raw(strCat("SELECT DISTINCT run_id FROM ", table)), std::to_string(kept.value()))
            << table;
    EXPECT_GT(create("new"), gone) << "numbers of purged runs are not given again";
}

TEST_F(StoreRuns, RanksAndEventsKeepTheirOrder) {
    const RunId run = create("a");
    ASSERT_TRUE(m_writer->saveRanks(run, {{"z", 16}, {"a", 0}}));
    ASSERT_TRUE(m_writer->saveRanks(run, {{"z", 32}, {"a", 0}, {"m", 8}}));
    const auto ranks = m_store->ranks(run);
    ASSERT_EQ(ranks->size(), 3u);
    EXPECT_EQ((*ranks)[0].matrix, "z");
    EXPECT_EQ((*ranks)[0].rank, 32);
    EXPECT_EQ((*ranks)[2].matrix, "m");
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(
            m_writer->appendEvent(run, "checkpoint", Json{{"step", i}, {"path", strCat("c", i)}}));
    const auto events = m_store->events(run);
    ASSERT_EQ(events->size(), 5u);
    EXPECT_EQ((*events)[3].kind, "checkpoint");
    EXPECT_EQ((*events)[3].data, (Json{{"step", 3}, {"path", "c3"}}));
    EXPECT_GT((*events)[3].timeMs, 0);
}

TEST_F(StoreRuns, TruncationCutsBehindAStep) {
    const RunId run = create("a"), other = create("b");
    for (std::int64_t step = 0; step < 10; ++step) {
        m_writer->appendMetrics(run, {{"kd.loss", step, 1.0}, {"kd.kl", step, 2.0}});
        m_writer->appendMetrics(other, {{"kd.loss", step, 1.0}});
        ASSERT_TRUE(m_writer->appendEvent(run, "checkpoint", Json{{"step", step}}));
    }
    ASSERT_TRUE(m_writer->appendEvent(run, "stage", Json{{"name", "distill"}}));
    ASSERT_TRUE(m_writer->truncateAfter(run, 4));
    EXPECT_EQ(m_store->series(run, "kd.loss")->steps, (std::vector<double>{0, 1, 2, 3, 4}));
    EXPECT_EQ(m_store->series(run, "kd.kl")->steps.size(), 5u);
    EXPECT_EQ(m_store->series(other, "kd.loss")->steps.size(), 10u);
    EXPECT_EQ(m_store->events(run)->size(), 6u) << "five checkpoints and the event without a step";
}

TEST_F(StoreRuns, UnknownRunsAreNamed) {
    const RunId none(99);
    const auto edited = [&](const WorkspaceEdit& edit) -> Status {
        return m_writer->apply(edit).map([](std::int64_t) {});
    };
    const std::vector<Status> results{m_writer->markStarted(none, {}),
                                      m_writer->markStatus(none, RunStatus::Failed, "", {}),
                                      m_writer->saveRanks(none, {}),
                                      m_writer->saveAnalysis(none, {}),
                                      m_writer->appendEvent(none, "log", {}),
                                      m_writer->truncateAfter(none, 0),
                                      edited(RenameRun{none, ""}),
                                      edited(SetNotes{none, ""}),
                                      edited(DeleteRun{none}),
                                      edited(RestoreRun{none})};
    for (const Status& result : results) {
        ASSERT_FALSE(result);
        EXPECT_EQ(result.error().code, ErrorCode::NotFound);
        EXPECT_NE(result.error().message.find("no run 99"), std::string::npos);
    }
    EXPECT_EQ(m_store->details(none).error().code, ErrorCode::NotFound);
    EXPECT_TRUE(m_store->series(none, "x")->steps.empty());
}

TEST_F(StoreRuns, SecondWriterIsToldWhoOwnsTheWorkspace) {
    const auto second = RunWriter::open(m_file);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Busy);
    EXPECT_NE(second.error().message.find(strCat("process ", ::getpid())), std::string::npos)
        << second.error().message;
    std::filesystem::create_symlink(m_file, m_folder / "link");
    EXPECT_EQ(RunWriter::open(m_folder / "link").error().code, ErrorCode::Busy);
}

TEST(WorkspaceLock, WritesIntoNoFileOfOthers) {
    const test::TemporaryFolder folder;
    const auto mine = folder.write("mine", "precious");
    const auto lock = folder / "w.sqlite.lock";
    const auto refused = [&] {
        const auto writer = RunWriter::open(folder / "w.sqlite");
        return !writer && writer.error().code == ErrorCode::InvalidInput &&
               writer.error().message.find("w.sqlite.lock") != std::string::npos;
    };
    std::filesystem::create_symlink(mine, lock);
    EXPECT_TRUE(refused()) << "a link";
    std::filesystem::remove(lock);
    std::filesystem::create_hard_link(mine, lock);
    EXPECT_TRUE(refused()) << "another name of a file";
    std::filesystem::remove(lock);
    ASSERT_EQ(::mkfifo(lock.c_str(), 0600), 0);
    EXPECT_TRUE(refused()) << "a pipe";
    std::filesystem::remove(lock);
    EXPECT_EQ(test::readBytes(mine), "precious");
    EXPECT_TRUE(RunWriter::open(folder / "w.sqlite"));
}

TEST_F(StoreRuns, LockOfADeadProcessIsNone) {
    m_writer.reset();
    const pid_t child = ::fork();
    if (child == 0) {
        auto held = RunWriter::open(m_file);
        if (held) ::kill(::getpid(), SIGKILL);
        ::_exit(1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    reopen();
    EXPECT_TRUE(m_writer);
}

TEST_F(StoreRuns, TenThousandRunsAreListedQuickly) {
    m_writer.reset();
    {
        RawDatabase raw(m_file);
        raw("BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
            "10000) "
            "INSERT INTO runs(name, model, method, status, seed, created_ms, spec, spec_sha256) "
            "SELECT 'run ' || i, 'm', 'svd', 'completed', i, i, '{}', '' FROM n; COMMIT");
    }
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(m_store->runs()->size(), 10'000u);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace skd
