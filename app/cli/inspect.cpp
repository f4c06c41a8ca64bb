#include "cli/commands.h"
#include "cli/session_runner.h"
#include "requests/tools.h"

namespace skd::cli {

void addInspect(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand(
        "inspect", "architecture, sizes, parameters, dtype and hashes of a model");
    auto model = std::make_shared<std::string>();
    auto workspace = std::make_shared<std::string>(defaultWorkspace());
    command->add_option("MODEL", *model, kModelHelp)->required();
    command->add_option("--workspace", *workspace, "SQLite file whose runs run:12 names");
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return answer(inspectModel(*model, RunPaths::of(*workspace)), *json); };
}

}  // namespace skd::cli
