#include <iostream>

#include "cli/commands.h"
#include "cli/session_runner.h"
#include "report/report.h"

namespace skd::cli {
namespace {

struct ReportArguments {
    std::string study, workspace = defaultWorkspace(), folder = "report";
    std::vector<std::string> formats{"md", "html", "csv", "json"};
};

Result<std::vector<std::string>> write(const ReportArguments& a) {
    SKD_TRY(const auto store, RunStore::open(a.workspace));
    SKD_TRY(const StudyId id, findStudy(*store, a.study));
    SKD_TRY(const StudyResults results, loadStudy(*store, id));
    return writeReport(results, a.folder, a.formats);
}

int makeReportFiles(const ReportArguments& a, bool json) {
    const auto files = write(a);
    if (!files) return report(files.error(), json);
    if (json)
        print({{"files", *files}}, true);
    else
        for (const std::string& file : *files) std::cout << file << "\n";
    return kDone;
}

}  // namespace

void addReport(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "report", "write a study's report: tables beside the paper's, criteria, figures, controls");
    auto a = std::make_shared<ReportArguments>();
    command
        ->add_option("STUDY", a->study,
                     "name (its newest study) or number of a study of the workspace")
        ->required();
    command->add_option("--workspace", a->workspace, "SQLite file that keeps the runs");
    command->add_option("--out", a->folder, "folder for the report's files");
    command->add_option("--format", a->formats, "of md, html, csv, json; all by default")
        ->delimiter(',');
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return makeReportFiles(*a, *json); };
}

}  // namespace skd::cli
