#include <algorithm>
#include <iostream>
#include <string_view>

#include "base/log.h"
#include "base/process_environment.h"
#include "cli/commands.h"
#include "cli/console_streams.h"

namespace {

void addCommands(CLI::App& app, skd::cli::CommandTable& table) {
    using namespace skd::cli;
    for (const auto add :
         {addInspection, addEval,       addConsistency, addGenerate, addBenchmark, addBench,
          addProfile,    addSpectrum,   addRun,         addRuns,     addStudy,     addReport,
          addExport,     addDemo,       addCorpus,      addQueue,    addLibrary,   addMeasurements,
          addViews,      addDoctor,     addEstimate,    addFront,    addSlice,     addPolish,
          addTasks,      addStudyWorker})
        add(app, table);
}

/// Help shows defaults where there are any: an option that has to be given has none.
void hideEmptyDefaults(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (option->get_required() || option->get_default_str() == "[]") option->default_str("");
    for (CLI::App* command : app.get_subcommands({})) hideEmptyDefaults(*command);
}

int carryOut(int argc, char** argv) {
    CLI::App app{
        "SparseKD Workbench: low-rank pruning of language models and recovery by distillation",
        "sparsekd"};
    app.require_subcommand(1);
    app.option_defaults()->always_capture_default();
    app.set_version_flag("--version", SKD_VERSION);
    skd::cli::CommandTable table;
    bool verbose = false;
    app.add_flag("--verbose", verbose, "log more");
    addCommands(app, table);
    hideEmptyDefaults(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (app.exit(error) == 0) return skd::cli::kDone;
        if (std::find(argv, argv + argc, std::string_view("--json")) != argv + argc)
            skd::cli::printError({skd::ErrorCode::InvalidInput, error.what()});
        return skd::cli::kWrongInput;
    }
    skd::log::initialise({verbose ? skd::log::Level::Debug : skd::log::Level::Warning, "", true});
    return table.runSelected(app);
}

}  // namespace

int main(int argc, char** argv) {
    skd::prepareProcess(argv);
    skd::cli::ConsoleStreams streams;
    const int code = carryOut(argc, argv);
    const skd::Status written = streams.finish();
    if (written) return code;
    std::cerr << "sparsekd: " << written.error().message << "\n";
    return code == skd::cli::kDone ? skd::cli::kFailed : code;
}
