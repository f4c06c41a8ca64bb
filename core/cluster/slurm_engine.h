#pragma once

#include "cluster/slurm_commands.h"

namespace skd {

/// A study's runs as jobs of Slurm. Runs that need no other one and are given the same become an
/// array; others a job each, which depends on those they need. Its commands (sbatch, squeue,
/// scancel, scontrol, and sacct where it is configured) are found by PATH.
class SlurmEngine final : public StudyEngine {
public:
    /// `name` is that of all the study's jobs.
    SlurmEngine(StudyFolder study, std::string name, SlurmOptions options);

    Result<std::vector<std::string>> submit(const std::vector<JobRequest>& requests) override;
    Result<std::map<std::string, JobStatus>> poll(const std::vector<std::string>& jobs) override;
    Status cancel(const std::vector<std::string>& jobs) override;
    Result<std::size_t> cancelAll() override;
    [[nodiscard]] std::size_t room() override { return SIZE_MAX; }
    [[nodiscard]] bool isQueue() const override { return true; }

private:
    Result<std::map<std::string, JobStatus>> listed() const;
    Result<std::string> submitOne(SlurmSubmission submission, std::int64_t index);
    void addAccounts(std::map<std::string, JobStatus>& found, const std::vector<std::string>& jobs);
    void releaseHeld(const std::map<std::string, JobStatus>& found);

    StudyFolder m_study;
    std::string m_name;
    SlurmOptions m_options;
    bool m_hasAccounts = true;  ///< until sacct says otherwise
    std::int64_t m_scripts = 0;
};

}  // namespace skd
