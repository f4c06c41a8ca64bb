#pragma once

#include <CLI/CLI.hpp>

#include "cli/command.h"

namespace skd::cli {

// One small file a command; each adds its options to `app` and its action to `table`.
void addInspect(CLI::App& app, CommandTable& table);
void addTokenize(CLI::App& app, CommandTable& table);
void addEval(CLI::App& app, CommandTable& table);
void addConsistency(CLI::App& app, CommandTable& table);
void addGenerate(CLI::App& app, CommandTable& table);
void addBenchmark(CLI::App& app, CommandTable& table);
void addProfile(CLI::App& app, CommandTable& table);
void addSpectrum(CLI::App& app, CommandTable& table);
void addRun(CLI::App& app, CommandTable& table);
void addRuns(CLI::App& app, CommandTable& table);
/// export, import and csv, below the command `runs`.
void addRunsTransfer(CLI::App& runs, CommandTable& table);
void addDemo(CLI::App& app, CommandTable& table);
void addCorpus(CLI::App& app, CommandTable& table);
void addStudy(CLI::App& app, CommandTable& table);
void addReport(CLI::App& app, CommandTable& table);
void addCompare(CLI::App& app, CommandTable& table);
void addDoctor(CLI::App& app, CommandTable& table);
void addExport(CLI::App& app, CommandTable& table);

}  // namespace skd::cli
