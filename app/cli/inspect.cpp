#include "cli/commands.h"
#include "run/tools.h"

namespace skd::cli {

void addInspect(CLI::App& app, CommandTable& table) {
    CLI::App* command = app.add_subcommand("inspect", "architecture, sizes, parameters, dtype and hashes of a model");
    auto model = std::make_shared<std::string>();
    command->add_option("MODEL", *model, "folder, .gguf file, or a name under .deps/models")->required();
    const auto json = addJsonFlag(*command);
    table[command] = [=] {
        const auto result = inspectModel(*model);
        if (!result) return report(result.error(), *json);
        print(*result, *json);
        return kDone;
    };
}

}  // namespace skd::cli
