#include "cluster/coordinator.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "cluster/study_setup.h"
#include "exchange/run_archive.h"
#include "store/run_store.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;

/// A queue whose jobs end as the test says.
class ScriptedQueue final : public StudyEngine {
public:
    Result<std::vector<std::string>> submit(const std::vector<JobRequest>& requests) override {
        std::vector<std::string> names;
        for (const JobRequest& request : requests) {
            names.push_back("j" + std::to_string(++submitted));
            jobs[names.back()] = {JobPhase::Pending, JobEnd::Unknown, "waits"};
            jobOf[request.job->index] = names.back();
            after[request.job->index] = request.after;
        }
        return names;
    }
    Result<std::map<std::string, JobStatus>> poll(const std::vector<std::string>& asked) override {
        if (isDown) return fail(ErrorCode::Io, "squeue says: cannot contact the controller");
        std::map<std::string, JobStatus> found;
        for (const std::string& job : asked) found[job] = jobs[job];
        return found;
    }
    Status cancel(const std::vector<std::string>& asked) override {
        for (const std::string& job : asked)
            jobs[job] = {JobPhase::Ended, JobEnd::Cancelled, "cancelled"};
        return {};
    }
    Result<std::size_t> cancelAll() override {
        for (auto& [name, job] : jobs)
            if (job.phase < JobPhase::Ended)
                job = {JobPhase::Ended, JobEnd::Cancelled, "cancelled"};
        return std::size_t{0};
    }
    [[nodiscard]] std::size_t room() override { return SIZE_MAX; }
    [[nodiscard]] bool isQueue() const override { return true; }

    void end(std::int64_t index, JobEnd how) {
        jobs[jobOf[index]] = {JobPhase::Ended, how, "ended"};
    }

    std::map<std::string, JobStatus> jobs;
    std::map<std::int64_t, std::string> jobOf;
    std::map<std::int64_t, std::vector<std::string>> after;
    int submitted = 0;
    bool isDown = false;
};

class CoordinatorTest : public testing::Test {
protected:
    CoordinatorTest() {
        study = *parseStudySpec(*parseJson(R"({"name": "s", "seeds": [1], "variants": [
            {"name": "student", "overrides": {"teacher.path": "variant:teacher"}},
            {"name": "teacher"}, {"name": "other"}]})"));
        attach();
    }
    void attach() {
        coordinator.reset();
        owner.reset();
        owner = std::move(*RunWriter::open(workspace()));
        auto set = setUpStudy({workspace(), folder / "results", "", 60}, study, *owner);
        ASSERT_TRUE(set) << set.error().message;
        results = set->path();
        auto made = Coordinator::attach({workspace(), *set}, *owner, queue);
        ASSERT_TRUE(made) << made.error().message;
        coordinator = std::move(*made);
    }
    [[nodiscard]] fs::path workspace() const { return folder / "w.sqlite"; }
    void step(int times = 1) {
        for (int i = 0; i < times; ++i) {
            const Status stepped = coordinator->step();
            ASSERT_TRUE(stepped) << stepped.error().message;
        }
    }
    [[nodiscard]] RunState state(std::size_t index) const {
        return coordinator->runs()[index].state;
    }
    /// What a worker leaves of a run that ended with this perplexity.
    void deliver(std::int64_t index, double ppl) {
        const StudyFolder shared(results);
        const StudyJob& job = coordinator->plan().jobs[static_cast<std::size_t>(index)];
        const fs::path made = folder / "node.sqlite";
        {
            const auto writer = std::move(*RunWriter::open(made));
            const Json spec = toJson(*shared.spec(index));
            const auto run = writer->createRun(job.name, spec, sha256Hex(dumpJson(spec)),
                                               {StudyId(), job.variant}, job.run);
            ASSERT_TRUE(run);
            ASSERT_EQ(*run, job.run);
            RunSummary summary;
            summary.postKdPpl = ppl;
            ASSERT_TRUE(writer->markStarted(*run, Json::object()));
            writer->appendMetrics(*run, {{"kd.loss", 0, ppl, nowMs()}});
            ASSERT_TRUE(writer->markStatus(*run, RunStatus::Completed, "done", summary));
        }
        ASSERT_TRUE(writeArchive({made, {job.run}, shared.result(index), true, {}}));
        fs::remove(made);
        leave(index, AttemptEnd::Completed);
    }
    void leave(std::int64_t index, AttemptEnd end) {
        const StudyFolder shared(results);
        const auto last = shared.attempt(index);
        const std::int64_t number = last && *last ? (*last)->number + 1 : 1;
        ASSERT_TRUE(shared.writeAttempt(index, {number, "node1", "", 1, nowMs()}));
        ASSERT_TRUE(shared.writeExit(index, {number, end, "as it is", nowMs()}));
    }
    [[nodiscard]] RunDetails details(std::size_t index) const {
        const auto store = std::move(*RunStore::open(workspace()));
        return *store->details(coordinator->plan().jobs[index].run);
    }

    const TemporaryFolder folder;
    StudySpec study;
    ScriptedQueue queue;
    std::unique_ptr<RunWriter> owner;
    fs::path results;
    std::unique_ptr<Coordinator> coordinator;
};

