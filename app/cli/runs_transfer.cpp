#include <iostream>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/session_runner.h"
#include "exchange/runs_tool.h"

namespace skd::cli {
namespace {

struct TransferArguments {
    std::string workspace = defaultWorkspace(), study, out, from, format;
    std::vector<std::int64_t> runs;
    bool weights = false, force = false;
};
using Arguments = std::shared_ptr<TransferArguments>;

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

void printTransfer(const Json& result) {
    if (result.contains("files"))
        for (const Json& file : result["files"]) std::cout << file.get<std::string>() << "\n";
    if (result.contains("out"))
        std::cout << result["out"].get<std::string>() << "  " << result["runs"].size() << " runs, "
                  << formatBytes(result["bytes"].get<double>()) << "\n";
    if (result.contains("without_weights") && !result["without_weights"].empty())
        std::cerr << "sparsekd: these runs have no final model to export: "
                  << dumpJson(result["without_weights"]) << "\n";
    if (result.contains("imported"))
        for (const Json& run : result["imported"])
            std::cout << "run " << run["run"].get<std::int64_t>() << "\t"
                      << run["name"].get<std::string>() << "\n";
    if (result.contains("known"))
        for (const Json& run : result["known"])
            std::cout << "already here\t" << run["name"].get<std::string>() << "\n";
}

CLI::App* addOne(CLI::App& runs, const char* name, const char* help, const Arguments& a) {
    CLI::App* command = runs.add_subcommand(name, help);
    command->add_option("--workspace", a->workspace, "SQLite file that keeps the runs");
    return command;
}

void addChoice(CLI::App& command, const Arguments& a) {
    command.add_option("RUN", a->runs, "numbers of runs")->check(CLI::PositiveNumber);
    command.add_option("--study", a->study, "all runs of the study of this name");
}

}  // namespace

void addRunsTransfer(CLI::App& runs, CommandTable& table) {
    const auto out = std::make_shared<TransferArguments>(),
               csv = std::make_shared<TransferArguments>(),
               in = std::make_shared<TransferArguments>();
    out->format = in->format = "archive";
    csv->format = "csv";
    CLI::App* exporting = addOne(
        runs, "export", "runs or a study as one file, or their curves for other programs", out);
    addChoice(*exporting, out);
    exporting->add_option("--out", out->out, "file to make; a folder for csv and tensorboard")
        ->required();
    exporting->add_option("--format", out->format, "archive (for runs import), csv or tensorboard");
    exporting->add_flag("--weights", out->weights, "the final models as well");
    exporting->add_flag("--force", out->force, "replace the file");
    CLI::App* curves = addOne(runs, "csv", "metrics, ranks and events of runs as CSV files", csv);
    addChoice(*curves, csv);
    curves->add_option("--out", csv->out, "folder for the files")->required();
    CLI::App* importing =
        addOne(runs, "import",
               "import runs that were exported, or the curves of MLflow and TensorBoard", in);
    importing
        ->add_option("FROM", in->from, "file of runs export; a folder for mlflow and tensorboard")
        ->required();
    importing->add_option("--format", in->format, "archive, mlflow or tensorboard");
    const auto outJson = addJsonFlag(*exporting), csvJson = addJsonFlag(*curves),
               inJson = addJsonFlag(*importing);
    table[exporting] = [=] { return answer(exported(*out), *outJson, printTransfer); };
    table[curves] = [=] { return answer(exported(*csv), *csvJson, printTransfer); };
    table[importing] = [=] { return answer(imported(*in), *inJson, printTransfer); };
}

}  // namespace skd::cli
