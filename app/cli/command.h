#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace skd::cli {

// The stable contract of exit codes.
constexpr int kDone = 0, kFailed = 1, kWrongInput = 2, kCancelled = 130;

/// Carries out a command; returns its exit code.
using Action = std::function<int()>;
using CommandTable = std::map<const CLI::App*, Action>;

int runSelected(const CLI::App& app, const CommandTable& table);

/// Adds --json; the flag lives in the returned pointer.
std::shared_ptr<bool> addJsonFlag(CLI::App& command);

/// 2 for what the person can mend in the input, else 1.
int exitCode(const Error& error);
/// One sentence on stderr (and {"error": ..} on stdout with --json); returns the exit code.
int report(const Error& error, bool json);
/// JSON on stdout, or `key: value` lines for people.
void print(const Json& value, bool json);

}  // namespace skd::cli
