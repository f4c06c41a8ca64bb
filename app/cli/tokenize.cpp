#include "cli/commands.h"
#include "requests/tools.h"

namespace skd::cli {

void addTokenize(CLI::App& app, CommandTable& table) {
    CLI::App* command =
        app.add_subcommand("tokenize", "number of tokens of a text and the SHA-256 of their ids");
    auto model = std::make_shared<std::string>(), text = std::make_shared<std::string>();
    command->add_option("MODEL", *model, "model, or a folder with nothing but a tokenizer.json")
        ->required();
    command->add_option("--text", *text, "text file (UTF-8)")->required();
    auto ids = std::make_shared<bool>(false);
    command->add_flag("--ids", *ids, "the ids themselves, too");
    const auto json = addJsonFlag(*command);
    table[command] = [=] { return answer(tokenizeFile(*model, *text, *ids), *json); };
}

}  // namespace skd::cli
