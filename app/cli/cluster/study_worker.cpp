#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cluster/worker.h"

namespace skd::cli {
namespace {

/// Ends with a checkpoint when the process that started this one ends; false where it has already.
bool followParent(std::int64_t parent) {
    if (parent == 0) return true;
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    return ::getppid() == parent;
}

Result<int> work(const WorkerOptions& options, std::int64_t parent, bool json) {
    const Interrupt interrupt;
    std::signal(SIGPIPE, SIG_IGN);
    if (!followParent(parent))
        return fail(ErrorCode::Busy, "the process that started this worker has ended");
    SKD_TRY(const ExitRecord record, workOnRun(options, interrupt.token()));
    if (json)
        print(
            {{"attempt", record.attempt}, {"end", enumName(record.end)}, {"reason", record.reason}},
            true);
    else
        std::cout << "attempt " << record.attempt << ": " << enumName(record.end) << ", "
                  << escapeLine(record.reason) << "\n";
    if (record.end == AttemptEnd::Completed) return kDone;
    return record.end == AttemptEnd::Stopped ? kCancelled : kFailed;
}

}  // namespace

void addStudyWorker(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "study-worker", "carry out one run of a study's folder; the jobs of --engine call it");
    auto options = std::make_shared<WorkerOptions>();
    auto parent = std::make_shared<std::int64_t>(0);
    command->add_option("FOLDER", options->folder, "of the study, as its status shows it")
        ->required();
    command->add_option("INDEX", options->index, "of the run in the study's plan, from 0")
        ->required();
    command->add_option("--scratch", options->scratch,
                        "folder on a disk of this machine (default: $SPARSEKD_SCRATCH, "
                        "$SLURM_TMPDIR, $TMPDIR or /tmp)");
    addChecked(command, "--threads", options->threads, "CPU threads; 0 uses all cores", atLeast(0));
    addChecked(command, "--parent", *parent, "process with which the worker ends", atLeast(0))
        ->default_str("");
    table.add(command, [=](bool json) { return work(*options, *parent, json); });
}

}  // namespace skd::cli
