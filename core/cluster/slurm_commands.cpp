#include "cluster/slurm_commands.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::int64_t kLeastMinutes = 10;

struct SlurmState {
    const char* name;
    JobPhase phase;
    JobEnd end;
    const char* text;
};
/// States of squeue(1), "JOB STATE CODES".
constexpr std::array kStates{
    SlurmState{"PENDING", JobPhase::Pending, JobEnd::Unknown, "waits"},
    SlurmState{"CONFIGURING", JobPhase::Pending, JobEnd::Unknown, "its node is being prepared"},
    SlurmState{"REQUEUED", JobPhase::Pending, JobEnd::Unknown, "waits again"},
    SlurmState{"REQUEUE_HOLD", JobPhase::Pending, JobEnd::Unknown, "held after it was requeued"},
    SlurmState{"REQUEUE_FED", JobPhase::Pending, JobEnd::Unknown, "waits again"},
    SlurmState{"RESV_DEL_HOLD", JobPhase::Pending, JobEnd::Unknown, "held"},
    SlurmState{"SPECIAL_EXIT", JobPhase::Pending, JobEnd::Unknown, "held after it was requeued"},
    SlurmState{"RUNNING", JobPhase::Running, JobEnd::Unknown, "runs"},
    SlurmState{"COMPLETING", JobPhase::Running, JobEnd::Unknown, "is ending"},
    SlurmState{"SUSPENDED", JobPhase::Running, JobEnd::Unknown, "suspended"},
    SlurmState{"STOPPED", JobPhase::Running, JobEnd::Unknown, "suspended"},
    SlurmState{"SIGNALING", JobPhase::Running, JobEnd::Unknown, "runs"},
    SlurmState{"RESIZING", JobPhase::Running, JobEnd::Unknown, "runs"},
    SlurmState{"STAGE_OUT", JobPhase::Running, JobEnd::Unknown, "is ending"},
    SlurmState{"COMPLETED", JobPhase::Ended, JobEnd::Unknown, "ended"},
    SlurmState{"FAILED", JobPhase::Ended, JobEnd::Crashed, "its process failed"},
    SlurmState{"CANCELLED", JobPhase::Ended, JobEnd::Cancelled, "cancelled"},
    SlurmState{"REVOKED", JobPhase::Ended, JobEnd::Cancelled, "revoked"},
    SlurmState{"TIMEOUT", JobPhase::Ended, JobEnd::TimedOut, "its time limit was over"},
    SlurmState{"DEADLINE", JobPhase::Ended, JobEnd::TimedOut, "its deadline was over"},
    SlurmState{"NODE_FAIL", JobPhase::Ended, JobEnd::NodeFailed, "its node failed"},
    SlurmState{"BOOT_FAIL", JobPhase::Ended, JobEnd::NodeFailed, "its node did not start"},
    SlurmState{"OUT_OF_MEMORY", JobPhase::Ended, JobEnd::OutOfMemory, "it needed more memory"},
    SlurmState{"PREEMPTED", JobPhase::Ended, JobEnd::Preempted, "another job took its place"}};

std::vector<std::string> fieldsOf(std::string_view line) {
    std::vector<std::string> fields(1);
    for (const char c : line)
        if (c == '|' && fields.size() < 4)
            fields.emplace_back();
        else
            fields.back() += c;
    return fields;
}

/// "0-2,5": runs of numbers that follow each other.
std::string arrayText(const std::vector<std::int64_t>& tasks) {
    std::string text;
    for (std::size_t i = 0; i < tasks.size();) {
        std::size_t last = i;
        while (last + 1 < tasks.size() && tasks[last + 1] == tasks[last] + 1) ++last;
        text += strCat(text.empty() ? "" : ",", tasks[i],
                       last > i ? strCat("-", tasks[last]) : std::string());
        i = last + 1;
    }
    return text;
}

}  // namespace

SlurmResources resourcesOf(const StudyJob& job, const SlurmOptions& options) {
    SlurmResources wanted{options.memoryMiB, options.minutes};
    // A quarter to spare, in steps: runs of about the same size make one array.
    if (wanted.memoryMiB == 0 && job.memoryBytes > 0)
        wanted.memoryMiB = ((job.memoryBytes + job.memoryBytes / 4) / (512 << 20) + 2) * 512;
    // Three times what is expected, for the estimate is one of magnitude.
    if (wanted.minutes == 0 && job.seconds > 0) {
        const double minutes = 3 * job.seconds / 60;
        wanted.minutes = kLeastMinutes;
        while (static_cast<double>(wanted.minutes) < minutes) wanted.minutes *= 2;
    }
    return wanted;
}

