#include "base/resources.h"
#include "cli/commands.h"
#include "cli/session_runner.h"

namespace skd::cli {

void addDemo(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("demo", "prune 15 % of SmolLM2-135M-Instruct's MLP parameters and recover it, live");
    auto workspace = std::make_shared<std::string>(defaultWorkspace());
    command->add_option("--workspace", *workspace, "SQLite file that keeps the run");
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        const auto preset = resolveResource("resource:presets/demo.json");
        if (!preset) return report(preset.error(), *json);
        const auto spec = readRunSpec(preset->string());
        if (!spec) return report(spec.error(), *json);
        return runInSession({*workspace, *spec, {}, *json});
    };
}

}  // namespace skd::cli
