#include "cli/command.h"

#include <exception>
#include <iostream>
#include <new>

#include "base/text.h"
#include "cli/session_runner.h"

namespace skd::cli {

int runSelected(const CLI::App& app, const CommandTable& table) {
    // The deepest selected command has the action ("runs list").
    const CLI::App* selected = &app;
    while (!selected->get_subcommands().empty()) selected = selected->get_subcommands().front();
    const auto found = table.find(selected);
    if (found == table.end()) {
        std::cerr << selected->help();
        return kWrongInput;
    }
    try {
        return found->second();
    } catch (const std::bad_alloc&) {
        return report(
            {ErrorCode::OutOfMemory,
             "not enough memory; close other programs, or use a smaller model, batch or text"},
            false);
    } catch (const std::exception& error) {
        return report({ErrorCode::Internal,
                       strCat("unexpected failure: ", std::string(error.what()).substr(0, 500))},
                      false);
    }
}

std::shared_ptr<bool> addJsonFlag(CLI::App& command) {
    auto json = std::make_shared<bool>(false);
    command.add_flag("--json", *json, "print the result as JSON on stdout");
    return json;
}

void ModelArguments::addTo(CLI::App& command, const std::string& name) {
    workspace = defaultWorkspace();
    if (!name.empty()) command.add_option(name, ref.path, kModelHelp)->required();
    command.add_option("--dtype", dtype,
                       "auto (weights as stored, arithmetic in what is faster here), bf16 or f32");
    command.add_option("--device", device, "auto, cpu or cuda");
    command.add_option("--threads", ref.threads, "CPU threads; 0 uses all cores")
        ->check(CLI::NonNegativeNumber);
    command.add_option("--workspace", workspace, "SQLite file whose runs run:12 names");
}

Status ModelArguments::resolve() {
    SKD_CHECK(choose("--dtype", dtype, ref.dtype));
    return choose("--device", device, ref.device);
}

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

int report(const Error& error, bool json) {
    std::cerr << "sparsekd: " << error.message << "\n";
    if (json)
        std::cout << dumpJson({{"error",
                                {{"code", enumName(error.code)}, {"message", error.message}}}},
                              2)
                  << "\n";
    return exitCode(error);
}

namespace {

std::string plain(const Json& value) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_integer()) return groupDigits(value.get<std::int64_t>());
    if (value.is_number_float()) return formatNumber(value.get<double>(), 7);
    return dumpJson(value);
}

}  // namespace

void print(const Json& value, bool json) {
    if (json) {
        std::cout << dumpJson(value, 2) << "\n";
        return;
    }
    for (const auto& [key, item] : value.items()) {
        std::string name = key;
        name.resize(std::max<std::size_t>(name.size(), 20), ' ');
        std::cout << name << " " << plain(item) << "\n";
    }
}

}  // namespace skd::cli
