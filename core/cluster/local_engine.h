#pragma once

#include <sys/types.h>

#include "cluster/study_engine.h"

namespace skd {

struct LocalOptions {
    std::size_t workers = 0;           ///< at once; 0 = localWorkers()
    std::filesystem::path scratch;     ///< "" = localScratch()
    std::vector<std::string> devices;  ///< CUDA devices, of which each worker gets one
};

/// CUDA devices of this machine: $CUDA_VISIBLE_DEVICES, else /dev/nvidia0 and so on.
std::vector<std::string> localDevices();
/// One worker per device, or without any one per four cores.
std::size_t localWorkers(const std::vector<std::string>& devices);

/// Worker processes on this machine, each with its share of the cores, or a device. They end with
/// this one.
class LocalEngine final : public StudyEngine {
public:
    LocalEngine(StudyFolder study, LocalOptions options);
    /// Asks what runs to end, and waits for it.
    ~LocalEngine() override;

    Result<std::vector<std::string>> submit(const std::vector<JobRequest>& requests) override;
    Result<std::map<std::string, JobStatus>> poll(const std::vector<std::string>& jobs) override;
    Status cancel(const std::vector<std::string>& jobs) override;
    Result<std::size_t> cancelAll() override;
    [[nodiscard]] std::size_t room() override;
    [[nodiscard]] bool isQueue() const override { return false; }

private:
    struct Child {
        pid_t pid = 0;
        std::size_t slot = 0;
        bool lives = true;
        JobStatus status;
        bool isAsked = false;  ///< to end
    };
    Result<std::string> start(const StudyJob& job);
    [[nodiscard]] std::size_t freeSlot() const;
    void look(Child& child);
    /// Once: a second signal would end a worker in the middle of what it writes.
    static void askToEnd(Child& child);

    StudyFolder m_study;
    LocalOptions m_options;
    std::map<std::string, Child> m_children;
};

}  // namespace skd
