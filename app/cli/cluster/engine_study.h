#pragma once

#include "cli/command.h"
#include "spec/study_spec.h"
#include "study/study_runner.h"

namespace skd::cli {

/// Where a study's runs are carried out, when not one after another in this process.
struct EngineArguments {
    std::string engine;  ///< "" = in this process; "local", "local:4" or "slurm"
    std::string results, scratch, account, partition, gres, jobTemplate;
    std::int64_t cpus = 0, memory = 0, minutes = 0, atOnce = 0;
    double checkpointSeconds = 60;
    bool detach = false, cancel = false, status = false, resubmit = false;

    void addTo(CLI::App* command);
    /// InvalidInput for options that need --engine.
    [[nodiscard]] Status check() const;
};

/// What is said of a study that has ended or was stopped; the exit code.
using Conclusion = std::function<Result<int>(const StudyOutcome&)>;

/// Carries out a study by an engine, follows it, shows its state, or cancels it.
Result<int> studyOnEngine(const StudySpec& study, const std::string& workspace,
                          const EngineArguments& arguments, bool json, const Conclusion& conclude);

}  // namespace skd::cli
