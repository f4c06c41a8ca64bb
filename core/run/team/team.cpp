#include "run/team/team.h"

#include <cstdlib>
#include <thread>

#include "base/text.h"
#include "run/team/joint_stages.h"

namespace skd {
namespace {

/// Each process takes an accelerator of its own, before LibTorch looks for any.
void chooseDevice(const ProcessPlace& place) {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    const std::string own = visibleDevice(visible == nullptr ? "" : visible, place.localRank);
    ::setenv("CUDA_VISIBLE_DEVICES", own.c_str(), 1);
}

Status doCommand(Follower& follower, const std::string& what, const Json& command) {
    if (what == "train") return follower.train(command);
    if (what == "cache") return follower.cache(command);
    if (what == "score") return follower.score(command);
    return fail(ErrorCode::Unsupported,
                strCat("rank 0 asks for \"", what,
                       "\", which this program does not know; start the same version everywhere"));
}

}  // namespace

Result<std::shared_ptr<Team>> Team::fromEnvironment() {
    SKD_TRY(const std::optional<ProcessPlace> place, ProcessPlace::fromEnvironment());
    if (!place) return std::shared_ptr<Team>();
    chooseDevice(*place);
    SKD_TRY(auto devices, joinProcesses(*place));
    return std::make_shared<Team>(std::move(devices));
}

bool Team::leads() const {
    return m_devices->leads();
}

int Team::size() const {
    return m_devices->size();
}

std::int64_t Team::threads() {
    const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
    const char* local = std::getenv("LOCAL_WORLD_SIZE");
    const std::int64_t processes = local == nullptr ? 1 : std::atoi(local);
    return std::max<std::int64_t>(1, cores / std::max<std::int64_t>(1, processes));
}

Status Team::call(const Json& command) {
    m_isCalling = true;
    return m_devices->fromFirst(dumpJson(command)).map([](const std::string&) {});
}

void Team::end(const std::optional<Error>& error) {
    if (m_isCalling)
        m_devices->leave(error ? error->message : "it was stopped");
    else
        static_cast<void>(m_devices->fromFirst(dumpJson(Json{{"do", "end"}})));
}

Status Team::follow(const RunPaths& paths, std::stop_token stop) {
    Follower follower(*m_devices, paths, std::move(stop));
    while (true) {
        SKD_TRY(const std::string text, m_devices->fromFirst(""));
        SKD_TRY(const Json command, parseJson(text));
        const std::string what = valueOr(command, "do", "");
        if (what == "end") return {};
        const Status done = doCommand(follower, what, command);
        if (done) continue;
        m_devices->leave(done.error().message);
        return done;
    }
}

void Team::onLoss(std::function<void(const std::string&)> action) {
    m_devices->onLoss(std::move(action));
}

}  // namespace skd
