#include "cluster/slurm_commands.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "support/temporary_folder.h"

namespace skd {
namespace {

using test::TemporaryFolder;

bool holds(const std::vector<std::string>& arguments, const std::string& one) {
    return std::find(arguments.begin(), arguments.end(), one) != arguments.end();
}

TEST(SlurmCommands, AskForWhatTheEstimateSaysAndTheUserWants) {
    StudyJob job;
    job.seconds = 3600;
    job.memoryBytes = std::int64_t{3} << 30;
    const SlurmResources estimated = resourcesOf(job, {});
    EXPECT_GE(estimated.memoryMiB, 3840) << "a quarter more than 3 GiB";
    EXPECT_GE(estimated.minutes, 180);
    EXPECT_EQ(resourcesOf({}, {}), SlurmResources()) << "nothing is known";
    SlurmOptions options;
    options.memoryMiB = 512;
    options.account = "group; rm -rf /";
    options.partition = "long";
    options.gres = "gpu:1";
    options.cpus = 4;
    options.atOnce = 8;
    const SlurmSubmission array{"sparsekd-k",        "/s/100%/logs",
                                "/s/job.sh",         resourcesOf(job, options),
                                {0, 1, 2, 7, 9, 10}, {}};
    const auto arguments = sbatchArguments(array, options);
    for (const char* one : {"--mem=512M", "--account=group; rm -rf /", "--partition=long",
                            "--gres=gpu:1", "--cpus-per-task=4", "--array=0-2,7,9-10%8",
                            "--output=/s/100%%/logs/%A_%a.log", "--requeue", "--parsable"})
        EXPECT_TRUE(holds(arguments, one)) << one;
    EXPECT_EQ(arguments.back(), "/s/job.sh");
}

TEST(SlurmCommands, DependOnWhatARunNeeds) {
    const auto arguments = sbatchArguments({"n", "/l", "/j", {}, {}, {"12_3", "14"}}, {});
    EXPECT_TRUE(holds(arguments, "--dependency=afterok:12_3:14"));
    EXPECT_TRUE(holds(arguments, "--kill-on-invalid-dep=yes"));
    EXPECT_TRUE(holds(arguments, "--output=/l/%j.log"));
}

TEST(SlurmCommands, ReadTheNumberOfAJob) {
    EXPECT_EQ(*submittedJob("123\n"), "123");
    EXPECT_EQ(*submittedJob("123;cluster\n"), "123");
    EXPECT_FALSE(submittedJob("Submitted batch job 123"));
    EXPECT_FALSE(submittedJob(""));
}

/// The script is carried out by a shell with another program in the worker's place.
TEST(SlurmCommands, EveryNameReachesTheWorkerThroughTheShell) {
    const TemporaryFolder folder;
    const std::string hostile = (folder / "it's $(touch bad) \"x\"").string();
    SlurmOptions options;
    options.scratch = "/node local/$USER";
    const auto script = jobScript("#!/bin/sh\nset -- {{worker}}\nshift\nprintf '%s\\n' \"$@\"\n",
                                  StudyFolder(hostile), options, 1000, true);
    ASSERT_TRUE(script) << script.error().message;
    ASSERT_TRUE(writeFileAtomically(folder / "job.sh", *script));
    const auto said = captureProcess({"env", "SLURM_ARRAY_TASK_ID=7", "SLURM_CPUS_PER_TASK=3", "sh",
                                      (folder / "job.sh").string()},
                                     std::chrono::seconds(10));
    ASSERT_TRUE(said);
    EXPECT_EQ(said->out,
              "study-worker\n" + hostile + "\n1007\n--threads\n3\n--scratch\n/node local/$USER\n");
    EXPECT_FALSE(jobScript("exec true", StudyFolder("/x"), {}, 0, false)) << "no {{worker}}";
}

TEST(SlurmCommands, EveryStateOfTheQueueHasAName) {
    const auto jobs = readQueue(
        "12_0|PENDING||Priority\n12_1|RUNNING|node3|None\n12_2|NODE_FAIL|node1|None\n"
        "12_3|CANCELLED|n|None\n12_4|TIMEOUT|n|None\n13|COMPLETED|n|None\n14|FAILED|n|NonZero\n"
        "15|OUT_OF_MEMORY|n|None\n16|PREEMPTED|n|None\nslurm_load_jobs error\n17|DANCING|n|None\n"
        "18|CANCELLED by 1000|n|None\n");
    EXPECT_EQ(jobs.size(), 10u);
    EXPECT_EQ(jobs.at("12_0").phase, JobPhase::Pending);
    EXPECT_EQ(jobs.at("12_0").note, "waits (Priority)");
    EXPECT_EQ(jobs.at("12_1").phase, JobPhase::Running);
    EXPECT_EQ(jobs.at("12_1").note, "runs on node3");
    EXPECT_EQ(jobs.at("12_2").end, JobEnd::NodeFailed);
    EXPECT_EQ(jobs.at("12_3").end, JobEnd::Cancelled);
    EXPECT_EQ(jobs.at("12_4").end, JobEnd::TimedOut);
    EXPECT_EQ(jobs.at("13").phase, JobPhase::Ended);
    EXPECT_EQ(jobs.at("14").end, JobEnd::Crashed);
    EXPECT_EQ(jobs.at("15").end, JobEnd::OutOfMemory);
    EXPECT_EQ(jobs.at("16").end, JobEnd::Preempted);
    EXPECT_EQ(jobs.at("18").end, JobEnd::Cancelled);
}

}  // namespace
}  // namespace skd
