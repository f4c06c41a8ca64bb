#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cluster/run_workspace.h"

namespace skd {

/// Sends a run's checkpoints to the study's folder on a thread of its own, at most one every so
/// many seconds. What is sent is what lay in the run's folder when it was offered.
class CheckpointSender {
public:
    CheckpointSender(const RunWorkspace& workspace, const StudyFolder& study, const StudyJob& job,
                     double seconds);
    ~CheckpointSender();
    CheckpointSender(const CheckpointSender&) = delete;
    CheckpointSender& operator=(const CheckpointSender&) = delete;

    /// Called where the run has put something on disk, on the thread that does: quick. Passed over
    /// while the last one is being sent, or where that was a short time ago.
    void offer();
    /// Sends what there is now, when the run has ended, and waits for it.
    Status sendNow();

private:
    void work(const std::stop_token& end);
    Status send(const std::filesystem::path& files);

    const RunWorkspace& m_workspace;
    RunId m_run;
    CheckpointFiles m_sent;
    std::chrono::duration<double> m_interval;
    std::mutex m_mutex;
    std::condition_variable_any m_offered;
    bool m_waiting = false, m_sending = false;
    std::chrono::steady_clock::time_point m_last;
    std::jthread m_thread;  ///< last: stops before the rest goes
};

}  // namespace skd
