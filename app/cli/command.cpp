#include "cli/command.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <iostream>

#include "base/record.h"
#include "base/resources.h"
#include "run/failure.h"
#include "spec/run_reference.h"

namespace skd::cli {
namespace {

/// 2 for what the user can mend in the input, else 1.
int exitCode(const Error& error) {
    switch (error.code) {
        case ErrorCode::InvalidInput:
        case ErrorCode::NotFound:
        case ErrorCode::Unsupported:
        case ErrorCode::Corrupt:
        case ErrorCode::Newer:
            return kWrongInput;
        default:
            return kFailed;
    }
}

/// One sentence on stderr (and {"error": ..} on stdout with --json); returns the exit code.
int report(const Error& error, bool json) {
    std::cerr << "sparsekd: " << escapeLine(error.message) << "\n";
    if (json) printError(error);
    return exitCode(error);
}

std::string plain(const Json& value) {
    if (value.is_string()) return valueOr(value, "");
    if (value.is_number_integer()) return groupDigits(valueOr(value, std::int64_t{0}));
    if (value.is_number_float()) return formatNumber(valueOr(value, 0.0), 7);
    if (value.is_null()) return "unknown";
    if (!value.is_array()) return dumpJson(value);
    constexpr std::size_t kShort = 8;
    const bool isList = std::none_of(value.begin(), value.end(),
                                     [](const Json& one) { return one.is_structured(); });
    if (isList && value.size() <= kShort)
        return value.empty() ? "none" : joined(value, ", ", plain);
    return strCat(groupDigits(static_cast<long long>(value.size())), " entries, with --json");
}

/// Infinite numbers as words: null is for what was not measured.
Json withInfinities(Json json) {
    if (json.is_number_float()) return numberJson(valueOr(json, 0.0));
    if (json.is_structured())
        for (Json& inner : json) inner = withInfinities(std::move(inner));
    return json;
}

/// A line a figure; of what lies deeper the dotted path.
void printFields(const Json& object, const std::string& path) {
    for (const auto& [key, item] : object.items()) {
        std::string name = path + key;
        if (item.is_object() && !item.empty()) {
            printFields(item, name + ".");
            continue;
        }
        name.resize(std::max<std::size_t>(name.size(), 20), ' ');
        std::cout << escapeLine(name) << " " << escapeLine(plain(item)) << "\n";
    }
}

}  // namespace

void CommandTable::add(CLI::App* command, Action action) {
    Entry& entry = m_entries[command];
    entry.action = std::move(action);
    command->add_flag("--json", entry.json, "print the result as JSON on stdout");
}

int CommandTable::runSelected(const CLI::App& app) const {
    // The deepest selected command has the action ("runs list").
    const CLI::App* selected = &app;
    while (!selected->get_subcommands().empty()) selected = selected->get_subcommands().front();
    const auto found = m_entries.find(selected);
    if (found == m_entries.end()) {
        std::cerr << selected->help();
        return kWrongInput;
    }
    const bool json = found->second.json;
    try {
        const Result<int> code = found->second.action(json);
        return code ? *code : report(code.error(), json);
    } catch (const std::exception& error) {
        return report(failureOf(error), json);
    }
}

CLI::Validator atLeast(std::int64_t least) {
    return {[least](std::string& text) {
                const auto value = parseNumber<std::int64_t>(text);
                return value && *value >= least
                           ? std::string()
                           : strCat("give a whole number of ", least, " or more, not ", text);
            },
            least == 0 ? "NONNEGATIVE" : "POSITIVE"};
}

std::string defaultWorkspace() {
    return (userDataFolder() / "workspace.sqlite").string();
}

void addWorkspace(CLI::App* command, std::string& workspace) {
    command->add_option("--workspace", workspace, "SQLite file that keeps the runs");
}

Result<double> percentRemoved(const std::string& text) {
    if (const auto fraction = removedFraction(text)) return *fraction;
    return fail(ErrorCode::InvalidInput,
                strCat("--removed \"", text,
                       "\" is no percentage; give a number from 0 to below 100, such as 42 or "
                       "42.5"));
}

Result<std::int64_t> tokenNumber(const std::string& option, const std::string& text,
                                 const std::string& what) {
    double unit = 1;
    std::string_view digits = text;
    if (text.ends_with('k') || text.ends_with('K')) unit = 1e3;
    if (text.ends_with('m') || text.ends_with('M')) unit = 1e6;
    if (unit > 1) digits.remove_suffix(1);
    const auto number = parseNumber<double>(digits);
    if (!number || !(*number * unit >= 1) || !(*number * unit <= 1e12))
        return fail(ErrorCode::InvalidInput, strCat(option, " \"", text, "\" is no number of ",
                                                    what, "; write 150k, 1m or 150000"));
    return static_cast<std::int64_t>(std::llround(*number * unit));
}

void ModelArguments::addTo(CLI::App& command, const std::string& name) {
    if (!name.empty()) command.add_option(name, ref.path, kModelHelp)->required();
    command.add_option("--dtype", dtype,
                       "auto (weights as stored, arithmetic in what is faster here), bf16 or f32");
    command.add_option("--device", device, "auto, cpu or cuda");
    command.add_option("--threads", ref.threads, "CPU threads; 0 uses all cores")
        ->check(CLI::Range(std::int64_t{0}, kMostThreads));
    command.add_option("--workspace", workspace, "SQLite file whose runs run:12 names");
}

Status ModelArguments::resolve() {
    SKD_CHECK(choose("--dtype", dtype, ref.dtype));
    return choose("--device", device, ref.device);
}

void printError(const Error& error) {
    print({{"error", {{"code", enumName(error.code)}, {"message", error.message}}}}, true);
}

void print(const Json& value, bool json) {
    if (json) {
        std::cout << dumpJson(withInfinities(value), 2) << "\n";
        return;
    }
    printFields(value, "");
}

}  // namespace skd::cli
