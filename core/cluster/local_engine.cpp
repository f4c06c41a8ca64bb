#include "cluster/local_engine.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <set>
#include <thread>
#include <utility>

#include "base/files.h"
#include "base/processes/child_process.h"
#include "base/resources.h"
#include "base/text.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

std::size_t cores() {
    return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

fs::path workerProgram() {
    return executableFolder() / "sparsekd";
}

std::vector<std::string> localDevices() {
    std::vector<std::string> devices;
    if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES"); visible != nullptr) {
        std::string name;
        for (const char c : std::string(visible) + ",") {
            if (c != ',') {
                name += c;
            } else if (!name.empty()) {
                devices.push_back(std::exchange(name, ""));
            }
        }
        return devices;
    }
    std::error_code ignored;
    for (int i = 0; fs::exists(strCat("/dev/nvidia", i), ignored); ++i)
        devices.push_back(std::to_string(i));
    return devices;
}

std::size_t localWorkers(const std::vector<std::string>& devices) {
    return devices.empty() ? std::max<std::size_t>(1, cores() / 4) : devices.size();
}

LocalEngine::LocalEngine(StudyFolder study, LocalOptions options)
    : m_study(std::move(study)), m_options(std::move(options)) {
    if (m_options.workers == 0) m_options.workers = localWorkers(m_options.devices);
}

LocalEngine::~LocalEngine() {
    for (auto& [name, child] : m_children) askToEnd(child);
    for (auto& [name, child] : m_children)
        while (child.lives) {
            look(child);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
}

/// Of a worker whose result has been taken nobody else asks whether it has ended.
std::size_t LocalEngine::room() {
    std::size_t living = 0;
    for (auto& [name, child] : m_children) {
        look(child);
        if (child.lives) ++living;
    }
    return m_options.workers - std::min(m_options.workers, living);
}

std::size_t LocalEngine::freeSlot() const {
    std::set<std::size_t> taken;
    for (const auto& [name, child] : m_children)
        if (child.lives) taken.insert(child.slot);
    std::size_t slot = 0;
    while (taken.contains(slot)) ++slot;
    return slot;
}

Result<std::string> LocalEngine::start(const StudyJob& job) {
    const std::size_t slot = freeSlot(),
                      share = std::max<std::size_t>(1, cores() / m_options.workers);
    ProcessRequest request;
    request.arguments = {workerProgram().string(),
                         "study-worker",
                         m_study.path().string(),
                         std::to_string(job.index),
                         "--threads",
                         std::to_string(share),
                         "--parent",
                         std::to_string(::getpid())};
    if (!m_options.scratch.empty()) {
        request.arguments.emplace_back("--scratch");
        request.arguments.push_back(m_options.scratch.string());
    }
    request.environment = {strCat("OMP_NUM_THREADS=", share)};
    if (!m_options.devices.empty())
        request.environment.push_back("CUDA_VISIBLE_DEVICES=" +
                                      m_options.devices[slot % m_options.devices.size()]);
    SKD_CHECK(createFolders(m_study.logs()));
    request.output = m_study.logs() / strCat(job.index, ".log");
    SKD_TRY(const pid_t pid, startProcess(request));
    std::string name = strCat("pid ", pid);
    m_children[name] = {pid, slot, true, {JobPhase::Running, JobEnd::Unknown, "on this machine"}};
    return name;
}

Result<std::vector<std::string>> LocalEngine::submit(const std::vector<JobRequest>& requests) {
    std::vector<std::string> names;
    for (const JobRequest& request : requests) {
        SKD_TRY(names.emplace_back(), start(*request.job));
    }
    return names;
}

void LocalEngine::askToEnd(Child& child) {
    if (child.lives && !std::exchange(child.isAsked, true)) ::kill(-child.pid, SIGTERM);
}

void LocalEngine::look(Child& child) {
    if (!child.lives) return;
    const std::optional<ProcessEnd> end = endOf(child.pid);
    if (!end) return;
    child.lives = false;
    child.status = {JobPhase::Ended, JobEnd::Crashed,
                    end->bySignal ? strCat("ended by signal ", end->exitCode - 128)
                                  : strCat("ended with exit code ", end->exitCode)};
}

Result<std::map<std::string, JobStatus>> LocalEngine::poll(const std::vector<std::string>& jobs) {
    std::map<std::string, JobStatus> found;
    for (const std::string& job : jobs) {
        const auto child = m_children.find(job);
        if (child == m_children.end()) {
            found[job] = {};  // of an earlier process, with which it ended
            continue;
        }
        look(child->second);
        found[job] = child->second.status;
    }
    return found;
}

Result<std::size_t> LocalEngine::cancelAll() {
    std::size_t living = 0;
    for (auto& [name, child] : m_children) {
        look(child);
        if (!child.lives) continue;
        askToEnd(child);
        ++living;
    }
    return living;
}

Status LocalEngine::cancel(const std::vector<std::string>& jobs) {
    for (const std::string& job : jobs)
        if (const auto child = m_children.find(job); child != m_children.end())
            askToEnd(child->second);
    return {};
}

}  // namespace skd
