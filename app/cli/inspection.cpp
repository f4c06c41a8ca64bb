#include "cli/commands.h"
#include "requests/tools.h"

namespace skd::cli {
namespace {

struct InspectionArguments {
    std::string model, workspace = defaultWorkspace(), text;
    bool ids = false;
};

}  // namespace

void addInspection(CLI::App& app, CommandTable& table) {
    auto a = std::make_shared<InspectionArguments>();
    CLI::App* inspect = app.add_subcommand(
        "inspect", "architecture, sizes, parameters, dtype and hashes of a model");
    inspect->add_option("MODEL", a->model, kModelHelp)->required();
    inspect->add_option("--workspace", a->workspace, "SQLite file whose runs run:12 names");
    table.add(inspect, [=](bool json) {
        return answer(inspectModel(a->model, RunPaths::of(a->workspace)), json);
    });
    CLI::App* tokenize =
        app.add_subcommand("tokenize", "number of tokens of a text and the SHA-256 of their ids");
    tokenize->add_option("MODEL", a->model, "model, or a folder with nothing but a tokenizer.json")
        ->required();
    tokenize->add_option("--text", a->text, "text file (UTF-8)")->required();
    tokenize->add_flag("--ids", a->ids, "the ids themselves, too");
    table.add(tokenize,
              [=](bool json) { return answer(tokenizeFile(a->model, a->text, a->ids), json); });
}

}  // namespace skd::cli
