#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/fields.h"
#include "base/json.h"
#include "base/result.h"
#include "base/text.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"

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

/// 2 for what the user can mend in the input, else 1.
int exitCode(const Error& error);
/// One sentence on stderr (and {"error": ..} on stdout with --json); returns the exit code.
int report(const Error& error, bool json);
/// JSON on stdout, or `key: value` lines for display.
void print(const Json& value, bool json);
/// A command's result: its error, JSON, or what `readable` prints of it. Returns the exit code.
template <class Readable>
int answer(const Result<Json>& result, bool json, Readable readable) {
    if (!result) return report(result.error(), json);
    if (result->is_object() && result->value("cancelled", false)) return kCancelled;
    if (json)
        print(*result, true);
    else
        readable(*result);
    return kDone;
}
inline int answer(const Result<Json>& result, bool json) {
    return answer(result, json, [](const Json& value) { print(value, false); });
}
/// The same of a result that is missing where the command was cancelled.
template <class Readable>
int answer(const Result<std::optional<Json>>& result, bool json, Readable readable) {
    if (!result) return report(result.error(), json);
    return *result ? answer(Result<Json>(**result), json, readable) : kCancelled;
}
/// How tokens are drawn: --tokens, --temperature, --top-k, --top-p and --seed.
template <class Request>
void addSampling(CLI::App& command, Request& request) {
    command.add_option("--tokens", request.tokens, "longest answer")->check(CLI::Range(1, 1000000));
    command
        .add_option("--temperature", request.temperature, "0 always picks the most probable token")
        ->check(CLI::Range(0.0, 100.0));
    command.add_option("--top-k", request.topK, "only the most probable tokens; 0 allows all")
        ->check(CLI::NonNegativeNumber);
    command
        .add_option("--top-p", request.topP, "only the most probable tokens up to this probability")
        ->check(CLI::Range(0.0, 1.0));
    command.add_option("--seed", request.seed, "fixes the answers")->check(CLI::NonNegativeNumber);
}

}  // namespace skd::cli
