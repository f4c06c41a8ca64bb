#include "cluster/checkpoint_sender.h"

#include "base/log.h"

namespace skd {

namespace fs = std::filesystem;

CheckpointSender::CheckpointSender(const RunWorkspace& workspace, const StudyFolder& study,
                                   const StudyJob& job, double seconds)
    : m_workspace(workspace),
      m_run(job.run),
      m_sent(study.run(job.index)),
      m_interval(seconds),
      m_last(std::chrono::steady_clock::now()),
      m_thread([this](const std::stop_token& end) { work(end); }) {}

CheckpointSender::~CheckpointSender() {
    m_thread.request_stop();
    m_thread.join();
}

void CheckpointSender::offer() {
    const std::lock_guard lock(m_mutex);
    const auto now = std::chrono::steady_clock::now();
    if (m_waiting || m_sending || now - m_last < m_interval) return;
    m_last = now;
    const Status linked = linkTree(m_workspace.runFolder(m_run), m_workspace.scratch() / "offered");
    if (!linked) return log::warning(linked.error().message);
    m_waiting = true;
    m_offered.notify_all();
}

void CheckpointSender::work(const std::stop_token& end) {
    std::unique_lock lock(m_mutex);
    while (m_offered.wait(lock, end, [this] { return m_waiting; })) {
        m_waiting = false;
        m_sending = true;
        lock.unlock();
        if (const Status sent = send(m_workspace.scratch() / "offered"); !sent)
            log::warning("a checkpoint was not sent: " + sent.error().message);
        lock.lock();
        m_sending = false;
        m_offered.notify_all();
    }
}

Status CheckpointSender::sendNow() {
    {
        std::unique_lock lock(m_mutex);
        m_offered.wait(lock, [this] { return !m_waiting && !m_sending; });
    }
    return send(m_workspace.runFolder(m_run));
}

Status CheckpointSender::send(const fs::path& files) {
    const fs::path record = m_workspace.scratch() / "record.sqlite";
    // After the files: the record holds at least what they rest on.
    SKD_CHECK(m_workspace.exportRun(m_run, record, false));
    std::vector<CheckpointSource> sources = filesBelow(files, "files/");
    sources.push_back({"record.sqlite", record});
    SKD_TRY([[maybe_unused]] const std::int64_t number, m_sent.send(sources));
    return {};
}

}  // namespace skd
