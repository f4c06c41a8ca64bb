#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/json.h"
#include "base/text.h"
#include "spec/model_ref.h"
#include "store/run_paths.h"

namespace skd::cli {

// The stable contract of exit codes.
constexpr int kDone = 0, kFailed = 1, kWrongInput = 2, kCancelled = 130;

/// Carries out a command, with --json or without; its exit code, or why it failed.
using Action = std::function<Result<int>(bool json)>;

/// What each command does.
class CommandTable {
public:
    /// Gives a command, whose other options are declared, --json and its action.
    void add(CLI::App* command, Action action);
    /// Carries out the command that was parsed; returns the exit code.
    [[nodiscard]] int runSelected(const CLI::App& app) const;

private:
    struct Entry {
        Action action;
        bool json = false;
    };
    std::map<const CLI::App*, Entry> m_entries;
};

/// Adds an option whose value must pass `check`.
template <class Target>
CLI::Option* addChecked(CLI::App* command, const char* name, Target& target,
                        const std::string& help, const CLI::Validator& check) {
    return command->add_option(name, target, help)->check(check);
}
/// A whole number of `least` (0 or 1) or more.
CLI::Validator atLeast(std::int64_t least);
/// Default workspace of the command line: in the user's data folder.
std::string defaultWorkspace();
/// Adds --workspace, of commands that show or change what it keeps.
void addWorkspace(CLI::App* command, std::string& workspace);

/// The value of an enum that `word` names; the error lists them all.
template <class E>
Status choose(const std::string& option, const std::string& word, E& target) {
    if (parseEnum(word, target)) return {};
    return fail(
        ErrorCode::InvalidInput,
        strCat(option, " \"", word, "\" is unknown; choose one of ", joined(enumNames<E>())));
}

/// The fraction that --removed gives as a percentage; InvalidInput for what is none.
Result<double> percentRemoved(const std::string& text);
/// The number of tokens that an option of this name gives: "150k", "1m", "1.5m" or "150000"; `what`
/// says of which kind. InvalidInput for what is none.
Result<std::int64_t> tokenNumber(const std::string& option, const std::string& text,
                                 const std::string& what = "tokens");

/// The model of a command: which, how it is held, and the workspace that "run:N" is looked up in.
struct ModelArguments {
    ModelRef ref;
    std::string dtype = "auto", device = "auto", workspace = defaultWorkspace();

    /// MODEL, --dtype, --device, --threads and --workspace; `name` is empty where a command takes
    /// several models, and adds them itself.
    void addTo(CLI::App& command, const std::string& name = "MODEL");
    Status resolve();
    [[nodiscard]] RunPaths runs() const { return RunPaths::of(workspace); }
};
/// What a command may be given as a model.
constexpr const char* kModelHelp =
    "folder, .gguf file, a name under .deps/models, or run:12, run:12@40 of the workspace, of an "
    "elastic run also run:12@42%";

/// JSON on stdout, or `key: value` lines for display.
void print(const Json& value, bool json);
/// {"error": {"code", "message"}} on stdout: what --json says of a failure.
void printError(const Error& error);
/// A command's result: its error, JSON, or what `readable` prints of it; the exit code.
template <class Readable>
Result<int> answer(const Result<Json>& result, bool json, Readable readable) {
    if (!result) return fail(result.error());
    if (result->is_object() && valueOr(*result, "cancelled", false)) return kCancelled;
    if (json)
        print(*result, true);
    else
        readable(*result);
    return kDone;
}
inline Result<int> answer(const Result<Json>& result, bool json) {
    return answer(result, json, [](const Json& value) { print(value, false); });
}
/// The same of a result that is missing where the command was cancelled.
template <class Readable>
Result<int> answer(const Result<std::optional<Json>>& result, bool json, Readable readable) {
    if (result && !*result) return kCancelled;
    return answer(result.map([](const auto& value) { return *value; }), json, readable);
}
/// How tokens are drawn: --tokens, --temperature, --top-k, --top-p and --seed.
template <class Request>
void addSampling(CLI::App* command, Request& request) {
    addChecked(command, "--tokens", request.tokens, "longest answer", CLI::Range(1, 1000000));
    addChecked(command, "--temperature", request.temperature,
               "0 always picks the most probable token", CLI::Range(0.0, 100.0));
    addChecked(command, "--top-k", request.topK, "only the most probable tokens; 0 allows all",
               atLeast(0));
    addChecked(command, "--top-p", request.topP,
               "only the most probable tokens up to this probability", CLI::Range(0.0, 1.0));
    addChecked(command, "--seed", request.seed, "fixes the answers", atLeast(0));
}

}  // namespace skd::cli
