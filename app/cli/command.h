#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "base/fields.h"
#include "base/json.h"
#include "base/result.h"
#include "base/text.h"
#include "run/run_paths.h"
#include "spec/model_ref.h"

namespace skd::cli {

// The stable contract of exit codes.
constexpr int kDone = 0, kFailed = 1, kWrongInput = 2, kCancelled = 130;

/// Carries out a command; returns its exit code.
using Action = std::function<int()>;
using CommandTable = std::map<const CLI::App*, Action>;

int runSelected(const CLI::App& app, const CommandTable& table);

/// Adds --json; the flag lives in the returned pointer.
std::shared_ptr<bool> addJsonFlag(CLI::App& command);

/// The value of an enum that `word` names; the error lists them all.
template <class E>
Status choose(const std::string& option, const std::string& word, E& target) {
    if (parseEnum(word, target)) return {};
    return fail(
        ErrorCode::InvalidInput,
        strCat(option, " \"", word, "\" is unknown; choose one of ", joined(enumNames<E>())));
}

/// The model of a command: which, how it is held, and the workspace that "run:N" is looked up in.
struct ModelArguments {
    ModelRef ref;
    std::string dtype = "auto", device = "auto", workspace;

    /// MODEL, --dtype, --device, --threads and --workspace; `name` is empty where a command takes
    /// several models, and adds them itself.
    void addTo(CLI::App& command, const std::string& name = "MODEL");
    Status resolve();
    [[nodiscard]] RunPaths runs() const { return RunPaths::of(workspace); }
};
/// What a command may be given as a model.
constexpr const char* kModelHelp =
    "folder, .gguf file, a name under .deps/models, or run:12, run:12@40 of the workspace";

/// 2 for what the person can mend in the input, else 1.
int exitCode(const Error& error);
/// One sentence on stderr (and {"error": ..} on stdout with --json); returns the exit code.
int report(const Error& error, bool json);
/// JSON on stdout, or `key: value` lines for people.
void print(const Json& value, bool json);

}  // namespace skd::cli
