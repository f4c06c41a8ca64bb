#pragma once

#include "cli/command.h"

namespace skd::cli {

// Each adds its commands with their options to `app`, and what they do to `table`.
/// inspect and tokenize.
void addInspection(CLI::App& app, CommandTable& table);
void addEval(CLI::App& app, CommandTable& table);
void addConsistency(CLI::App& app, CommandTable& table);
void addTasks(CLI::App& app, CommandTable& table);
void addGenerate(CLI::App& app, CommandTable& table);
void addBenchmark(CLI::App& app, CommandTable& table);
/// bench, and turns below it.
void addBench(CLI::App& app, CommandTable& table);
void addProfile(CLI::App& app, CommandTable& table);
void addSpectrum(CLI::App& app, CommandTable& table);
void addEstimate(CLI::App& app, CommandTable& table);
void addRun(CLI::App& app, CommandTable& table);
void addRuns(CLI::App& app, CommandTable& table);
/// rename, note, tag, color, spec, mark, marks and unmark, below the command `runs`.
void addRunsEdit(CLI::App& runs, CommandTable& table);
/// export, import and csv, below the command `runs`.
void addRunsTransfer(CLI::App& runs, CommandTable& table);
void addDemo(CLI::App& app, CommandTable& table);
void addCorpus(CLI::App& app, CommandTable& table);
void addStudy(CLI::App& app, CommandTable& table);
void addStudyWorker(CLI::App& app, CommandTable& table);
/// report and compare.
void addReport(CLI::App& app, CommandTable& table);
void addQueue(CLI::App& app, CommandTable& table);
/// models and caches.
void addLibrary(CLI::App& app, CommandTable& table);
/// The corpora of this machine, for `corpus list`.
Result<Json> listCorpora();
void addMeasurements(CLI::App& app, CommandTable& table);
void addViews(CLI::App& app, CommandTable& table);
void addDoctor(CLI::App& app, CommandTable& table);
void addExport(CLI::App& app, CommandTable& table);
void addSlice(CLI::App& app, CommandTable& table);
void addFront(CLI::App& app, CommandTable& table);
void addPolish(CLI::App& app, CommandTable& table);

}  // namespace skd::cli