std::vector<std::string> sbatchArguments(const SlurmSubmission& submission,
                                         const SlurmOptions& options) {
    std::string logs = submission.logs.string();
    replaceAll(logs, "%", "%%");  // which sbatch replaces in names of files
    logs += submission.array.empty() ? "/%j.log" : "/%A_%a.log";
    std::vector<std::string> arguments{
        "sbatch",           "--parsable",         "--job-name=" + submission.name,
        "--output=" + logs, "--open-mode=append", "--requeue",
        "--ntasks=1"};
    const auto add = [&](const char* name, const auto& value, bool isGiven) {
        if (isGiven) arguments.push_back(strCat(name, value));
    };
    add("--account=", options.account, !options.account.empty());
    add("--partition=", options.partition, !options.partition.empty());
    add("--gres=", options.gres, !options.gres.empty());
    add("--cpus-per-task=", options.cpus, options.cpus > 0);
    add("--mem=", strCat(submission.resources.memoryMiB, "M"), submission.resources.memoryMiB > 0);
    add("--time=", submission.resources.minutes, submission.resources.minutes > 0);
    const std::string limit = options.atOnce > 0 ? strCat("%", options.atOnce) : "";
    add("--array=", arrayText(submission.array) + limit, !submission.array.empty());
    if (!submission.after.empty()) {
        arguments.push_back("--dependency=afterok:" + joined(submission.after, ":"));
        arguments.emplace_back("--kill-on-invalid-dep=yes");
    }
    arguments.push_back(submission.script.string());
    return arguments;
}

Result<std::string> submittedJob(const std::string& printed) {
    // "12", or "12;cluster"
    const std::string_view number = trimmed(std::string_view(printed).substr(0, printed.find(';')));
    if (parseNumber<std::int64_t>(number)) return std::string(number);
    return fail(ErrorCode::Io,
                strCat("sbatch answered \"", escapeLine(printed.substr(0, 200)),
                       "\" instead of a job's number; see whether sbatch is Slurm's here"));
}

Result<std::string> jobScript(const std::string& jobTemplate, const StudyFolder& study,
                              const SlurmOptions& options, std::int64_t index, bool isArray) {
    constexpr std::string_view kPlace = "{{worker}}";
    if (jobTemplate.find(kPlace) == std::string::npos)
        return fail(ErrorCode::InvalidInput,
                    "the job template lacks {{worker}}, which the command of the run replaces; "
                    "put a line \"exec {{worker}}\" at its end");
    std::string command = strCat(
        shellQuoted(workerProgram().string()), " study-worker ", shellQuoted(study.path().string()),
        " ", isArray ? strCat("\"$((", index, " + SLURM_ARRAY_TASK_ID))\"") : std::to_string(index),
        " --threads \"${SLURM_CPUS_PER_TASK:-1}\"");
    if (!options.scratch.empty()) command += " --scratch " + shellQuoted(options.scratch.string());
    std::string script = jobTemplate;
    replaceAll(script, kPlace, command);
    return script;
}

std::map<std::string, JobStatus> readQueue(const std::string& printed) {
    std::map<std::string, JobStatus> jobs;
    for (const std::string_view line : splitLines(printed)) {
        std::vector<std::string> fields = fieldsOf(line);
        if (fields.size() != 4) continue;
        // sacct: "CANCELLED by 1000"
        const std::string name = fields[1].substr(0, fields[1].find(' '));
        const auto state = std::find_if(kStates.begin(), kStates.end(),
                                        [&](const auto& known) { return name == known.name; });
        if (state == kStates.end()) continue;
        std::string note = state->text;
        if (state->phase == JobPhase::Pending && !fields[3].empty() && fields[3] != "None")
            note += strCat(" (", fields[3], ")");
        if (state->phase == JobPhase::Running && !fields[2].empty()) note += " on " + fields[2];
        jobs[fields[0]] = {state->phase, state->end, note};
    }
    return jobs;
}

}  // namespace skd
