#pragma once

#include "cli/command.h"
#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "run/session.h"

namespace skd::cli {

/// A session of a workspace that is shown on stderr; `interrupt` says what Ctrl+C does.
struct ShownSession {
    Session& session;
    ConsoleSink& console;
    Interrupt& interrupt;
};

/// What becomes of runs that an earlier session left waiting.
enum class QueueUse { Leave, Take };

/// What `work` does in a session of its own on `workspace`, which is made where it is missing.
Result<int> inSession(const std::string& workspace,
                      const std::function<Result<int>(const ShownSession&)>& work,
                      QueueUse queue = QueueUse::Leave);

/// The same for a run, with the processes that torchrun's environment names: rank 0 does `work`,
/// the others what it asks of them, and nothing is heard of them but an error.
Result<int> inTeamSession(const std::string& workspace,
                          const std::function<Result<int>(const ShownSession&)>& work);

}  // namespace skd::cli