TEST_F(CoordinatorTest, SubmitsEverythingWithItsNeedsAndTakesEachResultOnce) {
    step();
    EXPECT_EQ(queue.submitted, 2) << "teacher and other; the student needs the teacher's job";
    step();
    EXPECT_EQ(queue.submitted, 3);
    EXPECT_EQ(queue.after[1], std::vector<std::string>{queue.jobOf[0]});
    EXPECT_EQ(details(0).row.status, RunStatus::Interrupted) << "nobody starts it here";
    queue.jobs[queue.jobOf[0]].phase = JobPhase::Running;
    step();
    EXPECT_EQ(details(0).row.status, RunStatus::Running);
    for (std::int64_t i = 0; i < 3; ++i) deliver(i, 10.0 + static_cast<double>(i));
    step(2);
    EXPECT_TRUE(coordinator->isDone());
    attach();  // once more, from the study's folder
    step(2);
    EXPECT_EQ(queue.submitted, 3);
    const auto store = std::move(*RunStore::open(workspace()));
    EXPECT_EQ(store->runs()->size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(details(i).row.status, RunStatus::Completed);
        EXPECT_EQ(details(i).row.postKdPpl, 10.0 + static_cast<double>(i));
        EXPECT_EQ(store->metrics(coordinator->plan().jobs[i].run)->size(), 1u);
        EXPECT_TRUE(store->verify(coordinator->plan().jobs[i].run));
    }
}

TEST_F(CoordinatorTest, EveryEndWithoutAResultHasItsName) {
    step(2);
    const std::vector<std::pair<JobEnd, RunState>> ends{
        {JobEnd::NodeFailed, RunState::NodeFailed}, {JobEnd::Cancelled, RunState::Cancelled},
        {JobEnd::TimedOut, RunState::TimedOut},     {JobEnd::OutOfMemory, RunState::OutOfMemory},
        {JobEnd::Crashed, RunState::Crashed},       {JobEnd::Unknown, RunState::Lost}};
    for (const auto& [end, expected] : ends) {
        for (int again = 0; again < 8 && !hasEnded(state(2)); ++again) {
            queue.end(2, end);
            step(12);
        }
        EXPECT_EQ(state(2), expected) << static_cast<int>(end);
        EXPECT_EQ(coordinator->runs()[2].restarts, restartsAllowed(expected));
        coordinator->resubmit({2});
        step(2);
        EXPECT_FALSE(hasEnded(state(2)));
    }
    leave(2, AttemptEnd::NoSpace);
    queue.end(2, JobEnd::Crashed);
    step();
    EXPECT_EQ(state(2), RunState::ResultsFull);
}

TEST_F(CoordinatorTest, ACrashIsStartedAgainOnceAndMoreWhileItGetsOn) {
    step(2);
    queue.end(2, JobEnd::Crashed);
    step(12);
    EXPECT_EQ(queue.submitted, 4);
    for (std::int64_t i = 1; i <= 3; ++i) {
        const fs::path run = StudyFolder(results).run(2);
        fs::create_directories(run);
        ASSERT_TRUE(writeFileAtomically(run / ("checkpoint-" + std::to_string(i) + ".json"), "{}"));
        queue.end(2, JobEnd::Crashed);
        step(12);
        EXPECT_EQ(queue.submitted, 4 + i) << "it had made a checkpoint";
    }
    queue.end(2, JobEnd::Crashed);
    step(12);
    EXPECT_EQ(state(2), RunState::Crashed);
    EXPECT_EQ(queue.submitted, 7);
}

