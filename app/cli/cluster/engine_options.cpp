#include "cli/cluster/engine_study.h"

namespace skd::cli {

void EngineArguments::addTo(CLI::App* command) {
    command->add_option("--engine", engine,
                        "local or local:4 (worker processes here), or slurm (jobs of a cluster); "
                        "default: one run after another in this process");
    command->add_option("--results", results,
                        "folder, of slurm on a file system that all nodes share, for what workers "
                        "send (default: beside the workspace)");
    command->add_option("--scratch", scratch,
                        "folder on a disk of its own machine where a worker works (default: "
                        "$SPARSEKD_SCRATCH, $SLURM_TMPDIR, $TMPDIR or /tmp)");
    addChecked(command, "--checkpoint-seconds", checkpointSeconds,
               "time between checkpoints that a worker sends", CLI::Range(0.0, 86400.0));
    command->add_option("--account", account, "slurm: account that pays for the jobs");
    command->add_option("--partition", partition, "slurm: partition of the jobs");
    command->add_option("--gres", gres, "slurm: devices of a job, such as gpu:1");
    addChecked(command, "--cpus", cpus, "slurm: cores of a job (0: the cluster's default)",
               atLeast(0));
    addChecked(command, "--memory", memory, "slurm: MiB of a job (0: from the estimate)",
               atLeast(0));
    addChecked(command, "--minutes", minutes, "slurm: time limit of a job (0: from the estimate)",
               atLeast(0));
    addChecked(command, "--at-once", atOnce, "slurm: jobs of an array at once (0: no limit)",
               atLeast(0));
    command->add_option("--job-template", jobTemplate,
                        "slurm: job script of your own, after resources/slurm/job.sh");
    command->add_flag("--detach", detach, "slurm: submit and end; the same command follows later");
    command->add_flag("--status", status, "show where each run is, and end");
    command->add_flag("--resubmit", resubmit,
                      "slurm: start runs that failed or were stopped again");
    command->add_flag("--cancel", cancel, "end all jobs of the study");
}

Status EngineArguments::check() const {
    if (!engine.empty()) return {};
    const std::pair<const char*, bool> given[] = {{"--results", !results.empty()},
                                                  {"--scratch", !scratch.empty()},
                                                  {"--account", !account.empty()},
                                                  {"--partition", !partition.empty()},
                                                  {"--gres", !gres.empty()},
                                                  {"--cpus", cpus > 0},
                                                  {"--memory", memory > 0},
                                                  {"--minutes", minutes > 0},
                                                  {"--at-once", atOnce > 0},
                                                  {"--job-template", !jobTemplate.empty()},
                                                  {"--detach", detach},
                                                  {"--status", status},
                                                  {"--resubmit", resubmit},
                                                  {"--cancel", cancel}};
    for (const auto& [name, isGiven] : given)
        if (isGiven)
            return fail(ErrorCode::InvalidInput,
                        strCat(name,
                               " has no effect without --engine; add --engine local or "
                               "--engine slurm"));
    return {};
}

}  // namespace skd::cli
