#pragma once

#include "cli/console_sink.h"
#include "cli/interrupt.h"
#include "events/run_context.h"

namespace skd::cli {

/// What a call into the engine gets from the command line: progress on stderr, and a stop at the
/// signals of Interrupt. Make it before any other thread starts.
struct EngineCall {
    Interrupt interrupt;
    ConsoleSink console;
    RunContext context;

    explicit EngineCall(bool quiet = false) : console(quiet) {
        context.sink = &console;
        context.stop = interrupt.token();
    }
    EngineCall(const EngineCall&) = delete;
    EngineCall& operator=(const EngineCall&) = delete;
};

}  // namespace skd::cli