TEST_F(CoordinatorTest, AFailureBlocksOnlyWhatStartsFromIt) {
    step(2);
    leave(0, AttemptEnd::Failed);
    queue.end(0, JobEnd::Crashed);
    step(2);
    EXPECT_EQ(state(0), RunState::Failed);
    EXPECT_EQ(details(0).row.status, RunStatus::Failed);
    EXPECT_EQ(state(1), RunState::Blocked);
    EXPECT_EQ(queue.jobs[queue.jobOf[1]].end, JobEnd::Cancelled)
        << "its job does not wait for ever";
    EXPECT_EQ(state(2), RunState::Pending);
    coordinator->resubmit();
    step(2);
    EXPECT_EQ(queue.submitted, 5);
}

TEST_F(CoordinatorTest, AJobThatWentWithTheOneItDependsOnIsSubmittedAgain) {
    step(2);
    queue.end(0, JobEnd::Crashed);
    queue.end(1, JobEnd::Cancelled);
    step(14);
    EXPECT_EQ(queue.submitted, 5);
    EXPECT_EQ(state(1), RunState::Pending);
    EXPECT_EQ(queue.after[1], std::vector<std::string>{queue.jobOf[0]});
}

TEST_F(CoordinatorTest, AQueueThatDoesNotAnswerIsSaidAndChangesNothing) {
    step(2);
    queue.isDown = true;
    step(20);
    EXPECT_EQ(state(2), RunState::Pending);
    deliver(2, 12);
    step();
    EXPECT_EQ(state(2), RunState::Completed) << "its result is there";
    queue.isDown = false;
    step();
    EXPECT_EQ(queue.submitted, 3);
}

TEST_F(CoordinatorTest, ADamagedResultIsMadeAgain) {
    step(2);
    deliver(2, 12);
    std::string bytes = *readFile(StudyFolder(results).result(2));
    for (std::size_t i = bytes.size() / 2; i < bytes.size() / 2 + 4096; ++i) bytes[i] ^= 0x55;
    ASSERT_TRUE(writeFileAtomically(StudyFolder(results).result(2), bytes));
    step(2);
    EXPECT_EQ(state(2), RunState::Pending);
    EXPECT_EQ(queue.submitted, 4);
    deliver(2, 12);
    step();
    EXPECT_EQ(details(2).row.postKdPpl, 12);
}

TEST_F(CoordinatorTest, CancellingLeavesNoJob) {
    step(2);
    ASSERT_TRUE(coordinator->cancel());
    step(12);
    EXPECT_TRUE(coordinator->isDone());
    for (const auto& [name, job] : queue.jobs) EXPECT_EQ(job.phase, JobPhase::Ended);
    EXPECT_EQ(queue.submitted, 3);
}

TEST_F(CoordinatorTest, AFolderOfAnotherWorkspaceIsRefused) {
    const auto other = std::move(*RunWriter::open(folder / "other.sqlite"));
    const auto set =
        setUpStudy({folder / "other.sqlite", folder / "results", "", 60}, study, *other);
    ASSERT_FALSE(set);
    EXPECT_NE(set.error().message.find("another workspace"), std::string::npos);
}

TEST_F(CoordinatorTest, OneProcessFollowsAStudy) {
    const auto second = Coordinator::attach({workspace(), StudyFolder(results)}, *owner, queue);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Busy);
}

TEST_F(CoordinatorTest, WhatAUserAddedSurvivesTheResult) {
    step(2);
    ASSERT_TRUE(owner->apply(SetNotes{details(2).row.id, "mine"}));
    deliver(2, 12);
    step();
    EXPECT_EQ(details(2).row.notes, "mine");
    EXPECT_EQ(details(2).row.status, RunStatus::Completed);
}

}  // namespace
}  // namespace skd
