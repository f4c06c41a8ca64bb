#include "cli/session_runner.h"

#include <csignal>

#include "base/files.h"
#include "run/team/team.h"

namespace skd::cli {
namespace {

using Work = std::function<Result<int>(const ShownSession&)>;

Result<int> inSessionWith(const SessionOptions& options, const Work& work, Interrupt& interrupt) {
    SKD_CHECK(createFolders(std::filesystem::absolute(options.workspace).parent_path()));
    std::signal(SIGPIPE, SIG_IGN);  // a run must not end because nobody reads its messages
    SKD_TRY(const std::unique_ptr<Session> session, makeSession(options));
    const auto sink = std::make_shared<ConsoleSink>();
    session->subscribe(sink);
    if (options.team)
        options.team->onLoss([&](const std::string& sentence) {
            log::error(strCat(sentence, "; the run is stopped"));
            session->stop();
        });
    auto code = work({*session, *sink, interrupt});
    interrupt.onRequest({});
    if (options.team) options.team->onLoss({});
    return code;
}

}  // namespace

Result<int> inSession(const std::string& workspace, const Work& work, QueueUse queue) {
    Interrupt interrupt;
    return inSessionWith({workspace, "", 0, queue == QueueUse::Take}, work, interrupt);
}

Result<int> inTeamSession(const std::string& workspace, const Work& work) {
    Interrupt interrupt;  // before the threads that the processes talk by
    SKD_TRY(const std::shared_ptr<Team> team, Team::fromEnvironment());
    if (!team) return inSessionWith({workspace, "", 0, false}, work, interrupt);
    if (!team->leads()) {
        std::signal(SIGPIPE, SIG_IGN);
        SKD_CHECK(team->follow(RunPaths::of(workspace), interrupt.token()));
        return kDone;
    }
    auto code = inSessionWith({workspace, "", Team::threads(), false, team}, work, interrupt);
    team->end(code ? std::nullopt : std::optional(code.error()));
    return code;
}

}  // namespace skd::cli
