#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace skd {

/// A program to start. Its arguments reach it as they are: no shell reads them.
struct ProcessRequest {
    std::vector<std::string> arguments;    ///< the first one is the program: a path, or a name
    std::vector<std::string> environment;  ///< NAME=VALUE, beside or instead of this process's own
    std::filesystem::path output;          ///< gets stdout and stderr at its end; "" = /dev/null
};

/// Starts a program in a process group of its own, with no signal blocked; its pid. The caller
/// waits for it (endOf). NotFound where there is no such program.
Result<pid_t> startProcess(const ProcessRequest& request);

/// How a process ended.
struct ProcessEnd {
    int exitCode = 0;  ///< of its own; 128 + the signal's number where a signal ended it
    bool bySignal = false;
};
/// How a child has ended; nothing while it lives. A process that is no child has ended with 127.
std::optional<ProcessEnd> endOf(pid_t child);

/// What a program printed until it ended.
struct ProcessOutput {
    int exitCode = 0;
    std::string out, err;
};
/// Runs a program to its end; Io where it needs longer than `limit` (it is killed then).
Result<ProcessOutput> captureProcess(const std::vector<std::string>& arguments,
                                     std::chrono::seconds limit);

/// Of this machine; "" where it is not known.
std::string hostName();

/// `text` as one word of a POSIX shell, whatever it holds.
std::string shellQuoted(const std::string& text);

}  // namespace skd
