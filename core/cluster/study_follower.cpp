#include "cluster/study_follower.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cluster/coordinator.h"

namespace skd {

struct StudyFollower::Implementation {
    enum class Wish { None, Stop, Resubmit };

    Implementation(Session& given, const FollowRequest& request)
        : session(given), name(request.study.name), isQueue(request.engine.isSlurm()) {}

    Status setUp(const FollowRequest& request) {
        RunWriter* writer = session.writer();
        if (writer == nullptr)
            return fail(ErrorCode::Unsupported, "this session writes no workspace");
        const StudySetup setup =
            setupFor(request.engine, {request.workspace, request.results, "", 60}, request.study);
        SKD_TRY(const StudyFolder folder, setUpStudy(setup, request.study, *writer));
        SKD_TRY(engine, makeStudyEngine(request.engine, folder, request.study));
        Coordinator::Places places{request.workspace, folder, {}, {}, {}};
        places.onChange = [this](const ClusterChange&) { isNews = true; };
        places.onTrouble = [this](const std::string& text) { troubleNow = text; };
        places.onEvent = [this](const Event& event) { session.relay(event); };
        SKD_TRY(coordinator, Coordinator::attach(std::move(places), *writer, *engine));
        if (!isQueue) coordinator->startAgain();
        publish();
        return {};
    }

    void work(const std::stop_token& end) {
        while (!end.stop_requested()) {
            carryOut(takeWish());
            step();
            std::unique_lock lock(mutex);
            changed.wait_for(lock, end, std::chrono::milliseconds(isQueue ? 2000 : 200),
                             [this] { return wish != Wish::None; });
        }
        if (isQueue) return;
        carryOut(Wish::Stop);
        while (!coordinator->isDone() && step())
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }

    Wish takeWish() {
        const std::lock_guard lock(mutex);
        return std::exchange(wish, Wish::None);
    }
    void ask(Wish wanted) {
        const std::lock_guard lock(mutex);
        wish = wanted;
        changed.notify_all();
    }
    void carryOut(Wish wanted) {
        if (wanted == Wish::Resubmit) coordinator->resubmit();
        if (wanted != Wish::Stop) return;
        if (const Status cancelled = coordinator->cancel(); !cancelled)
            troubleNow = cancelled.error().message;
    }
    bool step() {
        const Status stepped = coordinator->step();
        if (!stepped) troubleNow = stepped.error().message;
        publish();
        return stepped.has_value();
    }
    void publish() {
        {
            const std::lock_guard lock(mutex);
            shown.clear();
            const auto& jobs = coordinator->plan().jobs;
            for (std::size_t i = 0; i < jobs.size(); ++i)
                shown.push_back({jobs[i].run, jobs[i].name, coordinator->runs()[i]});
            troubleShown = troubleNow;
            done = coordinator->isDone();
        }
        if (std::exchange(isNews, false)) session.relay(session.queue());
    }

    Session& session;
    std::string name;
    bool isQueue;
    std::unique_ptr<StudyEngine> engine;
    std::unique_ptr<Coordinator> coordinator;
    bool isNews = true;  ///< these two on the thread alone
    std::string troubleNow;

    mutable std::mutex mutex;  ///< guards what follows
    std::condition_variable_any changed;
    Wish wish = Wish::None;
    std::vector<FollowedRun> shown;
    std::string troubleShown;
    bool done = false;

    std::jthread thread;  ///< last: stops before the rest goes
};

StudyFollower::StudyFollower(std::unique_ptr<Implementation> made) : m_made(std::move(made)) {}
StudyFollower::~StudyFollower() = default;

Result<std::unique_ptr<StudyFollower>> StudyFollower::start(Session& session,
                                                            const FollowRequest& request) {
    SKD_CHECK(request.engine.check());
    auto made = std::make_unique<Implementation>(session, request);
    SKD_CHECK(made->setUp(request));
    Implementation& follower = *made;
    made->thread = std::jthread([&follower](const std::stop_token& end) { follower.work(end); });
    return std::unique_ptr<StudyFollower>(new StudyFollower(std::move(made)));
}

const std::string& StudyFollower::study() const {
    return m_made->name;
}
std::vector<FollowedRun> StudyFollower::runs() const {
    const std::lock_guard lock(m_made->mutex);
    return m_made->shown;
}
std::string StudyFollower::trouble() const {
    const std::lock_guard lock(m_made->mutex);
    return m_made->troubleShown;
}
bool StudyFollower::isDone() const {
    const std::lock_guard lock(m_made->mutex);
    return m_made->done;
}
void StudyFollower::stop() {
    m_made->ask(Implementation::Wish::Stop);
}
void StudyFollower::resubmit() {
    m_made->ask(Implementation::Wish::Resubmit);
}

}  // namespace skd
