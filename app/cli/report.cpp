#include <iostream>

#include "cli/commands.h"
#include "report/comparison.h"
#include "report/report.h"

namespace skd::cli {
namespace {

struct ReportArguments {
    std::string study, workspace = defaultWorkspace(), folder = "report";
    std::vector<std::string> formats{"md", "html", "csv", "json"}, runs;
};

Result<Json> write(const ReportArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const StudyId id, findStudy(*store, a.study));
    SKD_TRY(const StudyResults results, loadStudy(*store, id));
    SKD_TRY(const std::vector<std::string> files, writeReport(results, a.folder, a.formats));
    return Json{{"files", files}};
}

void printFiles(const Json& result) {
    for (const Json& file : memberOf(result, "files")) std::cout << valueOr(file, "") << "\n";
}

Result<int> compare(const ReportArguments& a, bool json) {
    SKD_TRY(const Comparison comparison, compareRuns(a.runs, a.workspace));
    if (json)
        print(comparison.json, true);
    else
        std::cout << toConsole(comparison.figures) << toConsole(comparison.differences);
    if (!json && !comparison.front.empty())
        std::cout << "not beaten in size and perplexity: " << joined(comparison.front) << "\n";
    return kDone;
}

}  // namespace

void addReport(CLI::App& app, CommandTable& table) {
    auto a = std::make_shared<ReportArguments>();
    CLI::App* command = app.add_subcommand(
        "report", "write a study's report: tables beside the paper's, criteria, figures, controls");
    command
        ->add_option("STUDY", a->study,
                     "name (its newest study) or number of a study of the workspace")
        ->required();
    addWorkspace(command, a->workspace);
    command->add_option("--out", a->folder, "folder for the report's files");
    command->add_option("--format", a->formats, "of md, html, csv, json; all by default")
        ->delimiter(',');
    table.add(command, [=](bool json) { return answer(write(*a), json, printFiles); });

    command = app.add_subcommand(
        "compare", "runs side by side: figures, and the fields in which their specs differ");
    command
        ->add_option("RUN", a->runs,
                     "two runs or more: a number, or FILE:NUMBER for another workspace")
        ->required();
    addWorkspace(command, a->workspace);
    table.add(command, [=](bool json) { return compare(*a, json); });
}

}  // namespace skd::cli
