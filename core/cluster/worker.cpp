#include "cluster/worker.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/overloaded.h"
#include "base/processes/child_process.h"
#include "base/processes/file_turn.h"
#include "base/text.h"
#include "cluster/checkpoint_sender.h"
#include "cluster/event_lines.h"
#include "run/session.h"

namespace skd {
namespace {

namespace fs = std::filesystem;

std::string environmentText(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

/// As squeue shows it: "12", or "12_3" of an array.
std::string queueJob() {
    const std::string array = environmentText("SLURM_ARRAY_JOB_ID");
    return array.empty() ? environmentText("SLURM_JOB_ID")
                         : strCat(array, "_", environmentText("SLURM_ARRAY_TASK_ID"));
}

/// Writes what a run says into its event file, offers checkpoints, and hears the run's end.
class WorkerSink final : public EventSink {
public:
    WorkerSink(EventFile file, CheckpointSender& sender, Session& session)
        : m_file(std::move(file)), m_sender(sender), m_session(session) {}

    void emit(Event event) override {
        const std::lock_guard lock(m_mutex);
        if (isTimely(event)) m_file.append(eventLine(event, nowMs()));
        std::visit(
            Overloaded{[this](const RunStarted&) {
                           if (m_stopping) m_session.stop();
                       },
                       [this](const CheckpointSaved&) { m_sender.offer(); },
                       [this](const StageFinished&) { m_sender.offer(); },
                       [this](const RunFinished& e) { end(endOf(e.outcome), e.reason); },
                       [this](const RunFailed& e) { end(AttemptEnd::Failed, e.error.message); },
                       [](const auto&) {}},
            event);
    }
    void stop() {
        {
            const std::lock_guard lock(m_mutex);
            m_stopping = true;
        }
        m_session.stop();
    }
    std::pair<AttemptEnd, std::string> wait() {
        std::unique_lock lock(m_mutex);
        m_arrived.wait(lock, [this] { return m_end.has_value(); });
        return *m_end;
    }

private:
    static AttemptEnd endOf(Outcome outcome) {
        return outcome == Outcome::Completed ? AttemptEnd::Completed : AttemptEnd::Stopped;
    }
    void end(AttemptEnd how, std::string reason) {
        m_end = {how, std::move(reason)};
        m_arrived.notify_all();
    }
    /// Progress is said once a second.
    bool isTimely(const Event& event) {
        const auto* progress = std::get_if<Progress>(&event);
        if (progress == nullptr) return true;
        const auto now = std::chrono::steady_clock::now();
        if (progress->done < progress->total && now - m_said < std::chrono::seconds(1))
            return false;
        m_said = now;
        return true;
    }

    std::mutex m_mutex;
    std::condition_variable m_arrived;
    EventFile m_file;
    CheckpointSender& m_sender;
    Session& m_session;
    bool m_stopping = false;
    std::chrono::steady_clock::time_point m_said{};
    std::optional<std::pair<AttemptEnd, std::string>> m_end;
};

/// One attempt at a run.
class Worker {
public:
    Worker(const WorkerOptions& options, StudyPlanFile plan, std::stop_token stop)
        : m_options(options),
          m_study(options.folder),
          m_plan(std::move(plan)),
          m_job(m_plan.jobs[static_cast<std::size_t>(options.index)]),
          m_stop(std::move(stop)),
          m_workspace(m_study,
                      workerFolder(options.scratch.empty() ? localScratch() : options.scratch,
                                   m_plan.key, options.index)) {}

    Result<ExitRecord> attempt() {
        SKD_CHECK(begin());
        auto ended = m_study.hasResult(m_job.index)
                         ? Result<std::pair<AttemptEnd, std::string>>(
                               {AttemptEnd::Completed, "complete already"})
                         : work();
        m_record.finishedMs = nowMs();
        if (ended) {
            std::tie(m_record.end, m_record.reason) = *ended;
        } else {
            m_record.end =
                ended.error().code == ErrorCode::NoSpace ? AttemptEnd::NoSpace : AttemptEnd::Failed;
            m_record.reason = ended.error().message;
        }
        std::error_code ignored;
        fs::remove(reserve(), ignored);  // room for the record where the folder is full
        SKD_CHECK(m_study.writeExit(m_job.index, m_record));
        return m_record;
    }

private:
    [[nodiscard]] fs::path reserve() const { return m_study.run(m_job.index) / "reserve"; }

    Status begin() {
        SKD_TRY(const std::optional<AttemptRecord> last, m_study.attempt(m_job.index));
        m_record.attempt = last ? last->number + 1 : 1;
        SKD_CHECK(
            m_study.writeAttempt(m_job.index, {m_record.attempt, hostName(), queueJob(),
                                               static_cast<std::int64_t>(::getpid()), nowMs()}));
        return writeFileAtomically(reserve(), std::string(1 << 16, ' '));
    }

    Result<std::pair<AttemptEnd, std::string>> work() {
        if (::chdir(m_plan.workingFolder.c_str()) != 0)
            log::warning(strCat("there is no folder ", m_plan.workingFolder,
                                " here: relative paths of the run's spec will not be found"));
        SKD_TRY(const std::int64_t checkpoint, m_workspace.prepare(m_plan, m_job));
        SKD_TRY(EventFile events, EventFile::open(m_study.events(m_job.index)));
        events.append(dumpJson({{"kind", "attempt"},
                                {"number", m_record.attempt},
                                {"host", hostName()},
                                {"job", queueJob()},
                                {"from_checkpoint", checkpoint},
                                {"ms", nowMs()}}));
        CheckpointSender sender(m_workspace, m_study, m_job, m_plan.checkpointSeconds);
        SKD_TRY(const auto ended, carryOut(std::move(events), sender));
        if (ended.first != AttemptEnd::Completed) {
            SKD_CHECK(whileFull([&] { return sender.sendNow(); }));
            if (ended.first == AttemptEnd::Failed)
                SKD_CHECK(whileFull([&] { return deliver(m_study.failure(m_job.index)); }));
            return ended;
        }
        SKD_CHECK(whileFull([&] { return deliverAll(); }));
        return ended;
    }

    Result<std::pair<AttemptEnd, std::string>> carryOut(EventFile events,
                                                        CheckpointSender& sender) {
        SKD_TRY(const std::unique_ptr<Session> session,
                makeSession({m_workspace.file(), "", m_options.threads, false}));
        const auto sink = std::make_shared<WorkerSink>(std::move(events), sender, *session);
        session->subscribe(sink);
        const std::stop_callback stopping(m_stop, [&] { sink->stop(); });
        SKD_CHECK(session->resumeRun(m_job.run));
        return sink->wait();
    }

    /// The archive is made on the local disk: no database is written on a shared one.
    Status deliver(const fs::path& to) const {
        const fs::path local = m_workspace.scratch() / "archive.sqlite";
        SKD_CHECK(m_workspace.exportRun(m_job.run, local, true));
        SKD_TRY(const MappedFile archive, MappedFile::open(local));
        return writeFileAtomically(to, archive.view());
    }

    /// The result, after the other files of a run that keeps them; then what served to continue it
    /// goes.
    Status deliverAll() {
        SKD_TRY(const RunSpec spec, m_study.spec(m_job.index));
        if (spec.keep == Keep::Checkpoints) {
            CheckpointFiles kept(m_study.run(m_job.index) / "kept");
            SKD_TRY([[maybe_unused]] const std::int64_t number,
                    kept.send(filesBelow(m_workspace.runFolder(m_job.run), "")));
        }
        SKD_CHECK(deliver(m_study.result(m_job.index)));
        CheckpointFiles(m_study.run(m_job.index)).clear();
        std::error_code ignored;
        fs::remove(m_study.failure(m_job.index), ignored);
        return {};
    }

    /// A full folder may be made room in: tries for ten minutes, or until it is to stop.
    template <class Send>
    Status whileFull(const Send& send) {
        for (int tries = 0;; ++tries) {
            Status sent = send();
            const bool isFull = !sent && sent.error().code == ErrorCode::NoSpace;
            if (!isFull || tries == 60 || m_stop.stop_requested()) return sent;
            log::warning("the study's folder is full; trying again: " + sent.error().message);
            for (int i = 0; i < 100 && !m_stop.stop_requested(); ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    }

    const WorkerOptions& m_options;
    StudyFolder m_study;
    StudyPlanFile m_plan;
    const StudyJob& m_job;
    std::stop_token m_stop;
    RunWorkspace m_workspace;
    ExitRecord m_record;
};

}  // namespace

fs::path localScratch() {
    for (const char* name : {"SPARSEKD_SCRATCH", "SLURM_TMPDIR", "TMPDIR"})
        if (const std::string folder = environmentText(name); !folder.empty()) return folder;
    return "/tmp";
}

fs::path workerFolder(const fs::path& scratch, const std::string& key, std::int64_t index) {
    return scratch / strCat("sparsekd-study-", key, "-", index);
}

Result<ExitRecord> workOnRun(const WorkerOptions& options, std::stop_token stop) {
    const StudyFolder study(options.folder);
    SKD_TRY(StudyPlanFile plan, study.plan());
    if (options.index < 0 || options.index >= static_cast<std::int64_t>(plan.jobs.size()))
        return fail(ErrorCode::InvalidInput,
                    strCat("the study has runs 0 to ", plan.jobs.size() - 1, ", and no run ",
                           options.index));
    // Before the workspace of the same name is touched.
    // A worker that is just ending, or whose machine is about to be given up, lets go of it soon.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    SKD_TRY(const std::optional<FileTurn> turn, FileTurn::take(study.turn(options.index), [&] {
                return stop.stop_requested() || std::chrono::steady_clock::now() > deadline;
            }));
    if (!turn)
        return fail(ErrorCode::Busy, strCat("run ", options.index, " of ", options.folder.string(),
                                            " has a worker already"));
    return Worker(options, std::move(plan), std::move(stop)).attempt();
}

}  // namespace skd
