#include <iostream>

#include "cli/commands.h"
#include "cli/session_runner.h"
#include "report/comparison.h"

namespace skd::cli {

void addCompare(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "compare", "runs side by side: figures, and the fields in which their specs differ");
    auto runs = std::make_shared<std::vector<std::string>>();
    auto workspace = std::make_shared<std::string>(defaultWorkspace());
    command
        ->add_option("RUN", *runs,
                     "two runs or more: a number, or FILE:NUMBER for another workspace")
        ->required();
    command->add_option("--workspace", *workspace, "SQLite file that keeps the runs");
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        const auto comparison = compareRuns(*runs, *workspace);
        if (!comparison) return report(comparison.error(), *json);
        if (*json) {
            print(comparison->json, true);
            return kDone;
        }
        std::cout << toConsole(comparison->figures);
        std::cout << toConsole(comparison->differences);
        return kDone;
    };
}

}  // namespace skd::cli
