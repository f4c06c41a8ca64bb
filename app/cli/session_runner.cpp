#include "cli/session_runner.h"

#include <csignal>

#include "base/files.h"

namespace skd::cli {

Result<int> inSession(const std::string& workspace,
                      const std::function<Result<int>(const ShownSession&)>& work, QueueUse queue) {
    SKD_CHECK(createFolders(std::filesystem::absolute(workspace).parent_path()));
    Interrupt interrupt;
    std::signal(SIGPIPE, SIG_IGN);  // a run must not end because nobody reads its messages
    SKD_TRY(const std::unique_ptr<Session> session,
            makeSession({workspace, "", 0, queue == QueueUse::Take}));
    const auto sink = std::make_shared<ConsoleSink>();
    session->subscribe(sink);
    auto code = work({*session, *sink, interrupt});
    interrupt.onRequest({});
    return code;
}

}  // namespace skd::cli
