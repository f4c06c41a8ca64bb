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

/// What `work` does in a session of its own on `workspace`, which is made where it is missing.
Result<int> inSession(const std::string& workspace,
                      const std::function<Result<int>(const ShownSession&)>& work);

}  // namespace skd::cli
