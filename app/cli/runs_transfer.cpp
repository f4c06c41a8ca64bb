#include <algorithm>
#include <iostream>

#include "cli/commands.h"
#include "exchange/runs_tool.h"

namespace skd::cli {
namespace {

struct TransferArguments {
    std::string workspace = defaultWorkspace(), study, out, from, format;
    std::vector<std::int64_t> runs;
    bool weights = false, force = false;
};

RunsExportRequest requestOf(const TransferArguments& a) {
    RunsExportRequest request{a.workspace, {}, a.study, a.out, a.weights, a.force};
    for (const std::int64_t run : a.runs) request.runs.emplace_back(run);
    return request;
}

tl::unexpected<Error> unknownFormat(const std::string& format, const char* known) {
    return fail(ErrorCode::InvalidInput,
                strCat("--format \"", format, "\" is unknown; choose one of ", known));
}

Result<Json> exported(const TransferArguments& a) {
    if (a.format == "archive") return exportRuns(requestOf(a));
    if (a.weights) return fail(ErrorCode::InvalidInput, "--weights belongs to the format archive");
    if (a.format == "csv") return exportCurves(requestOf(a), CurveFormat::Csv);
    if (a.format == "tensorboard") return exportCurves(requestOf(a), CurveFormat::Tensorboard);
    return unknownFormat(a.format, "archive, csv, tensorboard");
}

Result<Json> imported(const TransferArguments& a) {
    if (a.format == "archive") return importRuns(a.workspace, a.from, ImportFormat::Archive);
    if (a.format == "mlflow") return importRuns(a.workspace, a.from, ImportFormat::Mlflow);
    if (a.format == "tensorboard")
        return importRuns(a.workspace, a.from, ImportFormat::Tensorboard);
    return unknownFormat(a.format, "archive, mlflow, tensorboard");
}

bool contains(const Json& result, const char* list, const Json& value) {
    const auto found = result.find(list);
    return found != result.end() && std::find(found->begin(), found->end(), value) != found->end();
}

void printTransfer(const Json& result) {
    if (result.contains("files"))
        for (const Json& file : memberOf(result, "files")) std::cout << valueOr(file, "") << "\n";
    if (result.contains("out"))
        std::cout << valueOr(result, "out", "") << "  " << memberOf(result, "runs").size()
                  << " runs, " << formatBytes(valueOr(result, "bytes", 0.0)) << "\n";
    if (result.contains("without_weights") && !memberOf(result, "without_weights").empty())
        std::cerr << "sparsekd: these runs have no final model to export: "
                  << dumpJson(memberOf(result, "without_weights")) << "\n";
    if (result.contains("imported"))
        for (const Json& run : memberOf(result, "imported"))
            std::cout << "run " << valueOr(run, "run", std::int64_t{0}) << "\t"
                      << escapeLine(valueOr(run, "name", "")) << "\n";
    if (result.contains("continued"))
        for (const Json& run : memberOf(result, "continued"))
            std::cout << "run " << valueOr(run, "run", std::int64_t{0}) << " continued\t"
                      << escapeLine(valueOr(run, "name", "")) << "\t"
                      << valueOr(run, "values", std::int64_t{0}) << " new values\n";
    if (result.contains("known"))
        for (const Json& run : memberOf(result, "known"))
            std::cout << (contains(result, "weights", memberOf(run, "run")) ? "files restored\t"
                                                                            : "already here\t")
                      << escapeLine(valueOr(run, "name", "")) << "\n";
    if (const auto deleted = valueOr(result, "deleted", 0); deleted > 0)
        std::cerr << "sparsekd: " << deleted << " deleted runs were left out\n";
    if (result.contains("warnings"))
        for (const Json& warning : memberOf(result, "warnings"))
            std::cerr << "sparsekd: " << escapeLine(valueOr(warning, "")) << "\n";
}

CLI::App* addOne(CLI::App& runs, const char* name, const char* help, TransferArguments& a) {
    CLI::App* command = runs.add_subcommand(name, help);
    addWorkspace(command, a.workspace);
    return command;
}

void addExported(CommandTable& table, CLI::App* command,
                 const std::shared_ptr<TransferArguments>& a) {
    table.add(command, [=](bool json) { return answer(exported(*a), json, printTransfer); });
}

CLI::App* addExporting(CLI::App& runs, const char* name, const char* help, const char* outHelp,
                       TransferArguments& a) {
    CLI::App* command = addOne(runs, name, help, a);
    addChecked(command, "RUN", a.runs, "numbers of runs", atLeast(1));
    command->add_option("--study", a.study, "all runs of the study of this name");
    command->add_option("--out", a.out, outHelp)->required();
    return command;
}

}  // namespace

void addRunsTransfer(CLI::App& runs, CommandTable& table) {
    const auto out = std::make_shared<TransferArguments>(),
               csv = std::make_shared<TransferArguments>(),
               in = std::make_shared<TransferArguments>();
    out->format = in->format = "archive";
    csv->format = "csv";
    CLI::App* exporting = addExporting(
        runs, "export", "runs or a study as one file, or their curves for other programs",
        "file to make; a folder for csv and tensorboard", *out);
    exporting->add_option("--format", out->format, "archive (for runs import), csv or tensorboard");
    exporting->add_flag("--weights", out->weights, "the final models as well");
    exporting->add_flag("--force", out->force, "replace the file");
    addExported(table, exporting, out);
    addExported(table,
                addExporting(runs, "csv", "metrics, ranks and events of runs as CSV files",
                             "folder for the files", *csv),
                csv);
    CLI::App* importing =
        addOne(runs, "import",
               "import runs that were exported, or the curves of MLflow and TensorBoard", *in);
    importing
        ->add_option("FROM", in->from,
                     "file of runs export; a folder of mlflow or tensorboard, or mlflow's database")
        ->required();
    importing->add_option("--format", in->format, "archive, mlflow or tensorboard");
    table.add(importing, [=](bool json) { return answer(imported(*in), json, printTransfer); });
}

}  // namespace skd::cli
