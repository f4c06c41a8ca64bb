#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace skd {

/// How a program is asked to use an export.
struct ServeCommand {
    std::string program;  ///< "transformers", "vLLM", "llama.cpp"
    std::string command;  ///< for a shell; of transformers a few lines of Python
};

/// Commands that end or serve by themselves: none asks and waits for an answer. `record` is the
/// export's own (format, model), `folder` where it lies.
std::vector<ServeCommand> serveCommands(const Json& record, const std::string& folder);

/// A list of {"program", "command"}.
Json toJson(const std::vector<ServeCommand>& commands);

}  // namespace skd
