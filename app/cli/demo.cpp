#include <iostream>

#include "cli/commands.h"
#include "cli/session_runner.h"
#include "study/demo_plan.h"

namespace skd::cli {

void addDemo(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("demo",
                                           "prune 15 % of SmolLM2-135M-Instruct's MLP parameters "
                                           "and recover it, live, within ten minutes");
    auto workspace = std::make_shared<std::string>(defaultWorkspace());
    auto full = std::make_shared<bool>(false), dry = std::make_shared<bool>(false);
    command->add_option("--workspace", *workspace, "SQLite file that keeps the run");
    command->add_flag("--full", *full, "the whole demo, however long this machine needs");
    command->add_flag("--dry-run", *dry, "print the plan and how long it would take; run nothing");
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        const auto plan = demoPlan(*full);
        if (!plan) return report(plan.error(), *json);
        if (*json && *dry) print(toJson(*plan), true);
        if (!*json) std::cout << describe(*plan) << std::flush;
        return *dry ? kDone : runInSession({*workspace, plan->spec, {}, *json});
    };
}

}  // namespace skd::cli
